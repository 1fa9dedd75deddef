/**
 * Does a piece of work for each key: never twice at the same time for one, and once more where it was asked for
 * meanwhile.
 */
export class KeyedWork {
  readonly #work: (key: string) => Promise<void>
  readonly #reportFault: (error: unknown) => void
  readonly #running = new Map<string, { again: boolean; done: Promise<void> }>()
  #stopped = false

  constructor(work: (key: string) => Promise<void>, reportFault: (error: unknown) => void) {
    this.#work = work
    this.#reportFault = reportFault
  }

  run(key: string): void {
    if (this.#stopped) return
    const running = this.#running.get(key)
    if (running !== undefined) {
      running.again = true
      return
    }
    const state = { again: false, done: Promise.resolve() }
    this.#running.set(key, state)
    state.done = this.#runUntilDone(key, state)
  }

  /** What is under way ends. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all([...this.#running.values()].map(({ done }) => done))
  }

  async #runUntilDone(key: string, state: { again: boolean }): Promise<void> {
    do {
      state.again = false
      try {
        await this.#work(key)
      } catch (error) {
        this.#reportFault(error)
      }
    } while (state.again && !this.#stopped)
    this.#running.delete(key)
  }
}
