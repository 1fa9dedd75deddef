import type { Clock, Timer } from '../../base/clock.ts'

/**
 * How many batches of a mapping are under way at once. For queues: from 5, 300 more a minute (AWS Lambda Developer
 * Guide, "Configuring scaling behavior for SQS event source mappings"). Provisioned pollers have 10 each, and grow
 * by 1000 a minute.
 */
export interface LaneCounts {
  /** That many wait for events even where none come. */
  readonly least: number
  readonly most: number
  /** Added within a second while all are busy. */
  readonly perSecond: number
}

export interface LanesDeps {
  readonly counts: () => Promise<LaneCounts>
  /** Runs one batch; calls `onBatch` once it has events. Returns how many there were. */
  readonly run: (signal: AbortSignal, onBatch: () => void) => Promise<number>
  readonly clock: Clock
  readonly reportFault: (error: unknown) => void
}

const SCALE_MS = 1000
/** After an error of the source a lane waits so long, then twice, four times … */
const BACKOFF_MS = { first: 500, longest: 30_000 }

/** Lanes that take batch after batch, as many as the traffic asks for. */
export class Lanes {
  readonly #deps: LanesDeps
  readonly #lanes = new Set<Promise<void>>()
  readonly #stopping = new AbortController()
  /** Those that go on: of several that find nothing at once, not all may end. */
  #size = 0
  #busy = 0
  #counts: LaneCounts = { least: 0, most: 0, perSecond: 0 }
  #scaling: Timer | undefined

  constructor(deps: LanesDeps) {
    this.#deps = deps
  }

  get size(): number {
    return this.#size
  }

  async start(): Promise<void> {
    this.#counts = await this.#deps.counts()
    this.#grow(Math.min(this.#counts.least, this.#counts.most))
  }

  /** Takes no more events, and resolves when what was taken has been settled. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#scaling?.cancel()
    await Promise.all(this.#lanes)
  }

  #grow(count: number): void {
    for (let n = 0; n < count && !this.#stopping.signal.aborted; n++) {
      this.#size++
      const lane = this.#run().finally(() => this.#lanes.delete(lane))
      this.#lanes.add(lane)
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    let backoff = BACKOFF_MS.first
    while (!signal.aborted) {
      try {
        const events = await this.#runBatch(signal)
        if (events === 0 && this.#size > this.#counts.least) {
          this.#size--
          return
        }
        backoff = BACKOFF_MS.first
      } catch (error) {
        if (signal.aborted) return
        this.#deps.reportFault(error)
        await this.#deps.clock.sleep(backoff, signal).catch(() => {})
        backoff = Math.min(2 * backoff, BACKOFF_MS.longest)
      }
    }
  }

  async #runBatch(signal: AbortSignal): Promise<number> {
    let isBusy = false
    try {
      return await this.#deps.run(signal, () => {
        isBusy = true
        this.#busy++
        if (this.#busy >= this.#size) this.#scaleSoon()
      })
    } finally {
      if (isBusy) this.#busy--
    }
  }

  /** All lanes are busy: where they still are in a second, there will be more. */
  #scaleSoon(): void {
    if (this.#scaling !== undefined || this.#stopping.signal.aborted) return
    this.#scaling = this.#deps.clock
      .after(SCALE_MS, () => {
        this.#scaling = undefined
        if (this.#busy >= this.#size) void this.#scale()
      })
      .unref()
  }

  async #scale(): Promise<void> {
    try {
      this.#counts = await this.#deps.counts()
    } catch (error) {
      this.#deps.reportFault(error)
    }
    const { most, perSecond } = this.#counts
    this.#grow(Math.min(perSecond, most - this.#size))
    if (this.#size < most && this.#busy >= this.#size) this.#scaleSoon()
  }
}
