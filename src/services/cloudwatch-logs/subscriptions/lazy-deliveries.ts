import type { Changes } from '../../../store/changes.ts'
import type { Deliveries, DeliveriesDeps } from './deliveries.ts'
import { subscriptionsHaveWork } from './has-work.ts'
import { SUBSCRIPTIONS_CHANGED } from './subscription.ts'

/** Deliveries that are loaded for the first event that somebody wants, or where there is work for them already. */
export class LazyDeliveries {
  readonly #deps: DeliveriesDeps & { readonly changes: Changes }
  #deliveries: Promise<Deliveries> | undefined
  #isStopped = false
  #unsubscribe: (() => void) | undefined

  constructor(deps: DeliveriesDeps & { readonly changes: Changes }) {
    this.#deps = deps
  }

  /** After `stop`, too: functions' last lines come then, and wait for the next start. */
  get(): Promise<Deliveries> {
    this.#deliveries ??= this.#load()
    return this.#deliveries
  }

  async start(): Promise<void> {
    const { database, changes, reportFault } = this.#deps
    if (database.dialect.isShared)
      this.#unsubscribe = changes.subscribe(SUBSCRIPTIONS_CHANGED, () => void this.get().catch(reportFault))
    if (await subscriptionsHaveWork(database)) await this.get()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#unsubscribe?.()
    const deliveries = await this.#deliveries?.catch(() => undefined)
    await deliveries?.stop()
  }

  async #load(): Promise<Deliveries> {
    try {
      const { createDeliveries } = await import('./deliveries.ts')
      const deliveries = createDeliveries(this.#deps)
      if (this.#isStopped) await deliveries.stop()
      else await deliveries.start()
      return deliveries
    } catch (error) {
      this.#deliveries = undefined
      throw error
    }
  }
}
