const DAY_MS = 24 * 60 * 60_000
/** Formats cost a millisecond to make. There are some 600 zones with their aliases. */
const FORMATS_MAX = 1000
const formats = new Map<string, Intl.DateTimeFormat>()

/** Whether the IANA name is one that this machine knows. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name)
    return true
  } catch {
    return false
  }
}

/** A moment as the clocks of the zone show it: as `Date.UTC` would have it if it were UTC. */
export function utcToLocalTime(ms: number, timeZone: string): number {
  return ms + offsetAt(ms, timeZone)
}

/** The first moment at which the clocks of the zone show that time; undefined where they skip it. */
export function localTimeToUtc(localMs: number, timeZone: string): number | undefined {
  if (timeZone === 'UTC') return localMs
  const before = localMs - offsetAt(localMs - DAY_MS, timeZone)
  const after = localMs - offsetAt(localMs + DAY_MS, timeZone)
  const [earlier, later] = before <= after ? [before, after] : [after, before]
  if (utcToLocalTime(earlier, timeZone) === localMs) return earlier
  return utcToLocalTime(later, timeZone) === localMs ? later : undefined
}

/** What the zone's clocks are ahead of UTC, in milliseconds. */
function offsetAt(ms: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0
  const parts: Record<string, number> = {}
  for (const { type, value } of formatOf(timeZone).formatToParts(ms)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  if (formats.size >= FORMATS_MAX) formats.clear()
  formats.set(timeZone, format)
  return format
}
