import type { Queue } from './queue.ts'
import type { MessageStore } from './store.ts'

/** How long a count of tenants is believed. */
const COUNT_MS = 250
/** A tenant with fewer messages in flight disturbs nobody. */
const NOISY_MIN = 5
/** Tenants that are held back at once. */
const NOISY_GROUPS_MAX = 50
/** Queues with tenants that are known; beyond it they are known again once messages of theirs are received. */
const QUEUES_MAX = 10_000

interface Count {
  readonly until: number
  readonly noisy: readonly string[]
}

/**
 * The tenants of a standard queue that hold more than their share of what is in flight (AWS SQS Developer Guide,
 * "Fair queues"): their messages wait while there are others'. AWS does not say when a tenant counts as noisy; here,
 * when it has more in flight than an equal share of it, and at least five messages.
 */
export class NoisyTenants {
  readonly #store: Pick<MessageStore, 'inFlightByGroup'>
  readonly #counts = new Map<number, Count | undefined>()

  constructor(store: Pick<MessageStore, 'inFlightByGroup'>) {
    this.#store = store
  }

  /** Queues whose messages have no groups are never asked about. */
  hasTenants(queue: Queue): void {
    if (this.#counts.has(queue.id)) return
    if (this.#counts.size >= QUEUES_MAX) this.#counts.clear()
    this.#counts.set(queue.id, undefined)
  }

  async of(queue: Queue, now: number): Promise<readonly string[] | undefined> {
    if (queue.isFifo || !this.#counts.has(queue.id)) return undefined
    const known = this.#counts.get(queue.id)
    if (known !== undefined && known.until > now) return known.noisy
    const noisy = noisyOf(await this.#store.inFlightByGroup(queue, now))
    this.#counts.set(queue.id, { until: now + COUNT_MS, noisy })
    return noisy
  }
}

function noisyOf(inFlight: ReadonlyMap<string, number>): readonly string[] {
  const total = [...inFlight.values()].reduce((sum, count) => sum + count, 0)
  // One tenant more than there are now: who works alone may be joined by a quiet one.
  const share = total / (inFlight.size + 1)
  return [...inFlight]
    .filter(([, count]) => count >= NOISY_MIN && count > share)
    .sort(([, one], [, other]) => other - one)
    .slice(0, NOISY_GROUPS_MAX)
    .map(([group]) => group)
}
