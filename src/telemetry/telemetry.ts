import type { Clock, Timer } from '../base/clock.ts'
import { type AppendLogs, LOG_MESSAGE_BYTES_MAX } from '../wire/log-event.ts'
import type { RecordMetric } from '../wire/metric.ts'
import type { EnvironmentSource, TelemetrySink } from '../wire/worker.ts'
import { EnvironmentLog } from './environment-log.ts'
import { AwaitedTails } from './tail.ts'

export interface TelemetryOptions {
  readonly clock: Clock
  readonly appendLogs: AppendLogs
  readonly settings?: TelemetrySettings
}

export interface TelemetrySettings {
  /** The longest message of one log event, in bytes. A longer line becomes several events. */
  readonly messageBytesMax?: number
}

export interface Telemetry extends TelemetrySink {
  ended(source: EnvironmentSource): void
  /**
   * The end of one invocation's log: base64 of its last 4096 bytes, START to REPORT. Called before the
   * invoke; resolves with `platform.report`, or with what there is when none comes; never rejects.
   */
  collectTail(requestId: string): Promise<string>
  /** Nobody waits for this tail any more: the invocation came to no environment, or its caller is gone. */
  dropTail(requestId: string): void
  /** Hears every measurement. Returns how to stop. */
  onMetric(listener: RecordMetric): () => void
  /** Tells whoever listens of a measurement. */
  readonly recordMetric: RecordMetric
  /** Hands on what has no newline yet. */
  flush(): void
  stop(): void
}

/** Logs held at once; above it those are forgotten that have nothing unfinished, and are made anew when needed. */
const ENVIRONMENTS_MAX = 10_000
/** An unfinished line outside an invocation is an event after this long: nobody says that its writer is gone. */
const UNFINISHED_MS = 2000

/** Makes log lines of what environments do and say. */
export function createTelemetry({ clock, appendLogs, settings = {} }: TelemetryOptions): Telemetry {
  const tails = new AwaitedTails(clock)
  const messageBytesMax = settings.messageBytesMax ?? LOG_MESSAGE_BYTES_MAX
  const deps = { clock, appendLogs, tails, messageBytesMax }
  const logs = new Map<string, EnvironmentLog>()
  const metricListeners = new Set<RecordMetric>()
  let sweep: Timer | undefined

  function logOf(source: EnvironmentSource): EnvironmentLog {
    const known = logs.get(source.environmentId)
    if (known !== undefined) return known
    if (logs.size >= ENVIRONMENTS_MAX) forgetQuiet(logs)
    const log = new EnvironmentLog(deps, source)
    logs.set(source.environmentId, log)
    return log
  }

  function sweepLater(log: EnvironmentLog): void {
    if (log.unfinishedSince !== undefined) sweep ??= clock.after(UNFINISHED_MS, sweepUnfinished).unref()
  }

  function sweepUnfinished(): void {
    sweep = undefined
    const before = clock.now() - UNFINISHED_MS
    for (const log of logs.values()) {
      if ((log.unfinishedSince ?? Number.POSITIVE_INFINITY) <= before) log.flushLine()
      else sweepLater(log)
    }
  }

  return {
    event: (source, event) => logOf(source).event(event),
    output: (source, bytes) => {
      const log = logOf(source)
      const full = log.output(bytes)
      sweepLater(log)
      return full
    },
    record: (source, record) => logOf(source).record(record),
    ended: (source) => {
      logs.get(source.environmentId)?.end()
      logs.delete(source.environmentId)
    },
    collectTail: (requestId) => tails.collect(requestId),
    dropTail: (requestId) => tails.drop(requestId),
    onMetric: (listener) => {
      metricListeners.add(listener)
      return () => metricListeners.delete(listener)
    },
    recordMetric: (event) => {
      for (const listener of metricListeners) listener(event)
    },
    flush: () => {
      for (const log of logs.values()) log.flushLine()
    },
    stop: () => {
      sweep?.cancel()
      for (const log of logs.values()) log.end()
      logs.clear()
      tails.dropAll()
    },
  }
}

function forgetQuiet(logs: Map<string, EnvironmentLog>): void {
  for (const [id, log] of logs) if (log.isQuiet) logs.delete(id)
}
