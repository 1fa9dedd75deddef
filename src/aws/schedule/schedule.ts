import { type CronFields, parseCron } from './cron.ts'
import { nextCronTime } from './next-cron.ts'
import { ScheduleError } from './schedule-error.ts'
import { localTimeToUtc } from './time-zone.ts'

/** When something runs: at fixed intervals, by the calendar, or once. */
export type Schedule =
  | { readonly kind: 'rate'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly fields: CronFields }
  /** Once, in local time: as `Date.UTC` would have it if it were UTC. */
  | { readonly kind: 'at'; readonly localMs: number }

const MINUTE = 60_000
const UNITS: Readonly<Record<string, number>> = { minute: MINUTE, hour: 60 * MINUTE, day: 24 * 60 * MINUTE }

/**
 * Reads `rate(5 minutes)`, `cron(0 10 * * ? *)`, or `at(2026-11-20T13:00:00)` (Amazon EventBridge User Guide,
 * "Schedule expressions"; EventBridge Scheduler User Guide, "Schedule types"). Rules know no `at`, and want one
 * minute, but two minutes; Scheduler takes `rate(1 minutes)`, too, as far as recordings tell.
 *
 * @throws ScheduleError
 */
export function parseSchedule(text: string, dialect: 'rule' | 'scheduler' = 'rule'): Schedule {
  const [, kind, inner = ''] = /^(rate|cron|at)\((.*)\)$/.exec(text) ?? []
  if (kind === 'rate') return { kind, everyMs: parseRate(inner, dialect) }
  if (kind === 'cron') return { kind, fields: parseCron(inner) }
  if (kind === 'at') return { kind, localMs: parseLocalTime(inner) }
  throw new ScheduleError(`${text} is neither rate(…), cron(…) nor at(…)`)
}

function parseRate(text: string, dialect: 'rule' | 'scheduler'): number {
  const [, digits, unit = '', plural] = /^(\d{1,9}) +(minute|hour|day)(s?)$/.exec(text) ?? []
  const value = Number(digits)
  const unitMs = UNITS[unit]
  const isWrongNumber = dialect === 'rule' && (value === 1) !== (plural === '')
  if (unitMs === undefined || value < 1 || isWrongNumber) {
    throw new ScheduleError(`rate(${text}) is not a positive number of minutes, hours or days`)
  }
  return value * unitMs
}

function parseLocalTime(text: string): number {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text)
  const ms = isTime ? Date.parse(`${text}Z`) : Number.NaN
  // Date.parse would take the 30th of February for a day of March.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text)) {
    throw new ScheduleError(`at(${text}) is not a time as yyyy-mm-ddThh:mm:ss`)
  }
  return ms
}

export interface NextOptions {
  /** Of cron and at; an IANA name. UTC where absent. */
  readonly timeZone?: string
  /** From when on intervals are counted; milliseconds since the epoch. */
  readonly countedFrom: number
}

/**
 * The first time after `after`, milliseconds since the epoch; undefined where there is none any more. A local
 * time that a change to daylight saving time skips is left out, and one that comes twice is taken once, the
 * first time (EventBridge Scheduler User Guide, "Daylight saving time").
 */
export function nextTime(
  schedule: Schedule,
  after: number,
  { timeZone = 'UTC', countedFrom }: NextOptions,
): number | undefined {
  switch (schedule.kind) {
    case 'rate': {
      const passed = Math.max(0, Math.floor((after - countedFrom) / schedule.everyMs) + 1)
      return countedFrom + passed * schedule.everyMs
    }
    case 'cron':
      return nextCronTime(schedule.fields, after, timeZone)
    case 'at': {
      const at = localTimeToUtc(schedule.localMs, timeZone)
      return at !== undefined && at > after ? at : undefined
    }
  }
}
