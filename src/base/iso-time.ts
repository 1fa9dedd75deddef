let lastMs = Number.NaN
let lastText = ''

/**
 * `2026-11-21T08:00:00.000Z`. Under load many events share a millisecond, and formatting one costs as much as
 * all else that is done for a log line: the last text is kept.
 */
export function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastMs = ms
    lastText = new Date(ms).toISOString()
  }
  return lastText
}
