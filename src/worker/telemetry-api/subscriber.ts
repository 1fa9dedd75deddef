import type { Clock, Timer } from '../../base/clock.ts'
import type { Delivery } from './delivery.ts'
import type { Buffering } from './subscription.ts'

/** Waits before a batch that was not taken is sent again. Then it is dropped. */
const RETRY_MS = [100, 400]

/** What was not delivered, and why. */
export interface Dropped {
  readonly droppedRecords: number
  readonly droppedBytes: number
  readonly reason: string
}

const TOO_SLOW =
  'Some logs were dropped because the downstream consumer is slower than the logs production rate'

/**
 * The records that one subscriber waits for. They are sent in batches, one after the other; while one is on its
 * way, as much as makes up two is kept, and what comes then is dropped. Nobody waits for any of this.
 */
export class Subscriber {
  readonly #clock: Clock
  readonly #buffering: Buffering
  readonly #delivery: Delivery
  readonly #onDropped: (dropped: Dropped) => void
  #records: string[] = []
  #bytes = 0
  #timer: Timer | undefined
  #sending = false
  /** What came while a batch was on its way is to be sent without waiting for its time. */
  #again = false
  /** The last batch was not taken. That is told once, and the rest of it when one is taken again. */
  #failing = false
  #closed = false
  #dropped = { records: 0, bytes: 0 }
  #drained = Promise.withResolvers<void>()

  constructor(
    buffering: Buffering,
    delivery: Delivery,
    { clock, onDropped }: { readonly clock: Clock; readonly onDropped: (dropped: Dropped) => void },
  ) {
    this.#clock = clock
    this.#buffering = buffering
    this.#delivery = delivery
    this.#onDropped = onDropped
  }

  add(record: string): void {
    if (this.#closed) return
    const bytes = Buffer.byteLength(record)
    const { maxItems, maxBytes, timeoutMs } = this.#buffering
    if (this.#records.length >= 2 * maxItems || this.#bytes + bytes > 2 * maxBytes) {
      this.#dropped.records++
      this.#dropped.bytes += bytes
      return
    }
    this.#records.push(record)
    this.#bytes += bytes
    if (this.#records.length >= maxItems || this.#bytes >= maxBytes) this.flush()
    else this.#timer ??= this.#clock.after(timeoutMs, () => this.flush()).unref()
  }

  /** Sends what there is. Resolves when it was, or was given up. */
  flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#sending) {
      this.#again = true
      return this.#drained.promise
    }
    if (this.#records.length === 0) return Promise.resolve()
    this.#sending = true
    this.#drained = Promise.withResolvers()
    void this.#sendAll()
    return this.#drained.promise
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#records = []
    this.#bytes = 0
    this.#delivery.close()
  }

  async #sendAll(): Promise<void> {
    while (this.#records.length > 0) {
      const batch = this.#takeBatch()
      const failed = await this.#send(batch.records)
      if (failed !== undefined) {
        this.#dropped.records += batch.records.length
        this.#dropped.bytes += batch.bytes
      }
      if (failed === undefined || !this.#failing)
        this.#tellDropped(failed === undefined ? TOO_SLOW : `could not send events: ${failed.message}`)
      this.#failing = failed !== undefined
      // What is not a full batch waits for its time; what was told of drops among it.
      if (!this.#isFull && !this.#again) break
      this.#again = false
    }
    this.#again = false
    this.#sending = false
    this.#drained.resolve()
    if (this.#records.length > 0 && !this.#closed)
      this.#timer ??= this.#clock.after(this.#buffering.timeoutMs, () => this.flush()).unref()
  }

  get #isFull(): boolean {
    const { maxItems, maxBytes } = this.#buffering
    return this.#records.length >= maxItems || this.#bytes >= maxBytes
  }

  #takeBatch(): { records: string[]; bytes: number } {
    const records = this.#records.splice(0, this.#buffering.maxItems)
    const bytes = records.reduce((sum, record) => sum + Buffer.byteLength(record), 0)
    this.#bytes -= bytes
    return { records, bytes }
  }

  /** What went wrong, in the end. */
  async #send(records: readonly string[]): Promise<Error | undefined> {
    for (const wait of [...RETRY_MS, undefined]) {
      if (this.#closed) return undefined
      try {
        await this.#delivery.send(records)
        return undefined
      } catch (error) {
        if (wait === undefined) return error as Error
        await this.#clock.sleep(wait)
      }
    }
    return undefined
  }

  #tellDropped(reason: string): void {
    const { records, bytes } = this.#dropped
    if (records === 0 || this.#closed) return
    this.#dropped = { records: 0, bytes: 0 }
    this.#onDropped({ droppedRecords: records, droppedBytes: bytes, reason })
  }
}
