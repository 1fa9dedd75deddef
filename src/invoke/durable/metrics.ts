import type { MetricName, RecordMetric } from '../../wire/metric.ts'
import type { Execution } from './execution.ts'

const ENDS = {
  SUCCEEDED: 'DurableExecutionSucceeded',
  FAILED: 'DurableExecutionFailed',
  TIMED_OUT: 'DurableExecutionTimedOut',
  STOPPED: 'DurableExecutionStopped',
} as const

export function recordBegin(record: RecordMetric, execution: Execution): void {
  measure(record, execution, 'DurableExecutionStarted', { value: 1, at: execution.startedAt })
}

export function recordEnd(record: RecordMetric, execution: Execution): void {
  const { status, startedAt, endedAt: at } = execution
  if (status === 'RUNNING' || at === undefined) return
  measure(record, execution, ENDS[status], { value: 1, at })
  measure(record, execution, 'DurableExecutionDuration', { value: at - startedAt, at })
}

function measure(
  record: RecordMetric,
  { accountId, region, functionName }: Execution,
  name: MetricName,
  measured: { readonly value: number; readonly at: number },
): void {
  record({ name, accountId, region, functionName, ...measured })
}
