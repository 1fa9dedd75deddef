import type { Clock } from '../base/clock.ts'
import type { HostMemory } from '../wire/worker.ts'

/** A measurement serves this long: a burst of starts asks many times. */
const FRESH_MS = 100

/** What an environment is taken to need at least, so that few small ones do not make room look endless. */
const ENVIRONMENT_BYTES_MIN = 16 * 2 ** 20

export interface MemoryLimits {
  /** What all environments may have together. */
  readonly environmentsBytes: number
  /** What must stay free on the machine, whoever uses the rest. */
  readonly freeBytes: number
}

/** How many environments the host's memory is good for, judged by what those that are there use. */
export class MemoryBudget {
  readonly #measure: () => HostMemory
  readonly #clock: Clock
  readonly #limits: MemoryLimits
  #measured: HostMemory | undefined
  #measuredAt = 0

  constructor(measure: () => HostMemory, clock: Clock, limits: MemoryLimits) {
    this.#measure = measure
    this.#clock = clock
    this.#limits = limits
  }

  /**
   * How many more there is room for; negative: how many are too many. The first one always has room, or nothing
   * would run on a machine that others fill.
   */
  room({ environments, starting }: { readonly environments: number; readonly starting: number }): number {
    if (environments === 0) return 1
    const { environmentsBytes, availableBytes } = this.#memory()
    const { environmentsBytes: most, freeBytes } = this.#limits
    const settled = Math.max(1, environments - starting)
    const each = Math.max(ENVIRONMENT_BYTES_MIN, environmentsBytes / settled)
    const left = Math.min(most - environmentsBytes, availableBytes - freeBytes)
    // Those that start have not used yet what they will.
    return Math.floor(left / each) - starting
  }

  /** One of `environments` is on its way out: what it held is counted as free before it is measured to be. */
  gone(environments: number): void {
    if (this.#measured === undefined) return
    const { environmentsBytes, availableBytes } = this.#measured
    const each = environmentsBytes / Math.max(1, environments)
    this.#measured = {
      environmentsBytes: environmentsBytes - each,
      availableBytes: availableBytes + each,
    }
  }

  #memory(): HostMemory {
    const now = this.#clock.elapsed()
    if (this.#measured === undefined || now - this.#measuredAt >= FRESH_MS) {
      this.#measured = this.#measure()
      this.#measuredAt = now
    }
    return this.#measured
  }
}
