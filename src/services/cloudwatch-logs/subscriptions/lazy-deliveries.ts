import type { Deliveries, DeliveriesDeps } from './deliveries.ts'
import { subscriptionsHaveWork } from './has-work.ts'

/** Deliveries that are loaded for the first event that somebody wants, or where an earlier run has left some. */
export class LazyDeliveries {
  readonly #deps: DeliveriesDeps
  #deliveries: Promise<Deliveries> | undefined
  #isStopped = false

  constructor(deps: DeliveriesDeps) {
    this.#deps = deps
  }

  /** After `stop`, too: functions' last lines come then, and wait for the next start. */
  get(): Promise<Deliveries> {
    this.#deliveries ??= this.#load()
    return this.#deliveries
  }

  async start(): Promise<void> {
    if (await subscriptionsHaveWork(this.#deps.database)) await this.get()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    const deliveries = await this.#deliveries?.catch(() => undefined)
    await deliveries?.stop()
  }

  async #load(): Promise<Deliveries> {
    try {
      const { createDeliveries } = await import('./deliveries.ts')
      const deliveries = createDeliveries(this.#deps)
      if (!this.#isStopped) await deliveries.start()
      return deliveries
    } catch (error) {
      this.#deliveries = undefined
      throw error
    }
  }
}
