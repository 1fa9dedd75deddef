const THOUSANDTHS = Array.from({ length: 1000 }, (_, ms) => `.${String(ms).padStart(3, '0')}Z`)
let lastSecond = Number.NaN
let lastText = ''

/**
 * `2026-11-21T08:00:00.000Z` of whole milliseconds since the epoch. Under load many events share a second, and
 * formatting one costs as much as all else that is done for a log line: the last second's text is kept.
 */
export function isoTime(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, -'.000Z'.length)
    lastSecond = second
  }
  return lastText + THOUSANDTHS[ms - second * 1000]
}
