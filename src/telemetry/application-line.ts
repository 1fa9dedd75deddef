import type { LogEvent } from '../wire/log-event.ts'
import { isAtLeast, type Level, levelOf } from './levels.ts'

/** RFC 3339, as an application's timestamp must be to count (Developer Guide, "JSON log format"). */
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
/** CloudWatch Logs takes no event that is older or further ahead than this (API PutLogEvents). */
const OLDEST_MS = 14 * 86_400_000
const NEWEST_MS = 2 * 3_600_000

/**
 * The event that a line of raw output makes in the log format JSON, or undefined where its level is below
 * `wanted`. A line that is no JSON object, or has no level or an invalid timestamp, has the level INFO.
 */
export function applicationEvent(message: string, wanted: Level, now: number): LogEvent | undefined {
  const fields = jsonObject(message)
  const timestamp = fields === undefined ? undefined : timestampOf(fields.timestamp)
  const isTimeValid = fields?.timestamp === undefined || timestamp !== undefined
  const level = isTimeValid ? levelOf(fields?.level) : 'INFO'
  if (!isAtLeast(level, wanted)) return undefined
  return { timestamp: plausibleTime(timestamp, now), message }
}

/** The time that an application gives its event, where CloudWatch Logs would take it; `now` otherwise. */
export function plausibleTime(timestamp: number | undefined, now: number): number {
  if (timestamp === undefined || !Number.isFinite(timestamp)) return now
  const isTaken = timestamp > now - OLDEST_MS && timestamp < now + NEWEST_MS
  return isTaken ? Math.trunc(timestamp) : now
}

function jsonObject(message: string): { level?: unknown; timestamp?: unknown } | undefined {
  if (!message.startsWith('{')) return undefined
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}

function timestampOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !RFC_3339.test(value)) return undefined
  const time = Date.parse(value)
  return Number.isNaN(time) ? undefined : time
}
