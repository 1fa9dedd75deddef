import { releaseStartUpMemory } from '../../src/base/garbage.ts'
import { start as startLambdad } from '../../src/main.ts'
import { parse, UsageError } from '../arguments.ts'
import type { Command } from '../commands.ts'
import { explained } from '../start-errors.ts'

/** Runs the daemon until a signal ends it. A second signal ends it at once. */
export const start: Command = async (args, variables) => {
  const { settings, positionals } = parse(args, variables)
  if (positionals.length > 0) {
    throw new UsageError(
      `start takes flags only, not ${positionals.join(' ')}. What is on by default is turned off by --no-<flag>.`,
    )
  }
  // Heard from here on: a start that were cut short would leave its folders and groups to the next one.
  const signalled = firstSignal()
  const running = await startLambdad(settings).catch((error: unknown) => {
    throw explained(error, settings)
  })
  releaseStartUpMemory()
  process.stdout.write(`${running.announcement}\n`)

  const signal = await signalled
  await running.stop()
  return signal === 'SIGINT' ? 130 : 0
}

function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const heard = (signal: NodeJS.Signals) => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) {
        process.removeListener(name, heard)
        process.once(name, () => process.exit(1))
      }
      resolve(signal)
    }
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, heard)
  })
}
