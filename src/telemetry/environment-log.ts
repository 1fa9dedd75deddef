import type { Clock } from '../base/clock.ts'
import type { AppendLogs, LogEvent, LogTarget } from '../wire/log-event.ts'
import type { PlatformEvent } from '../wire/platform-event.ts'
import type { EnvironmentSource, LogRecord } from '../wire/worker.ts'
import { applicationEvent, plausibleTime } from './application-line.ts'
import { isAtLeast, systemLevelOf } from './levels.ts'
import { cutMessage, LineSplitter } from './lines.ts'
import type { AwaitedTails, Tail } from './tail.ts'
import * as text from './text-format.ts'

export interface EnvironmentLogDeps {
  readonly clock: Clock
  readonly appendLogs: AppendLogs
  readonly tails: AwaitedTails
  /** The longest message of one event, in bytes. */
  readonly messageBytesMax: number
}

/** The log of one execution environment: a stream of its own, for its whole life. */
export class EnvironmentLog {
  readonly #deps: EnvironmentLogDeps
  readonly #source: EnvironmentSource
  readonly #target: LogTarget
  readonly #lines: LineSplitter
  #running: { readonly requestId: string; readonly tail: Tail | undefined } | undefined
  #lastWriteAt = 0

  constructor(deps: EnvironmentLogDeps, source: EnvironmentSource) {
    const { accountId, region, logging } = source.fn
    this.#deps = deps
    this.#source = source
    this.#target = { accountId, region, group: logging.group, stream: source.logStream }
    this.#lines = new LineSplitter(deps.messageBytesMax)
  }

  /** Nothing is lost by forgetting it: no invocation runs, no line is unfinished. */
  get isQuiet(): boolean {
    return this.#running === undefined && !this.#lines.isHolding
  }

  /** When an unfinished line was last added to, of an environment that runs no invocation. */
  get unfinishedSince(): number | undefined {
    return this.#running === undefined && this.#lines.isHolding ? this.#lastWriteAt : undefined
  }

  event(event: PlatformEvent): void {
    if (endsLine(event.type)) this.flushLine()
    if (event.type === 'platform.start') this.#begin(event.record.requestId)
    const messages = this.#isJson ? this.#jsonLines(event) : this.#textLines(event)
    if (messages.length > 0) this.#append(messages)
    if (event.type === 'platform.report') this.#finish(event.record.requestId)
  }

  output(bytes: Uint8Array): Promise<void> | undefined {
    this.#lastWriteAt = this.#deps.clock.now()
    const messages = this.#lines.push(bytes)
    return messages.length === 0 ? undefined : this.#appendApplication(messages)
  }

  record(record: LogRecord): Promise<void> | undefined {
    const { applicationLevel } = this.#source.fn.logging
    if (this.#isJson && !isAtLeast(record.level ?? 'INFO', applicationLevel ?? 'INFO')) return undefined
    const messages = cutMessage(record.text, this.#deps.messageBytesMax)
    const timestamp = plausibleTime(record.timestamp, this.#deps.clock.now())
    return this.#send(messages.map((message) => ({ timestamp, message })))
  }

  flushLine(): void {
    const messages = this.#lines.flush()
    if (messages.length > 0) this.#appendApplication(messages)
  }

  /** The environment is gone: what waits for a report waits in vain. */
  end(): void {
    this.flushLine()
    if (this.#running !== undefined) this.#finish(this.#running.requestId)
  }

  get #isJson(): boolean {
    return this.#source.fn.logging.format === 'JSON'
  }

  #begin(requestId: string): void {
    this.#running = { requestId, tail: this.#deps.tails.find(requestId) }
  }

  #finish(requestId: string): void {
    this.#running = undefined
    this.#deps.tails.drop(requestId)
  }

  #jsonLines(event: PlatformEvent): string[] {
    const wanted = this.#source.fn.logging.systemLevel ?? 'INFO'
    if (!isAtLeast(systemLevelOf(event), wanted)) return []
    return [jsonLine(event)]
  }

  #textLines(event: PlatformEvent): string[] {
    switch (event.type) {
      case 'platform.initStart':
        return present(text.initStartLine(event.record))
      case 'platform.initReport':
        return present(text.initReportLine(event.record))
      case 'platform.restoreStart':
        return present(text.restoreStartLine(event.record))
      case 'platform.restoreReport':
        return [text.restoreReportLine(event.record)]
      case 'platform.start':
        return [text.startLine(event.record)]
      case 'platform.runtimeDone':
        return present(text.failureLine(event.record, event.time, this.#source.fn.timeoutMs))
      case 'platform.report':
        return [text.endLine(event.record.requestId), text.reportLine(event.record)]
      case 'platform.extension':
        return [text.extensionLine(event.record)]
      case 'platform.telemetrySubscription':
        return [text.subscriptionLine('TELEMETRY', event.record)]
      case 'platform.logsSubscription':
        return [text.subscriptionLine('LOGS', event.record)]
      case 'platform.initRuntimeDone':
      case 'platform.restoreRuntimeDone':
      case 'platform.logsDropped':
        return []
    }
  }

  #append(messages: readonly string[]): void {
    const timestamp = this.#deps.clock.now()
    this.#send(messages.map((message) => ({ timestamp, message })))
  }

  #appendApplication(messages: readonly string[]): Promise<void> | undefined {
    const now = this.#deps.clock.now()
    const { format, applicationLevel } = this.#source.fn.logging
    if (format === 'Text') return this.#send(messages.map((message) => ({ timestamp: now, message })))
    const events: LogEvent[] = []
    for (const message of messages) {
      const event = applicationEvent(message, applicationLevel ?? 'INFO', now)
      if (event !== undefined) events.push(event)
    }
    return this.#send(events)
  }

  #send(events: readonly LogEvent[]): Promise<void> | undefined {
    if (events.length === 0) return undefined
    const tail = this.#running?.tail
    if (tail !== undefined) for (const event of events) tail.add(event.message)
    return this.#deps.appendLogs(this.#target, events)
  }
}

function present(line: string | undefined): string[] {
  return line === undefined ? [] : [line]
}

/** Whether an unfinished line is one when this event comes: what follows it is another phase's. */
function endsLine(type: PlatformEvent['type']): boolean {
  return !WITHIN_A_PHASE.has(type)
}

const WITHIN_A_PHASE: ReadonlySet<PlatformEvent['type']> = new Set([
  'platform.initStart',
  'platform.telemetrySubscription',
  'platform.logsSubscription',
  'platform.logsDropped',
])

/** The Telemetry API's record, without what is ours alone. */
function jsonLine({ time, type, record }: PlatformEvent): string {
  if ('errorMessage' in record || 'errorCause' in record) {
    const { errorMessage: _, errorCause: __, ...known } = record
    return `${JSON.stringify({ time, type, record: known })}\n`
  }
  return `${JSON.stringify({ time, type, record })}\n`
}
