import type { Clock, Timer } from '../../base/clock.ts'
import type { Limits } from './limits.ts'

/** Looking costs about 20 µs an environment. */
const PERIOD_MS = 200

/** A peak that was looked at this recently is not looked at again for a report: warm invocations are shorter. */
const FRESH_MS = 100

/** The memory of one environment's processes: its peak, and whether it grew past the function's own size. */
export class MemoryWatch {
  readonly #limits: Limits
  readonly #limitBytes: number
  readonly #onExceeded: () => void
  readonly #clock: Clock
  #peak = 0
  #lookedAt = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined
  #watching = false
  exceeded = false

  constructor(limits: Limits, options: { memoryMb: number; onExceeded: () => void; clock: Clock }) {
    this.#limits = limits
    this.#limitBytes = options.memoryMb * 2 ** 20
    this.#onExceeded = options.onExceeded
    this.#clock = options.clock
  }

  /** Looks now and then, from now until `stop`. */
  start(): void {
    this.#watching = true
    if (this.#timer === undefined) this.#lookLater()
  }

  /** The timer runs out by itself: one that is started and stopped with each invocation would cost more. */
  stop(): void {
    this.#watching = false
  }

  /** Whole megabytes, never more than the function has. */
  peakMb(): number {
    if (this.#clock.elapsed() - this.#lookedAt > FRESH_MS) this.#look()
    return Math.ceil(Math.min(this.#peak, this.#limitBytes) / 2 ** 20)
  }

  /** Its processes are gone: what ended before it was ever looked at is known to the kernel alone. */
  ended(): void {
    this.stop()
    if (this.#peak === 0) this.#peak = this.#limits.kernelPeak()
    this.#lookedAt = Number.POSITIVE_INFINITY
  }

  #lookLater(): void {
    this.#timer = this.#clock
      .after(PERIOD_MS, () => {
        this.#timer = undefined
        if (!this.#watching) return
        this.#look()
        this.#lookLater()
      })
      .unref()
  }

  #look(): void {
    this.#lookedAt = this.#clock.elapsed()
    this.#peak = Math.max(this.#peak, this.#limits.resident())
    if (this.exceeded || this.#limits.used() <= this.#limitBytes) return
    this.exceeded = true
    this.#peak = this.#limitBytes
    this.#onExceeded()
  }
}
