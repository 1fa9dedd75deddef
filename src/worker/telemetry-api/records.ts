import type { PlatformEvent } from '../../wire/platform-event.ts'
import type { SchemaVersion } from './subscription.ts'

/** Something that happened or was said in an environment, as subscribers may hear it. */
export type Told =
  | { readonly type: 'platform'; readonly event: PlatformEvent }
  | Line<'function'>
  | Line<'extension'>

interface Line<Type extends 'function' | 'extension'> {
  readonly type: Type
  readonly time: string
  readonly text: string
  /** The function logs in JSON: a line that is an object is told as one. */
  readonly isJson: boolean
}

/** The records that this makes in a schema, as JSON texts: mostly one; none where the schema does not know it. */
export function recordsOf(told: Told, schema: SchemaVersion): string[] {
  if (told.type === 'platform') {
    return isLegacy(schema) ? legacyRecords(told.event, schema) : [platformRecord(told.event, schema)]
  }
  const { time, type } = told
  const head = `{"time":${JSON.stringify(time)},"type":"${type}","record":`
  return [`${head}${lineRecord(told, schema)}}`]
}

function isLegacy(schema: SchemaVersion): boolean {
  return schema === '2020-08-15' || schema === '2021-03-18'
}

/** Objects since the schema of 2022-12-13, which came with the JSON log format. */
function lineRecord({ text, isJson }: Line<'function' | 'extension'>, schema: SchemaVersion): string {
  const knowsObjects = schema === '2022-12-13' || schema === '2025-01-29'
  if (isJson && knowsObjects && text.startsWith('{') && isObject(text)) return text.trim()
  return JSON.stringify(text)
}

function isObject(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What the schema of 2022-12-13 added. */
const SINCE_2022_12_13 = ['functionName', 'functionArn', 'functionVersion', 'instanceId', 'instanceMaxMemory']

function platformRecord({ time, type, record }: PlatformEvent, schema: SchemaVersion): string {
  // Ours alone: what the log in text format says.
  const without = new Set<string>([
    'errorMessage',
    'errorCause',
    ...(schema === '2022-07-01' ? SINCE_2022_12_13 : []),
  ])
  const known = Object.fromEntries(Object.entries(record).filter(([name]) => !without.has(name)))
  return JSON.stringify({ time, type, record: known })
}

/** The Logs API: platform.end, which the Telemetry API does without, and nothing of inits. */
function legacyRecords({ time, type, record }: PlatformEvent, schema: SchemaVersion): string[] {
  const made = (as: string, fields: object) => JSON.stringify({ time, type: as, record: fields })
  switch (type) {
    case 'platform.start':
    case 'platform.extension':
    case 'platform.logsSubscription':
    case 'platform.logsDropped':
      return [made(type, record)]
    case 'platform.runtimeDone': {
      const { requestId, status } = record
      return schema === '2021-03-18' ? [made(type, { requestId, status })] : []
    }
    case 'platform.report': {
      const { requestId, metrics, tracing } = record
      const traced = tracing === undefined ? {} : { tracing }
      return [made('platform.end', { requestId }), made(type, { requestId, metrics, ...traced })]
    }
    default:
      return []
  }
}
