import type { Clock, Timer } from '../../base/clock.ts'

interface Waiting {
  /** In the order in which they came; who was woken is no longer among them. */
  readonly waiters: Set<Waiter>
  members: number
  timer: { readonly at: number; readonly handle: Timer } | undefined
}

/** Somebody who wants messages of a queue, from before it first looks for them. */
export interface Waiter {
  /** Resolves with true when there may be messages, at once where they came since the last wait. */
  wait(ms: number, signal: AbortSignal | undefined): Promise<boolean>
  /** Must be called; a wake that came to nothing goes to the next one. */
  leave(): void
}

/**
 * Who waits for messages, by queue. Nobody asks the database meanwhile: whoever sends a message wakes one waiter for
 * each, and a timer does so when the next hidden message becomes visible.
 */
export class Arrivals {
  readonly #clock: Clock
  readonly #queues = new Map<number, Waiting>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  hasWaiters(queueId: number): boolean {
    return this.#queues.has(queueId)
  }

  enter(queueId: number): Waiter {
    const waiting = this.#queues.get(queueId) ?? { waiters: new Set(), members: 0, timer: undefined }
    this.#queues.set(queueId, waiting)
    waiting.members++
    const leave = (woken: boolean) => {
      waiting.members--
      if (woken) this.wake(queueId, 1)
      if (waiting.members > 0 || this.#queues.get(queueId) !== waiting) return
      waiting.timer?.handle.cancel()
      this.#queues.delete(queueId)
    }
    return new QueueWaiter(this.#clock, waiting, leave)
  }

  /** There are so many messages more to be had. */
  wake(queueId: number, messages: number): void {
    const waiters = this.#queues.get(queueId)?.waiters
    if (waiters === undefined) return
    let left = messages
    for (const waiter of waiters) {
      if (left-- <= 0) return
      waiters.delete(waiter)
      ;(waiter as QueueWaiter).wake()
    }
  }

  /** Wakes a waiter of the queue at that time, if there are any. */
  wakeAt(queueId: number, at: number): void {
    const waiting = this.#queues.get(queueId)
    if (waiting === undefined || (waiting.timer !== undefined && waiting.timer.at <= at)) return
    waiting.timer?.handle.cancel()
    const handle = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      waiting.timer = undefined
      this.wake(queueId, 1)
    })
    waiting.timer = { at, handle: handle.unref() }
  }

  /** Whatever the queue. */
  wakeAll(): void {
    for (const queueId of this.#queues.keys()) this.wake(queueId, Number.POSITIVE_INFINITY)
  }
}

class QueueWaiter implements Waiter {
  readonly #clock: Clock
  readonly #waiting: Waiting
  readonly #leave: (woken: boolean) => void
  #woken = false
  #resolve: ((isWoken: boolean) => void) | undefined

  constructor(clock: Clock, waiting: Waiting, leave: (woken: boolean) => void) {
    this.#clock = clock
    this.#waiting = waiting
    this.#leave = leave
    waiting.waiters.add(this)
  }

  wake(): void {
    this.#woken = true
    this.#resolve?.(true)
  }

  async wait(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    const isWoken = this.#woken || (await this.#sleep(ms, signal))
    this.#woken = false
    this.#waiting.waiters.add(this)
    return isWoken
  }

  leave(): void {
    this.#waiting.waiters.delete(this)
    this.#leave(this.#woken)
  }

  async #sleep(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (signal?.aborted) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#resolve = resolve
    const end = () => resolve(this.#woken)
    const timer = this.#clock.after(ms, end)
    signal?.addEventListener('abort', end, { once: true })
    const isWoken = await promise
    timer.cancel()
    signal?.removeEventListener('abort', end)
    this.#resolve = undefined
    return isWoken
  }
}
