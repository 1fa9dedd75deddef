/** How far back it is remembered what was wanted, and how finely. */
const SECONDS = 60

/**
 * How many runtimes of a kind are worth keeping: as many as were wanted within one second of the last minute,
 * and one for the next function, as long as the last wish is not too long ago.
 */
export class Demand {
  /** Wishes by second; bounded by `SECONDS`. */
  readonly #bySecond = new Map<number, number>()
  #last = Number.NEGATIVE_INFINITY

  /** Times are milliseconds of one clock. */
  wished(at: number): void {
    const second = Math.floor(at / 1000)
    this.#last = at
    this.#bySecond.set(second, (this.#bySecond.get(second) ?? 0) + 1)
    this.#forget(second)
  }

  /** How many to keep. */
  wanted(now: number, idleMs: number): number {
    if (now - this.#last >= idleMs) return 0
    this.#forget(Math.floor(now / 1000))
    return Math.max(1, ...this.#bySecond.values())
  }

  #forget(second: number): void {
    for (const known of this.#bySecond.keys()) {
      if (known <= second - SECONDS) this.#bySecond.delete(known)
    }
  }
}
