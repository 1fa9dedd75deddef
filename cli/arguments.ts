import { parseArgs } from 'node:util'
import { flagOf, readSettings, type Setting, type Settings, settingSchema } from '../src/config.ts'

/** The command was called wrongly. */
export class UsageError extends Error {}

/** Something that may well happen and needs no stack trace: nobody listens, the folder is in use. */
export class ExpectedError extends Error {
  readonly isExpected = true
}

export interface Parsed {
  readonly settings: Settings
  /** The command's own options. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>
  readonly positionals: readonly string[]
}

/**
 * The settings, and a command's own options, from its arguments.
 *
 * @param own - the command's own options by name, each taking text or nothing
 * @throws UsageError for options that are not known
 */
export function parse(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, 'text' | 'flag'>> = {},
): Parsed {
  const settings = Object.entries(settingSchema as Record<string, Setting<unknown>>)
  const options = Object.fromEntries([
    ...settings.map(([name, { kind }]) => [flagOf(name), option(kind === 'flag' ? 'flag' : 'text')]),
    ...Object.entries(own).map(([name, kind]) => [name, option(kind)]),
  ])
  const { values, positionals } = parsed({
    args: [...args],
    options,
    allowPositionals: true,
    allowNegative: true,
  })
  const flags = Object.fromEntries(settings.map(([name]) => [name, values[flagOf(name)]]))
  return { settings: readSettings(flags, variables), options: values, positionals }
}

function option(kind: 'text' | 'flag') {
  return { type: kind === 'flag' ? ('boolean' as const) : ('string' as const) }
}

function parsed(config: { args: string[]; options: object; allowPositionals: true; allowNegative: true }) {
  try {
    const { values, positionals } = parseArgs(config as Parameters<typeof parseArgs>[0])
    return { values: values as Record<string, string | boolean | undefined>, positionals }
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
