import type { Clock } from '../base/clock.ts'

/**
 * Requests a second: so many for each unit of concurrency, be it the account's, reserved or provisioned (AWS
 * Lambda Developer Guide, "Understanding concurrency and requests per second"). Counted by whole seconds.
 */
export class RequestRates {
  readonly #clock: Clock
  readonly #perUnit: number
  #second = 0
  /** Of this second. */
  readonly #counts = new Map<string, number>()

  /** `perUnit` 0: no limit. */
  constructor(clock: Clock, perUnit: number) {
    this.#clock = clock
    this.#perUnit = perUnit
  }

  /** Counts a request, where there may be one more in this second. */
  take(key: string, concurrency: number): boolean {
    if (this.#perUnit === 0) return true
    const second = Math.trunc(this.#clock.elapsed() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#counts.clear()
    }
    const count = this.#counts.get(key) ?? 0
    if (count >= concurrency * this.#perUnit) return false
    this.#counts.set(key, count + 1)
    return true
  }
}

const SCALING_MS = 10_000

interface Bucket {
  left: number
  at: number
}

/**
 * How fast a function's environments become more: so many at once, and as many again over ten seconds (AWS
 * Lambda Developer Guide, "Concurrency scaling rate").
 */
export class ScalingRates {
  readonly #clock: Clock
  readonly #perTenSeconds: number
  /** By function; those that are full are forgotten. */
  readonly #buckets = new Map<string, Bucket>()

  /** `perTenSeconds` 0: no limit. */
  constructor(clock: Clock, perTenSeconds: number) {
    this.#clock = clock
    this.#perTenSeconds = perTenSeconds
  }

  /** How many may be started now. */
  left(functionArn: string): number {
    if (this.#perTenSeconds === 0) return Number.POSITIVE_INFINITY
    const bucket = this.#buckets.get(functionArn)
    return bucket === undefined ? this.#perTenSeconds : Math.trunc(this.#refilled(bucket))
  }

  started(functionArn: string): void {
    if (this.#perTenSeconds === 0) return
    const bucket = this.#buckets.get(functionArn)
    const left = bucket === undefined ? this.#perTenSeconds : this.#refilled(bucket)
    this.#buckets.set(functionArn, { left: left - 1, at: this.#clock.elapsed() })
  }

  forgetFull(): void {
    for (const [functionArn, bucket] of this.#buckets)
      if (this.#refilled(bucket) >= this.#perTenSeconds) this.#buckets.delete(functionArn)
  }

  #refilled({ left, at }: Bucket): number {
    const since = this.#clock.elapsed() - at
    return Math.min(this.#perTenSeconds, left + (since * this.#perTenSeconds) / SCALING_MS)
  }
}
