import type { Clock, Timer } from '../../base/clock.ts'

/**
 * By when something must be over. It is set and cleared with each invocation, so that its timer is not: that one
 * runs on, and looks for itself whether there is a deadline, and whether it has come.
 */
export class Deadline {
  readonly #clock: Clock
  readonly #onPassed: () => void
  #timer: Timer | undefined
  /** By `Clock.elapsed`. */
  #timerAt = 0
  #at: number | undefined

  constructor(clock: Clock, onPassed: () => void) {
    this.#clock = clock
    this.#onPassed = onPassed
  }

  /** In place of the one before. */
  set(ms: number): void {
    this.#at = this.#clock.elapsed() + ms
    if (this.#timer !== undefined && this.#timerAt <= this.#at) return
    this.#timer?.cancel()
    this.#look(ms)
  }

  clear(): void {
    this.#at = undefined
  }

  /** There will be none any more. */
  end(): void {
    this.clear()
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #look(ms: number): void {
    this.#timerAt = this.#clock.elapsed() + ms
    // What it is about keeps the process alive, or nothing does.
    this.#timer = this.#clock.after(ms, () => this.#looked()).unref()
  }

  #looked(): void {
    this.#timer = undefined
    if (this.#at === undefined) return
    const left = this.#at - this.#clock.elapsed()
    // Timers may be early by a fraction of a millisecond.
    if (left >= 1) this.#look(left)
    else this.#passed()
  }

  #passed(): void {
    this.clear()
    this.#onPassed()
  }
}
