/** A log stream, by all that its name depends on. */
export interface LogTarget {
  readonly accountId: string
  readonly region: string
  readonly group: string
  readonly stream: string
}

export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly message: string
}

/**
 * Takes log events for a stream, which is made if need be, with its group. Never rejects. Where it returns a
 * promise the buffers are full: what can wait before it sends more, waits for it.
 */
export type AppendLogs = (target: LogTarget, events: readonly LogEvent[]) => Promise<void> | undefined

/** What CloudWatch Logs takes as one event: 1 MiB, of which 26 bytes count as overhead (API PutLogEvents). */
export const LOG_EVENT_OVERHEAD_BYTES = 26
export const LOG_MESSAGE_BYTES_MAX = 1024 * 1024 - LOG_EVENT_OVERHEAD_BYTES
