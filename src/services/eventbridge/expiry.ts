import type { Clock, Timer } from '../../base/clock.ts'
import type { EventBridgeStore } from './store.ts'

const EVERY_MS = 3_600_000
const AT_ONCE = 1000

/** Forgets events that are older than their archive keeps them, every hour. Nodes may do so side by side. */
export class ArchiveExpiry {
  readonly #deps: {
    readonly store: EventBridgeStore
    readonly clock: Clock
    readonly reportFault: (error: unknown) => void
  }
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #isStopped = false

  constructor(deps: {
    readonly store: EventBridgeStore
    readonly clock: Clock
    readonly reportFault: (error: unknown) => void
  }) {
    this.#deps = deps
  }

  start(): void {
    if (this.#isStopped) return
    this.#timer = this.#deps.clock
      .after(EVERY_MS, () => {
        this.#running = this.#removeAll().finally(() => this.start())
      })
      .unref()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#running
  }

  async #removeAll(): Promise<void> {
    const { store, clock, reportFault } = this.#deps
    try {
      // In steps, so that writers get their turn between them.
      while (!this.#isStopped && (await store.removeExpired(clock.now(), AT_ONCE)) === AT_ONCE);
    } catch (error) {
      reportFault(error)
    }
  }
}
