import type { Queue } from './queue.ts'
import type { MessageStore } from './store.ts'

/** AWS SQS Developer Guide, "Message quotas": for standard queues and, since November 2024, for FIFO queues. */
const IN_FLIGHT_MAX = 120_000
/** Queues whose counts are kept; beyond it all are counted anew. */
const QUEUES_MAX = 10_000

/**
 * Keeps queues below their limit of messages in flight. Counting them costs milliseconds: it is done when this
 * node has handed out so many since the last count that the limit may have been reached.
 */
export class InFlight {
  readonly max: number
  readonly #store: Pick<MessageStore, 'inFlight'>
  readonly #atMost = new Map<number, number>()

  constructor(store: Pick<MessageStore, 'inFlight'>, max: number = IN_FLIGHT_MAX) {
    this.#store = store
    this.max = max
  }

  /** How many of `wanted` messages may be handed out. */
  async room(queue: Queue, wanted: number, now: number): Promise<number> {
    const atMost = this.#atMost.get(queue.id)
    if (atMost !== undefined && atMost + wanted <= this.max) return wanted
    const count = await this.#store.inFlight(queue, now)
    if (this.#atMost.size >= QUEUES_MAX) this.#atMost.clear()
    this.#atMost.set(queue.id, count)
    return Math.max(0, Math.min(wanted, this.max - count))
  }

  handedOut(queue: Queue, messages: number): void {
    this.#atMost.set(queue.id, (this.#atMost.get(queue.id) ?? 0) + messages)
  }
}
