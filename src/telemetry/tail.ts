import type { Clock, Timer } from '../base/clock.ts'
import { charBoundary } from './lines.ts'

/** What Invoke answers of a log with `LogType: Tail` (API reference, Invoke, LogResult). */
const TAIL_BYTES = 4096

/** The end of one invocation's log, kept to its last 4096 bytes while it grows. */
export class Tail {
  #parts: string[] = []
  #bytes = 0
  readonly #settled = Promise.withResolvers<string>()

  /** Base64, once the invocation is over. */
  get text(): Promise<string> {
    return this.#settled.promise
  }

  add(message: string): void {
    // A character takes a byte at least, so what lies before the last 4096 of them cannot count.
    const end = message.length > TAIL_BYTES ? message.slice(-TAIL_BYTES) : message
    this.#parts.push(end)
    this.#bytes += Buffer.byteLength(end)
    if (this.#bytes <= 8 * TAIL_BYTES) return
    const last = this.#lastBytes()
    this.#parts = [last.toString('utf8')]
    this.#bytes = last.length
  }

  settle(): void {
    this.#settled.resolve(this.#lastBytes().toString('base64'))
  }

  #lastBytes(): Buffer {
    const all = Buffer.from(this.#parts.join(''))
    if (all.length <= TAIL_BYTES) return all
    let start = all.length - TAIL_BYTES
    if (charBoundary(all, start) !== start) while (((all[start] ?? 0) & 0xc0) === 0x80) start++
    return all.subarray(start)
  }
}

/**
 * The longest that a tail is waited for: an invocation's longest time, and the longest init and the
 * shutdown of its environment, with room to spare. After it the caller has been answered otherwise.
 */
const TAIL_WAIT_MS = (15 + 2) * 60_000
/** Requests for a tail that are under way; one more than the account may run at once, many times over. */
const TAILS_MAX = 20_000

/** The tails that callers wait for, by request id, from before the invoke until `platform.start`. */
export class AwaitedTails {
  readonly #clock: Clock
  readonly #awaited = new Map<string, { tail: Tail; expiry: Timer }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  collect(requestId: string): Promise<string> {
    if (this.#awaited.size >= TAILS_MAX) this.drop(this.#awaited.keys().next().value ?? '')
    const tail = new Tail()
    const expiry = this.#clock.after(TAIL_WAIT_MS, () => this.drop(requestId)).unref()
    this.#awaited.set(requestId, { tail, expiry })
    return tail.text
  }

  find(requestId: string): Tail | undefined {
    return this.#awaited.size === 0 ? undefined : this.#awaited.get(requestId)?.tail
  }

  /** Settles with what there is: the invocation has reported, or nobody waits for it any more. */
  drop(requestId: string): void {
    const entry = this.#awaited.get(requestId)
    if (entry === undefined) return
    this.#awaited.delete(requestId)
    entry.expiry.cancel()
    entry.tail.settle()
  }

  dropAll(): void {
    for (const requestId of [...this.#awaited.keys()]) this.drop(requestId)
  }
}
