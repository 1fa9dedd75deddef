import type { LogsOperation } from '../deps.ts'
import { extractedValues, matches } from '../filter-pattern/match.ts'
import { parsedPattern } from '../filter-pattern.ts'

export const testMetricFilter: LogsOperation<'TestMetricFilter'> = async (_, input) => {
  const pattern = parsedPattern(input.filterPattern ?? '')
  return {
    matches: (input.logEventMessages ?? []).flatMap((eventMessage, index) =>
      matches(pattern, eventMessage)
        ? [{ eventNumber: index + 1, eventMessage, extractedValues: extractedValues(pattern, eventMessage) }]
        : [],
    ),
  }
}
