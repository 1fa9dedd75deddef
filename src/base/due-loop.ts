import type { Clock, Timer } from './clock.ts'

export interface DueLoopOptions {
  readonly clock: Clock
  /** Does what is due; resolves with when to come back, where that is known. */
  readonly run: (signal: AbortSignal) => Promise<number | undefined>
  readonly reportFault: (error: unknown) => void
  /** Whether other processes may make something due without telling. */
  readonly isShared: boolean
}

/** How often is looked at least, where others may have made something due. */
const LOOK_MS = 60_000
/** After a failure of the database. */
const AFTER_FAULT_MS = 1000

/** Runs whenever something is due, one run after the other. */
export class DueLoop {
  readonly #options: DueLoopOptions
  readonly #stopping = new AbortController()
  #timer: Timer | undefined
  #wakesAt = Infinity
  #running: Promise<void> | undefined

  constructor(options: DueLoopOptions) {
    this.#options = options
  }

  /** Makes sure that it runs no later than `at`, milliseconds since the epoch. */
  wakeAt(at: number): void {
    if (this.#stopping.signal.aborted || at >= this.#wakesAt) return
    this.#timer?.cancel()
    this.#wakesAt = at
    const { clock } = this.#options
    this.#timer = clock.after(Math.max(0, at - clock.now()), () => this.#wake()).unref()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#timer?.cancel()
    await this.#running
  }

  #wake(): void {
    this.#wakesAt = Infinity
    // Whoever asks during a run may have come too late for it.
    const before = this.#running ?? Promise.resolve()
    const run = before.then(() => this.#run())
    this.#running = run
  }

  async #run(): Promise<void> {
    const { clock, run, reportFault, isShared } = this.#options
    if (this.#stopping.signal.aborted) return
    try {
      const next = (await run(this.#stopping.signal)) ?? Infinity
      this.wakeAt(Math.min(next, isShared ? clock.now() + LOOK_MS : Infinity))
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      reportFault(error)
      this.wakeAt(clock.now() + AFTER_FAULT_MS)
    }
  }
}
