import { homedir, totalmem } from 'node:os'
import path from 'node:path'

/** Of the machine's memory. A quarter stays for everything else. */
const ENVIRONMENTS_SHARE = 0.75

/**
 * Every setting of lambdad: its meaning, default and unit. A setting `dataFolder` is the flag
 * `--data-folder` and the variable `LAMBDAD_DATA_FOLDER`; flags win over variables.
 */
export const settingSchema = {
  host: text('127.0.0.1', 'Address to listen on. Anything but loopback needs --auth strict.'),
  port: integer(4566, 0, 65_535, 'Port to listen on; 0 takes any free one.'),
  data: text(defaultDataFolder(), 'Folder for all that is kept: database, code, caches.'),
  memory: flag(false, 'Keep nothing: all data is gone when lambdad stops.'),
  database: text('', 'A PostgreSQL URL (postgres://…) to use instead of SQLite in the data folder.'),
  auth: choice(
    ['default', 'open', 'strict'],
    'open: any credentials are good. strict: signatures are verified. Default: open on loopback, else strict.',
  ),
  account: text('000000000000', 'The account of callers whose access key id is not 12 digits (open only).'),
  region: text('us-east-1', 'The region of requests that are signed for none.'),
  sandbox: choice(
    ['default', 'bubblewrap', 'process'],
    'What isolates functions. Default: bubblewrap where the machine allows it, else process, which isolates nothing.',
  ),
  opt: text('', 'A folder that every function finds at /opt; the programs in its extensions/ are started.'),
  fileSystems: text(
    '',
    'A folder in which each EFS access point that functions mount has one: <account>/<region>/fsap-….',
  ),
  network: choice(
    ['default', 'isolated', 'shared'],
    'Whose network functions are in. Default: one for each environment where the machine allows it, else the host’s.',
  ),
  signingProfiles: text(
    '',
    'A folder of public keys, <profile>/<version>.pem, of those who may sign the code of functions.',
  ),
  concurrency: integer(
    1000,
    1,
    1_000_000,
    "Concurrent invocations in an account and region (AWS's default: 1000).",
  ),
  requestRate: integer(
    10,
    0,
    1_000_000,
    'Requests a second for each unit of concurrency, of the account, reserved or provisioned (AWS: 10); 0: no limit.',
  ),
  scalingRate: integer(
    1000,
    0,
    1_000_000,
    'Execution environments by which a function may grow within 10 seconds (AWS: 1000); 0: no limit.',
  ),
  streamRate: integer(
    2,
    0,
    1_000_000,
    'Megabytes a second of a streamed response after its first 6 MB (AWS: 2); 0: no limit.',
  ),
  environmentsMax: integer(defaultEnvironmentsMax(), 1, 100_000, 'Execution environments on this machine.'),
  environmentsMemory: integer(
    Math.floor((machineMemory() * ENVIRONMENTS_SHARE) / 2 ** 20),
    64,
    100_000_000,
    'Megabytes that all execution environments may have together; those idle longest give way. Default: three quarters of the machine.',
  ),
  startingMax: integer(4, 1, 1000, 'Execution environments that start at the same time.'),
  idleSeconds: integer(
    600,
    1,
    86_400,
    'Seconds after which an execution environment without work is let go.',
  ),
  poolMembers: integer(
    8,
    0,
    1000,
    'Runtimes that are kept booted for functions to come, of all kinds together; 0: none.',
  ),
  poolMemory: integer(256, 0, 1_000_000, 'Megabytes that those may take.'),
  compileAhead: flag(
    true,
    'Compile modules of Python, Ruby and Node.js functions once for each version, after its first cold start, while the machine has time.',
  ),
  downloads: flag(true, 'Fetch missing Node versions from the npm registry when a function needs one.'),
  logLevel: choice(['info', 'debug', 'warn', 'error', 'silent'], "Level of lambdad's own log, on stderr."),
} as const satisfies Record<string, Setting<unknown>>

export type SettingName = keyof typeof settingSchema
export type Settings = { readonly [Name in SettingName]: ReturnType<(typeof settingSchema)[Name]['parse']> }

export interface Setting<Value> {
  readonly kind: 'text' | 'integer' | 'flag' | 'choice'
  readonly default: Value
  readonly help: string
  /** @throws SettingError */
  readonly parse: (text: string, name: string) => Value
}

/** A setting that makes no sense, said to whoever started lambdad. */
export class SettingError extends Error {}

/** `environmentsMax` → `environments-max`. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `environmentsMax` → `LAMBDAD_ENVIRONMENTS_MAX`. */
export function variableOf(name: string): string {
  return `LAMBDAD_${flagOf(name).replaceAll('-', '_').toUpperCase()}`
}

