import type { Clock, Timer } from '../../base/clock.ts'
import { LOG_EVENT_OVERHEAD_BYTES, type LogEvent, type LogTarget } from '../../wire/log-event.ts'
import { BlockWriter } from './block-writer.ts'
import type { LiveTails } from './live-tail.ts'
import type { LogStore, StreamBatch } from './store.ts'
import type { Subscriptions } from './subscriptions/subscriptions.ts'

export interface LogIngestDeps {
  readonly store: LogStore
  readonly clock: Clock
  readonly liveTails: LiveTails
  readonly subscriptions: Subscriptions
  /** Told of events that could not be kept. */
  readonly reportFault: (error: unknown) => void
  readonly settings?: LogIngestSettings
}

export interface LogIngestSettings {
  /** How long events wait for others to share a transaction with. */
  readonly flushAfterMs?: number
  /** Bytes that wait, from which on senders are asked to wait too. */
  readonly fullBytes?: number
}

/**
 * The inner door for the logs of functions: events are taken at once, made visible to live tails, and kept a
 * moment later, those of many streams in one transaction.
 */
export interface LogIngest {
  /** Takes all of `events`. A promise says that the buffer is full, and resolves when there is room again. */
  append(target: LogTarget, events: readonly LogEvent[]): Promise<void> | undefined
  /** Resolves once what was appended before is kept, or reported as lost. */
  flush(): Promise<void>
  /** Flushes, and takes no more. */
  stop(): Promise<void>
}

const FLUSH_AFTER_MS = 100
const FULL_BYTES = 16 * 1024 * 1024
/** Who cannot wait, a START line for instance, may go beyond being full by so much; then events are lost. */
const OVERFULL = 2
/** A flush that is worth its transaction at once, without waiting for the time to pass. */
const FLUSH_BYTES = 2 * 1024 * 1024
/** The share of time that flushing may take while nobody waits for it: the next one waits so much longer. */
const REST_PER_FLUSH = 4
/** Streams that one transaction takes: other writers, and this thread's other work, get their turn after it. */
const STREAMS_PER_WRITE = 100
/** A failing database is tried again after these waits, some 25 seconds in all. */
const RETRY_AFTER_MS = [50, 200, 1000, 3000, 5000, 15_000]

interface Pending {
  readonly target: LogTarget
  readonly writer: BlockWriter
}

export function createLogIngest(deps: LogIngestDeps): LogIngest {
  return new BufferedIngest(deps)
}

class BufferedIngest implements LogIngest {
  readonly #deps: LogIngestDeps
  readonly #flushAfterMs: number
  readonly #fullBytes: number
  /** By who appends, which is one for each stream: a key of four names would have to be made for each line. */
  #pending = new Map<LogTarget, Pending>()
  #pendingBytes = 0
  /** Bytes that are being written, which are in memory still. */
  #flyingBytes = 0
  #lost = 0
  #timer: Timer | undefined
  #flushing: Promise<void> | undefined
  #room: PromiseWithResolvers<void> | undefined
  readonly #stop = new AbortController()

  constructor(deps: LogIngestDeps) {
    this.#deps = deps
    this.#flushAfterMs = deps.settings?.flushAfterMs ?? FLUSH_AFTER_MS
    this.#fullBytes = deps.settings?.fullBytes ?? FULL_BYTES
  }

