import { releaseStartUpMemory } from '../../src/base/garbage.ts'
import { start as startLambdad } from '../../src/main.ts'
import { parse } from '../arguments.ts'
import type { Command } from '../commands.ts'
import { explained } from '../start-errors.ts'

/** Runs the daemon until a signal ends it. A second signal ends it at once. */
export const start: Command = async (args, variables) => {
  const { settings } = parse(args, variables)
  const running = await startLambdad(settings).catch((error: unknown) => {
    throw explained(error, settings)
  })
  releaseStartUpMemory()
  process.stdout.write(`${running.announcement}\n`)

  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, resolve)
  })
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(1))
  await running.stop()
  return signal === 'SIGINT' ? 130 : 0
}
