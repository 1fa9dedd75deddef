/** A place that a mapping reads events from: a queue, a shard of a stream. */
export interface EventSource<Event> {
  /** Waits for a batch; none when `signal` aborts, and where nothing came for a while. */
  read(signal: AbortSignal): Promise<readonly Event[]>

  /** How the event stands among the `Records` of the function's event. */
  record(event: Event): object
  /** What filters see of it. */
  filtered(event: Event): unknown
  /** By which the function names it in `batchItemFailures`. */
  id(event: Event): string
  traceHeader(event: Event): string | undefined

  /** Until when a batch that was read just now may be tried again after it was throttled: milliseconds since the epoch. */
  retryUntil(events: readonly Event[]): number
  /** What was handled leaves the source; what failed comes again, or goes to the dead letters. */
  settle(handled: readonly Event[], failed: readonly Event[]): Promise<void>
}
