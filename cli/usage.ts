import { flagOf, type Setting, settingSchema, variableOf } from '../src/config.ts'
import { type CommandName, commands } from './commands.ts'

/** The help text: of one command, or of all. */
export function usage(name?: CommandName): string {
  if (name === undefined) return `${overview()}\n${settingsHelp()}`
  const { synopsis, help } = commands[name]
  return `lambdad ${synopsis}\n\n  ${help}\n\n${settingsHelp()}`
}

function overview(): string {
  const lines = Object.values(commands).map(({ synopsis, help }) => `  lambdad ${synopsis}\n      ${help}`)
  return `lambdad: AWS Lambda on your own machine\n\n${lines.join('\n')}\n`
}

function settingsHelp(): string {
  const lines = Object.entries(settingSchema as Record<string, Setting<unknown>>).map(
    ([name, setting]) =>
      `  --${flagOf(name)}${setting.kind === 'flag' ? '' : ' …'}  (${variableOf(name)}${shown(setting.default)})\n      ${setting.help}`,
  )
  return `Settings, as flags or environment variables:\n${lines.join('\n')}\n`
}

function shown(value: unknown): string {
  return value === '' || value === 'default' ? '' : `, default ${value}`
}