/**
 * The settings from flags (by setting name) and environment variables.
 *
 * @throws SettingError naming the flag or variable, and what it takes.
 */
export function readSettings(
  flags: Readonly<Record<string, string | boolean | undefined>>,
  variables: Readonly<Record<string, string | undefined>>,
): Settings {
  const settings: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(settingSchema) as [string, Setting<unknown>][]) {
    const given = flags[name]
    const variable = variables[variableOf(name)]
    if (given !== undefined) settings[name] = setting.parse(String(given), `--${flagOf(name)}`)
    else if (variable !== undefined) settings[name] = setting.parse(variable, variableOf(name))
    else settings[name] = setting.default
  }
  return checked(settings as Settings)
}

/** What `auth` comes to on this address. */
export function effectiveAuth(settings: Pick<Settings, 'auth' | 'host'>): 'open' | 'strict' {
  if (settings.auth !== 'default') return settings.auth
  return isLoopback(settings.host) ? 'open' : 'strict'
}

/**
 * Strict mode serves others than who started it: it runs their functions as plain processes only by name.
 *
 * @throws SettingError
 */
export function refuseUnsandboxed(
  settings: Pick<Settings, 'auth' | 'host' | 'sandbox'>,
  { isolates, advice }: { readonly isolates: boolean; readonly advice?: string },
): void {
  if (isolates || settings.sandbox === 'process' || effectiveAuth(settings) === 'open') return
  throw new SettingError(
    `--auth strict does not run functions as plain processes, which isolates nothing (${advice}). Make the sandbox work, or ask for it by name with --sandbox process.`,
  )
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function checked(settings: Settings): Settings {
  if (effectiveAuth(settings) === 'open' && !isLoopback(settings.host)) {
    throw new SettingError(
      `--auth open listens on loopback only, not on ${settings.host}: anybody there could run code on this machine. Use --auth strict.`,
    )
  }
  if (!/^\d{12}$/.test(settings.account)) throw new SettingError('--account takes 12 digits')
  if (!/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(settings.region)) {
    throw new SettingError(`--region takes the name of an AWS region, not ${JSON.stringify(settings.region)}`)
  }
  if (settings.database !== '' && !/^postgres(ql)?:\/\//.test(settings.database)) {
    throw new SettingError('--database takes a URL that begins with postgres://')
  }
  if (settings.memory && settings.database !== '') {
    throw new SettingError('--memory and --database exclude each other')
  }
  return settings
}

function text(byDefault: string, help: string): Setting<string> {
  return { kind: 'text', default: byDefault, help, parse: (given) => given }
}

function integer(byDefault: number, min: number, max: number, help: string): Setting<number> {
  const parse = (given: string, name: string) => {
    const value = Number(given)
    if (given.trim() === '' || !Number.isInteger(value) || value < min || value > max) {
      throw new SettingError(
        `${name} takes a whole number from ${min} to ${max}, not ${JSON.stringify(given)}`,
      )
    }
    return value
  }
  return { kind: 'integer', default: byDefault, help, parse }
}

function flag(byDefault: boolean, help: string): Setting<boolean> {
  const parse = (given: string, name: string) => {
    if (given === 'true' || given === '1' || given === '') return true
    if (given === 'false' || given === '0') return false
    throw new SettingError(`${name} takes true or false, not ${JSON.stringify(given)}`)
  }
  return { kind: 'flag', default: byDefault, help, parse }
}

function choice<const Choice extends string>(
  choices: readonly [Choice, ...Choice[]],
  help: string,
): Setting<Choice> {
  const parse = (given: string, name: string) => {
    const chosen = choices.find((one) => one === given)
    if (chosen === undefined) {
      throw new SettingError(`${name} takes one of ${choices.join(', ')}, not ${JSON.stringify(given)}`)
    }
    return chosen
  }
  return { kind: 'choice', default: choices[0], help, parse }
}

/** XDG Base Directory Specification: user data. */
function defaultDataFolder(): string {
  return path.join(process.env.XDG_DATA_HOME || path.join(homedir(), '.local', 'share'), 'lambdad')
}

/** Bytes of this machine, or of the container that lambdad runs in. */
export function machineMemory(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
}

/** An idle Node environment was measured at 40 to 60 MB. */
function defaultEnvironmentsMax(): number {
  const ENVIRONMENT_BYTES = 64 * 1024 * 1024
  return Math.max(8, Math.floor((machineMemory() * ENVIRONMENTS_SHARE) / ENVIRONMENT_BYTES))
}
