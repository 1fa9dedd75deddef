import type { Clock, Timer } from '../../../base/clock.ts'
import { nextState } from './mapping.ts'
import type { MappingKey, MappingStore } from './store.ts'

/** How long a mapping is seen on its way into another state. On AWS some ten seconds. */
const SETTLES_AFTER_MS = 2
/** When the database cannot be written. */
const RETRY_AFTER_MS = 1000
/** How long what a node left that died may wait for the others. */
const SWEEP_MS = 60_000
const SWEPT_AT_ONCE = 500

interface Deps {
  readonly mappings: MappingStore
  readonly clock: Clock
  readonly reportFault: (error: unknown) => void
}

/** Brings mappings into the state that they are on their way to. To do so twice does nothing. */
export class MappingTransitions {
  readonly #deps: Deps
  readonly #timers = new Set<Timer>()
  readonly #running = new Set<Promise<void>>()
  #stopped = false

  constructor(deps: Deps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    await this.#sweep()
    this.#after(SWEEP_MS, () => this.#sweepAgain())
  }

  settle(key: MappingKey): void {
    this.#after(SETTLES_AFTER_MS, () => this.#attempt(key))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    await Promise.all(this.#running)
  }

  #after(ms: number, work: () => Promise<void>): void {
    if (this.#stopped) return
    const timer = this.#deps.clock.after(ms, () => {
      this.#timers.delete(timer)
      const run = work().finally(() => this.#running.delete(run))
      this.#running.add(run)
    })
    this.#timers.add(timer.unref())
  }

  async #attempt(key: MappingKey): Promise<void> {
    try {
      await this.#settle(key)
    } catch (error) {
      this.#deps.reportFault(error)
      this.#after(RETRY_AFTER_MS, () => this.#attempt(key))
    }
  }

  async #settle(key: MappingKey): Promise<void> {
    await this.#deps.mappings.change(key, (mapping) => {
      const state = nextState(mapping.state)
      return state === undefined ? undefined : { ...mapping, state }
    })
  }

  async #sweepAgain(): Promise<void> {
    await this.#sweep().catch(this.#deps.reportFault)
    this.#after(SWEEP_MS, () => this.#sweepAgain())
  }

  async #sweep(): Promise<void> {
    for (;;) {
      const due = await this.#deps.mappings.inTransition(SWEPT_AT_ONCE)
      for (const key of due) await this.#settle(key)
      if (due.length < SWEPT_AT_ONCE) return
    }
  }
}
