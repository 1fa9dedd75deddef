import { performance } from 'node:perf_hooks'
import type { Clock } from './clock.ts'

/** Reading costs a microsecond, and a shorter time says little. */
const WINDOW_MS = 20
/** With less rest than this the loop itself is what everybody waits for. */
const SATURATED = 0.85

/** How busy this thread is with its own work: whatever waits for it is not sped up by starting more. */
export class EventLoopLoad {
  readonly #clock: Clock
  #since = performance.eventLoopUtilization()
  #lookedAt: number
  #isSaturated = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lookedAt = clock.elapsed()
  }

  /** Whether the event loop had next to no rest, as of the last twentieth of a second or so. */
  get isSaturated(): boolean {
    const now = this.#clock.elapsed()
    if (now - this.#lookedAt < WINDOW_MS) return this.#isSaturated
    const until = performance.eventLoopUtilization()
    this.#isSaturated = performance.eventLoopUtilization(until, this.#since).utilization > SATURATED
    this.#since = until
    this.#lookedAt = now
    return this.#isSaturated
  }
}
