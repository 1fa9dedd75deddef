import { VERSION } from '../../src/version.ts'
import type { Command } from '../commands.ts'

export const version: Command = async () => {
  process.stdout.write(`lambdad ${VERSION}\n`)
  return 0
}
