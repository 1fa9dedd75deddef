import type { CronFields, Day } from './cron.ts'
import { localTimeToUtc, utcToLocalTime } from './time-zone.ts'

const DAY_MS = 24 * 60 * 60_000
const LAST_YEAR = 2199

/** The first time after `after` that the fields name, in the clocks of the zone. */
export function nextCronTime(fields: CronFields, after: number, timeZone: string): number | undefined {
  // A day earlier, since clocks that are set back show times of before once more.
  const from = utcToLocalTime(after, timeZone) - DAY_MS
  for (const dayMs of days(fields, from)) {
    const found = nextOfDay(fields, dayMs, after, timeZone)
    if (found !== undefined) return found
  }
  return undefined
}

function nextOfDay(
  { hours, minutes }: CronFields,
  dayMs: number,
  after: number,
  timeZone: string,
): number | undefined {
  for (const hour of hours) {
    for (const minute of minutes) {
      const at = localTimeToUtc(dayMs + (hour * 60 + minute) * 60_000, timeZone)
      if (at !== undefined && at > after) return at
    }
  }
  return undefined
}

/** The days that the fields name, from that of `from` on, as their midnights. */
function* days(fields: CronFields, from: number): Iterable<number> {
  const begin = new Date(from)
  let year = begin.getUTCFullYear()
  let month = begin.getUTCMonth() + 1
  const firstDay = Math.floor(from / DAY_MS) * DAY_MS
  for (; year <= LAST_YEAR; year++, month = 1) {
    if (!fields.years.has(year)) continue
    for (; month <= 12; month++) {
      if (!fields.months.has(month)) continue
      for (const day of daysOf(year, month)) {
        const dayMs = Date.UTC(year, month - 1, day.day)
        if (dayMs >= firstDay && fields.isDay(day)) yield dayMs
      }
    }
  }
}

function* daysOf(year: number, month: number): Iterable<Day> {
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const firstWeekday = new Date(Date.UTC(year, month - 1, 1)).getUTCDay()
  for (let day = 1; day <= daysInMonth; day++) {
    yield { year, month, day, daysInMonth, weekday: ((firstWeekday + day - 1) % 7) + 1 }
  }
}
