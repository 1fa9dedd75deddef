import { ExpectedError, parse } from '../arguments.ts'
import type { Command } from '../commands.ts'
import { endpointOf } from '../daemon.ts'

/** Prints what the daemon says of itself, or that none runs (exit code 1). */
export const status: Command = async (args, variables) => {
  const { settings } = parse(args, variables)
  const endpoint = endpointOf(settings)
  const response = await fetch(`${endpoint}/_lambdad/status`).catch(() => {
    throw new ExpectedError(`nothing listens on ${endpoint}. Start it with: lambdad start`)
  })
  if (!response.ok) throw new ExpectedError(`${endpoint} is not lambdad: it answered ${response.status}`)
  const facts = (await response.json()) as Record<string, unknown>
  for (const [name, value] of Object.entries(facts)) {
    process.stdout.write(`${name.padEnd(14)} ${typeof value === 'object' ? JSON.stringify(value) : value}\n`)
  }
  return 0
}
