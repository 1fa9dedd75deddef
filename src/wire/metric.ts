/** Lambda's metrics that do not come from an environment (AWS Lambda Developer Guide, "Types of metrics"). */
export type MetricName =
  | 'AsyncEventsReceived'
  /** Milliseconds, at each attempt. */
  | 'AsyncEventAge'
  | 'AsyncEventsDropped'
  | 'DestinationDeliveryFailures'
  | 'DeadLetterErrors'
  | 'RecursiveInvocationsDropped'
  | `DurableExecution${'Started' | 'Succeeded' | 'Failed' | 'TimedOut' | 'Stopped'}`
  /** Milliseconds, when it has ended. */
  | 'DurableExecutionDuration'

/** One measurement of one function. */
export interface MetricEvent {
  readonly name: MetricName
  readonly accountId: string
  readonly region: string
  readonly functionName: string
  /** The version or alias that was called by name. */
  readonly qualifier?: string
  /** A count, or what the metric's unit is. */
  readonly value: number
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Never throws, and keeps nobody waiting. */
export type RecordMetric = (event: MetricEvent) => void
