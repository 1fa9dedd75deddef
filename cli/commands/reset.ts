import { rm } from 'node:fs/promises'
import { ExpectedError, parse, UsageError } from '../arguments.ts'
import type { Command } from '../commands.ts'

/** Deletes the data folder, unless a lambdad runs on it. */
export const reset: Command = async (args, variables) => {
  const { settings, options } = parse(args, variables, { yes: 'flag' })
  if (settings.database !== '')
    throw new UsageError('reset empties data folders, not databases: drop it with psql')
  if (!options.yes) throw new UsageError(`reset deletes everything in ${settings.data}; say --yes to do it`)
  const { isDataFolder, lockedBy } = await import('../../src/store/data-folder.ts')
  if (!(await isDataFolder(settings.data))) {
    throw new ExpectedError(`${settings.data} is no data folder of lambdad: nothing is deleted`)
  }
  const owner = await lockedBy(settings.data)
  if (owner !== undefined) {
    throw new ExpectedError(`lambdad runs on ${settings.data} (process ${owner}): stop it first`)
  }
  await rm(settings.data, { recursive: true, force: true })
  process.stdout.write(`deleted ${settings.data}\n`)
  return 0
}
