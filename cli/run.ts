import { SettingError } from '../src/config.ts'
import { UsageError } from './arguments.ts'
import { commands, isCommand } from './commands.ts'
import { usage } from './usage.ts'

/**
 * Runs one command of the command line, and resolves with the exit code: 0 done, 1 it failed, 2 it was
 * called wrongly.
 */
export async function run(
  [name = 'help', ...rest]: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  if (name === 'help' || name === '--help' || name === '-h' || rest.includes('--help')) {
    process.stdout.write(usage(isCommand(name) ? name : undefined))
    return 0
  }
  if (name === '--version' || name === '-v')
    return (await (await commands.version.load())(rest, variables)) ?? 0
  if (!isCommand(name)) return failed(`there is no command ${name}; \`lambdad help\` lists them`, 2)
  try {
    const command = await commands[name].load()
    return (await command(rest, variables)) ?? 0
  } catch (error) {
    if (error instanceof UsageError || error instanceof SettingError) return failed(error.message, 2)
    if (error instanceof Error && 'isExpected' in error) return failed(error.message, 1)
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    return 1
  }
}

function failed(message: string, code: number): number {
  process.stderr.write(`lambdad: ${message}\n`)
  return code
}
