import path from 'node:path'
import { createRuntimeFinder } from '../../src/worker/runtimes/finder.ts'
import { parse } from '../arguments.ts'
import type { Command } from '../commands.ts'

/** Lists which binary runs each Lambda runtime here, or how to get one. */
export const runtimes: Command = async (args, variables) => {
  const { settings } = parse(args, variables)
  const finder = createRuntimeFinder({
    env: variables,
    home: variables.HOME ?? '/',
    downloads: path.join(settings.data, 'runtimes'),
  })
  for (const found of await finder.list()) {
    const how = found.kind === 'found' ? `${found.binary} (${found.version}, ${found.source})` : found.message
    const other = found.kind === 'found' && !found.exact ? ', another minor version' : ''
    process.stdout.write(`${found.runtime.padEnd(16)} ${how}${other}\n`)
  }
  return 0
}
