/** Of which API a subscription is. The Logs API is the older one, and has other records. */
export type Api = 'Telemetry' | 'Logs'

export type RecordType = 'platform' | 'function' | 'extension'

/** A subscription that makes sense. */
export interface Subscription {
  readonly api: Api
  readonly schemaVersion: SchemaVersion
  readonly types: readonly RecordType[]
  readonly buffering: Buffering
  readonly destination: Destination
}

export type SchemaVersion = '2022-07-01' | '2022-12-13' | '2025-01-29' | '2020-08-15' | '2021-03-18'

/** When a batch is sent: at the first of these. */
export interface Buffering {
  readonly maxItems: number
  readonly maxBytes: number
  readonly timeoutMs: number
}

export type Destination =
  | { readonly protocol: 'HTTP'; readonly port: number; readonly path: string; readonly host: string }
  | { readonly protocol: 'TCP'; readonly port: number }

const VERSIONS: Readonly<Record<Api, readonly SchemaVersion[]>> = {
  Telemetry: ['2022-07-01', '2022-12-13', '2025-01-29'],
  Logs: ['2020-08-15', '2021-03-18'],
}

const TYPES: readonly RecordType[] = ['platform', 'function', 'extension']

/** Ranges and defaults: Developer Guide, "Lambda Telemetry API". */
const BUFFERING = {
  maxItems: { min: 1000, max: 10_000, default: 10_000 },
  maxBytes: { min: 262_144, max: 1_048_576, default: 262_144 },
  timeoutMs: { min: 25, max: 30_000, default: 1000 },
} as const

/** The names of the environment itself; a subscription goes nowhere else. */
const HOSTS = ['sandbox.localdomain', 'sandbox']

/** What is wrong with a subscription, for who made it. */
export class InvalidSubscription extends Error {}

/** Throws `InvalidSubscription`. */
export function parseSubscription(api: Api, text: string): Subscription {
  const request = objectOf(parsed(text), 'the request')
  return {
    api,
    schemaVersion: schemaVersionOf(api, request.schemaVersion),
    types: typesOf(request.types),
    buffering: bufferingOf(request.buffering),
    destination: destinationOf(objectOf(request.destination, 'destination')),
  }
}

type Fields = Readonly<Record<string, unknown>>

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidSubscription(`failed to parse JSON: ${(error as Error).message}`)
  }
}

function objectOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidSubscription(`${what} must be an object`)
  return value as Fields
}

/** The Logs API is older than its schema versions: without one it is the first. */
function schemaVersionOf(api: Api, value: unknown): SchemaVersion {
  if (value === undefined && api === 'Logs') return '2020-08-15'
  const found = VERSIONS[api].find((version) => version === value)
  if (found === undefined)
    throw new InvalidSubscription(`schemaVersion must be one of ${VERSIONS[api].join(', ')}`)
  return found
}

function typesOf(value: unknown): readonly RecordType[] {
  const known = Array.isArray(value) && value.every((type) => TYPES.includes(type))
  if (!known || value.length === 0)
    throw new InvalidSubscription(`types must be a list of some of ${TYPES.join(', ')}`)
  return TYPES.filter((type) => value.includes(type))
}

function bufferingOf(value: unknown): Buffering {
  const given = value === undefined ? {} : objectOf(value, 'buffering')
  return {
    maxItems: withinRange(given, 'maxItems'),
    maxBytes: withinRange(given, 'maxBytes'),
    timeoutMs: withinRange(given, 'timeoutMs'),
  }
}

function withinRange(given: Fields, name: keyof typeof BUFFERING): number {
  const { min, max, default: usual } = BUFFERING[name]
  const value = given[name]
  if (value === undefined) return usual
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw new InvalidSubscription(`buffering.${name} must be a number from ${min} to ${max}`)
}

function destinationOf(destination: Fields): Destination {
  if (destination.protocol === 'TCP') return { protocol: 'TCP', port: portOf(destination.port) }
  if (destination.protocol !== 'HTTP')
    throw new InvalidSubscription('destination.protocol must be HTTP or TCP')
  for (const [name, only] of Object.entries({ method: 'POST', encoding: 'JSON' })) {
    const value = destination[name]
    if (value !== undefined && value !== only)
      throw new InvalidSubscription(`destination.${name} must be ${only}: others are not supported`)
  }
  const url = typeof destination.URI === 'string' ? URL.parse(destination.URI) : null
  if (url === null || url.protocol !== 'http:')
    throw new InvalidSubscription('destination.URI must be an http URI')
  if (!HOSTS.includes(url.hostname))
    throw new InvalidSubscription('destination.URI host must be sandbox.localdomain')
  const port = url.port === '' ? 80 : Number(url.port)
  return { protocol: 'HTTP', port: portOf(port), path: url.pathname + url.search, host: url.host }
}

/** The Runtime API's own port on AWS. */
const RESERVED_PORT = 9001

function portOf(value: unknown): number {
  const valid = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535
  if (!valid) throw new InvalidSubscription('destination.port must be a number from 1 to 65535')
  if (value === RESERVED_PORT) throw new InvalidSubscription(`port ${RESERVED_PORT} is reserved`)
  return value
}
