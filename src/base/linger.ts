import { performance } from 'node:perf_hooks'

/** What is not there by then is waited for asleep. */
const LINGER_MS = 0.12
/** How much of the average the newest gap makes up, and what longer ones count as. */
const GAP_WEIGHT = 0.1
const GAP_MS_MAX = 10 * LINGER_MS

/**
 * Keeps the event loop awake where what it waits for is likely to come at once. A loop that sleeps lets its processor
 * sleep, and to wake one takes as long as many an answer does: 20 µs and more on a virtual machine. Only where one
 * thing has come after another within that moment for a while: a daemon that has less to do sleeps in between.
 */
export class Linger {
  readonly #isWelcome: () => boolean
  readonly #now: () => number
  /** An average of the time from one thing to the next. */
  #gapMs = GAP_MS_MAX
  #lastAt = Number.NEGATIVE_INFINITY
  #isAwake = false
  #lookedAt = 0
  #awakeMs = 0

  /** `isWelcome`: whether nobody else has use for the time. It is asked often. */
  constructor(isWelcome: () => boolean, now = () => performance.now()) {
    this.#isWelcome = isWelcome
    this.#now = now
  }

  /** Milliseconds so far in which there was nothing to do, and the loop did not sleep. */
  get awakeMs(): number {
    return this.#awakeMs
  }

  /** Something has come, and has been given to who will say something in turn. */
  expectMore(): void {
    const now = this.#now()
    this.#gapMs += (Math.min(now - this.#lastAt, GAP_MS_MAX) - this.#gapMs) * GAP_WEIGHT
    this.#lastAt = now
    if (this.#isAwake || this.#gapMs > LINGER_MS || !this.#isWelcome()) return
    this.#isAwake = true
    this.#lookedAt = now
    setImmediate(this.#look)
  }

  /** So much is going on that something else is there whenever the loop looks. */
  forget(): void {
    this.#gapMs = GAP_MS_MAX
  }

  readonly #look = (): void => {
    const now = this.#now()
    if (this.#lookedAt >= this.#lastAt) this.#awakeMs += now - this.#lookedAt
    this.#lookedAt = now
    this.#isAwake = now - this.#lastAt < LINGER_MS && this.#isWelcome()
    if (this.#isAwake) setImmediate(this.#look)
  }
}
