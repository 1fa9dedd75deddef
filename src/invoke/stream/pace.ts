import type { Clock } from '../../base/clock.ts'

/** "The first 6 MB of your function's response payload has uncapped bandwidth" (Developer Guide, "Response streaming"). */
export const BURST_BYTES = 6 * 1024 * 1024

/** How fast a response may go: a burst, and then so many bytes a second. A slow response earns its burst again. */
export class Pace {
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  /** What may go at once; below zero, what has gone too soon. */
  #left = BURST_BYTES
  #at: number

  /** `bytesPerSecond` 0: no limit. */
  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
    this.#at = clock.elapsed()
  }

  /** So many bytes go now. Returns how long to wait, in milliseconds, before more do. */
  spend(bytes: number): number {
    const rate = this.#bytesPerSecond / 1000
    if (rate === 0) return 0
    const now = this.#clock.elapsed()
    this.#left = Math.min(BURST_BYTES, this.#left + (now - this.#at) * rate) - bytes
    this.#at = now
    return this.#left >= 0 ? 0 : -this.#left / rate
  }
}
