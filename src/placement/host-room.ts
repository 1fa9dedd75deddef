import type { Clock, Timer } from '../base/clock.ts'
import type { Worker } from '../wire/worker.ts'
import { MemoryBudget } from './memory.ts'
import type { PlacementSettings } from './settings.ts'

/** How often memory is looked at while there are environments. */
const LOOK_MS = 1000

/** How many environments the host bears: counts those that are there, and looks at what memory they use. */
export class HostRoom {
  readonly #settings: PlacementSettings
  readonly #clock: Clock
  readonly #memory: MemoryBudget
  /** Hears now and then how many environments there are too many, or that there may be room again. */
  readonly #onLook: (tooMany: number) => void
  #look: Timer | undefined
  #environments = 0
  #starting = 0

  constructor(worker: Worker, clock: Clock, settings: PlacementSettings, onLook: (tooMany: number) => void) {
    this.#settings = settings
    this.#clock = clock
    this.#onLook = onLook
    this.#memory = new MemoryBudget(() => worker.memory(), clock, {
      environmentsBytes: settings.memoryBytes,
      freeBytes: settings.memoryFreeBytes,
    })
  }

  get environments(): number {
    return this.#environments
  }

  get starting(): number {
    return this.#starting
  }

  /** Whether another may begin its init while others are in theirs. */
  get mayStart(): boolean {
    return this.#starting < this.#settings.startingMax
  }

  /** Whether one must go before another starts. `spare` environments are left to others. */
  isFull(spare = 0): boolean {
    return this.#environments >= this.#settings.environmentsMax - spare || this.#room() <= 0
  }

  begun(): void {
    this.#environments++
    this.#starting++
    this.#watch()
  }

  started(): void {
    this.#starting--
  }

  gone(): void {
    this.#memory.gone(this.#environments--)
  }

  stop(): void {
    this.#look?.cancel()
    this.#look = undefined
  }

  #room(): number {
    return this.#memory.room({ environments: this.#environments, starting: this.#starting })
  }

  /** For as long as there is an environment that could use more of it. */
  #watch(): void {
    this.#look ??= this.#clock
      .after(LOOK_MS, () => {
        this.#look = undefined
        this.#onLook(-this.#room())
        if (this.#environments > 0) this.#watch()
      })
      .unref()
  }
}
