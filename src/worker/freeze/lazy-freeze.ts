import type { Clock, Timer } from '../../base/clock.ts'
import type { Freezable } from './freezer.ts'

/**
 * Freezes an environment a little after it came to rest, so that warm traffic pays nothing: an invocation that
 * comes before that finds it running. Its timer is not cancelled and set with each invocation, but runs out and
 * looks.
 */
export class LazyFreeze {
  readonly #freezable: Freezable
  readonly #afterMs: number
  readonly #clock: Clock
  #timer: Timer | undefined
  /** By `Clock.elapsed`; undefined while there is something to do. */
  #restsSince: number | undefined
  #frozen = false
  #over = false

  constructor(freezable: Freezable, options: { readonly afterMs: number; readonly clock: Clock }) {
    this.#freezable = freezable
    this.#afterMs = options.afterMs
    this.#clock = options.clock
  }

  rest(): void {
    if (this.#over) return
    this.#restsSince = this.#clock.elapsed()
    if (this.#timer === undefined) this.#lookAfter(this.#afterMs)
  }

  wake(): void {
    this.#restsSince = undefined
    if (!this.#frozen) return
    this.#frozen = false
    this.#freezable.thaw()
  }

  /** Thaws it for good: what is frozen cannot always be killed. */
  end(): void {
    this.#over = true
    this.wake()
  }

  #lookAfter(ms: number): void {
    this.#timer = this.#clock.after(ms, () => this.#look()).unref()
  }

  #look(): void {
    this.#timer = undefined
    if (this.#restsSince === undefined) return
    const left = this.#restsSince + this.#afterMs - this.#clock.elapsed()
    // A timer may be early by a fraction of a millisecond.
    if (left >= 1) this.#lookAfter(left)
    else {
      this.#frozen = true
      this.#freezable.freeze()
    }
  }
}
