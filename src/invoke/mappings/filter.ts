import { matches } from '../../aws/event-pattern/match.ts'
import { parsePattern } from '../../aws/event-pattern/parse.ts'
import { type Dialect, MAPPING } from '../../aws/event-pattern/pattern.ts'

/** Whether an event passes the filters of a mapping: one of them must match; where there are none, all pass. */
export function filterOf(
  filters: readonly string[],
  dialect: Dialect = MAPPING,
): (event: unknown) => boolean {
  if (filters.length === 0) return () => true
  const patterns = filters.map((text) => parsePattern(text, dialect))
  return (event) => patterns.some((pattern) => matches(pattern, event))
}
