import { parseArn } from '../../aws/arn.ts'
import { type Queue, type QueueKey, queueArn, readQueue } from './queue.ts'
import type { QueueStore } from './store.ts'

/** Queues kept in memory; beyond it all are forgotten, and read again. */
const QUEUES_MAX = 10_000

/** Queues by their names, from memory: every message asks for one. Whoever changes a queue tells `forget`. */
export class QueueDirectory {
  readonly #store: Pick<QueueStore, 'findQueue'>
  readonly #known = new Map<string, Queue>()
  /** Grows with each change, so that what was read before it is not remembered after it. */
  #generation = 0

  constructor(store: Pick<QueueStore, 'findQueue'>) {
    this.#store = store
  }

  async find(key: QueueKey): Promise<Queue | undefined> {
    const arn = queueArn(key)
    const known = this.#known.get(arn)
    if (known !== undefined) return known
    const generation = this.#generation
    const record = await this.#store.findQueue(key)
    if (record === undefined) return undefined
    const queue = readQueue(record)
    if (this.#known.size >= QUEUES_MAX) this.#known.clear()
    if (generation === this.#generation) this.#known.set(arn, queue)
    return queue
  }

  async findByArn(text: string): Promise<Queue | undefined> {
    const arn = parseArn(text)
    if (arn?.service !== 'sqs') return undefined
    return this.find({ accountId: arn.accountId, region: arn.region, name: arn.resource })
  }

  /** @param arn - all queues where undefined */
  forget(arn: string | undefined): void {
    this.#generation++
    if (arn === undefined) this.#known.clear()
    else this.#known.delete(arn)
  }
}
