import { rm } from 'node:fs/promises'
import { ExpectedError, parse, UsageError } from '../arguments.ts'
import type { Command } from '../commands.ts'
import { endpointOf } from '../daemon.ts'

/** Deletes the data folder, unless a lambdad runs on it. */
export const reset: Command = async (args, variables) => {
  const { settings, options } = parse(args, variables, { yes: 'flag' })
  if (settings.database !== '')
    throw new UsageError('reset empties data folders, not databases: drop it with psql')
  if (!options.yes) throw new UsageError(`reset deletes everything in ${settings.data}; say --yes to do it`)
  const { lockedBy } = await import('../../src/store/data-folder.ts')
  const owner = await lockedBy(settings.data)
  if (owner !== undefined) {
    throw new ExpectedError(`lambdad runs on ${settings.data} (process ${owner}): stop it first`)
  }
  const answers = await fetch(`${endpointOf(settings)}/_lambdad/status`).then(
    (it) => it.json(),
    () => undefined,
  )
  if ((answers as { data?: string } | undefined)?.data === settings.data) {
    throw new ExpectedError(`lambdad runs on ${settings.data}: stop it first`)
  }
  await rm(settings.data, { recursive: true, force: true })
  process.stdout.write(`deleted ${settings.data}\n`)
  return 0
}