  append(target: LogTarget, events: readonly LogEvent[]): Promise<void> | undefined {
    if (this.#stop.signal.aborted || this.#bytes > OVERFULL * this.#fullBytes) {
      this.#lost += events.length
      return this.#room?.promise
    }
    this.#deps.liveTails.publish(target, events, this.#deps.clock.now())
    this.#add(target, events)
    if (this.#flushing === undefined) this.#flushSoon(this.#flushAfterMs)
    return this.#bytes >= this.#fullBytes ? this.#untilRoom() : undefined
  }

  async flush(): Promise<void> {
    // What is under way began without what is pending.
    while (this.#flushing !== undefined) await this.#flushing
    if (this.#pending.size === 0) return
    this.#flushing = this.#flushPending()
    await this.#flushing
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.flush()
    this.#timer?.cancel()
    this.#reportLost()
  }

  get #bytes(): number {
    return this.#pendingBytes + this.#flyingBytes
  }

  #add(target: LogTarget, events: readonly LogEvent[]): void {
    let pending = this.#pending.get(target)
    if (pending === undefined) {
      pending = { target, writer: new BlockWriter() }
      this.#pending.set(target, pending)
    }
    for (const event of events) {
      pending.writer.add(event)
      // One byte a character is right for most logs, and near enough for a bound.
      this.#pendingBytes += event.message.length + LOG_EVENT_OVERHEAD_BYTES
    }
  }

  #flushSoon(ms: number): void {
    if (this.#pendingBytes >= FLUSH_BYTES || this.#room !== undefined) void this.flush()
    else this.#timer ??= this.#deps.clock.after(ms, () => void this.flush())
  }

  async #flushPending(): Promise<void> {
    const pending = this.#pending
    this.#timer?.cancel()
    this.#timer = undefined
    this.#flyingBytes = this.#pendingBytes
    this.#pending = new Map()
    this.#pendingBytes = 0
    const startedAt = this.#deps.clock.elapsed()
    await this.#keep(pending)
    const rest = REST_PER_FLUSH * (this.#deps.clock.elapsed() - startedAt)
    this.#flyingBytes = 0
    this.#flushing = undefined
    this.#reportLost()
    if (this.#bytes < this.#fullBytes) {
      this.#room?.resolve()
      this.#room = undefined
    }
    if (this.#pending.size > 0) this.#flushSoon(Math.max(this.#flushAfterMs, rest))
  }

  async #keep(pending: ReadonlyMap<LogTarget, Pending>): Promise<void> {
    const all = [...pending.values()]
    for (let at = 0; at < all.length; at += STREAMS_PER_WRITE)
      await this.#keepSome(all.slice(at, at + STREAMS_PER_WRITE))
  }

  /** Never rejects: what could not be kept is reported. */
  async #keepSome(pending: readonly Pending[]): Promise<void> {
    const batches = pending.map(toBatch)
    for (let tries = 0; ; tries++) {
      try {
        await this.#deps.store.append(await this.#announced(batches), this.#deps.clock.now())
        return
      } catch (error) {
        const wait = RETRY_AFTER_MS[tries]
        if (wait === undefined || this.#stop.signal.aborted) return this.#reportUnkept(pending, error)
        // Who stops does not wait: one last try.
        await this.#deps.clock.sleep(wait, this.#stop.signal).catch(() => {})
      }
    }
  }

  /** With word for those who have subscribed to the groups. */
  #announced(batches: readonly StreamBatch[]): Promise<StreamBatch[]> {
    return Promise.all(
      batches.map(async (batch) => {
        const { group, stream, blocks } = batch
        const announce = await this.#deps.subscriptions.announcementOf(group, stream, blocks)
        return announce === undefined ? batch : { ...batch, announce }
      }),
    )
  }

  #reportUnkept(pending: readonly Pending[], cause: unknown): void {
    const count = pending.reduce((sum, { writer }) => sum + writer.count, 0)
    const message = `${count} log events of ${pending.length} streams are lost: the database did not take them`
    this.#deps.reportFault(new Error(message, { cause }))
  }

  #reportLost(): void {
    if (this.#lost === 0) return
    const message = `${this.#lost} log events are lost: they came faster than the database takes them`
    this.#lost = 0
    this.#deps.reportFault(new Error(message))
  }

  #untilRoom(): Promise<void> {
    this.#room ??= Promise.withResolvers()
    return this.#room.promise
  }
}

function toBatch({ target, writer }: Pending): StreamBatch {
  const { accountId, region, group, stream } = target
  return { group: { accountId, region, name: group }, stream, blocks: writer.blocks() }
}
