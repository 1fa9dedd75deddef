import type { NewItem } from '../../../store/outbox/outbox.ts'
import { type Block, BlockReader } from '../block.ts'
import type { GroupKey } from '../group.ts'
import type { Announce } from '../store.ts'
import type { Deliveries } from './deliveries.ts'
import { type BlockChoice, type Delivery, laneOf } from './delivery.ts'
import type { Subscriber, SubscriptionDirectory } from './directory.ts'

/** Blocks that one delivery tells of: with 256 KiB each, what fits into one event once it is compressed. */
const BLOCKS_PER_DELIVERY = 4
/** Characters that are held against patterns before others get their turn. */
const WORK_PER_TURN = 500_000

/** Tells those who have subscribed to a group of what is kept in it. */
export class Subscriptions {
  readonly #directory: SubscriptionDirectory
  readonly #deliveries: () => Promise<Pick<Deliveries, 'add'>>

  /** @param deliveries - loaded when the first subscriber wants an event. */
  constructor(directory: SubscriptionDirectory, deliveries: () => Promise<Pick<Deliveries, 'add'>>) {
    this.#directory = directory
    this.#deliveries = deliveries
  }

  /** How to leave word of these blocks in the write that keeps them, or undefined where nobody wants any of their events. */
  async announcementOf(
    group: GroupKey,
    stream: string,
    blocks: readonly Block[],
  ): Promise<Announce | undefined> {
    const subscribers = await this.#directory.find(group)
    const wishes: Wish[] = []
    for (const subscriber of subscribers) {
      const chosen = await choose(subscriber, blocks)
      if (chosen.some((runs) => runs?.length !== 0)) wishes.push({ subscriber, chosen })
    }
    if (wishes.length === 0) return undefined
    const deliveries = await this.#deliveries()
    return (transaction, blockIds) =>
      deliveries.add(
        transaction,
        wishes.flatMap((wish) => itemsOf(group, stream, wish, blockIds)),
      )
  }
}

/** Of each block the runs of events that the subscriber wants; undefined where that is all of them. */
interface Wish {
  readonly subscriber: Subscriber
  readonly chosen: readonly (readonly number[] | undefined)[]
}

async function choose(
  { wants }: Subscriber,
  blocks: readonly Block[],
): Promise<readonly (readonly number[] | undefined)[]> {
  const chosen: (readonly number[] | undefined)[] = []
  let work = 0
  for (const { firstAt, packed } of blocks) {
    chosen.push(wants && runsOf(new BlockReader(firstAt, packed), wants))
    work += packed.length
    if (wants === undefined || work < WORK_PER_TURN) continue
    work = 0
    await new Promise((resolve) => setImmediate(resolve))
  }
  return chosen
}

function runsOf(reader: BlockReader, wants: (message: string) => boolean): readonly number[] | undefined {
  const runs: number[] = []
  let count = 0
  for (let index = 0; index < reader.count; index++) {
    if (wants(reader.message(index))) {
      if (count === 0) runs.push(index)
      count++
    } else if (count > 0) {
      runs.push(count)
      count = 0
    }
  }
  if (count === reader.count) return undefined
  return count > 0 ? [...runs, count] : runs
}

function itemsOf(
  group: GroupKey,
  stream: string,
  { subscriber: { subscription }, chosen }: Wish,
  blockIds: readonly number[],
): NewItem[] {
  const { accountId, region, name } = group
  const wanted: BlockChoice[] = blockIds.flatMap((id, index) => {
    const runs = chosen[index]
    if (runs === undefined) return [{ id }]
    return runs.length > 0 ? [{ id, runs }] : []
  })
  const items: NewItem[] = []
  for (let at = 0; at < wanted.length; at += BLOCKS_PER_DELIVERY) {
    const delivery: Delivery = {
      group: { accountId, region, name },
      stream,
      filter: subscription.name,
      destinationArn: subscription.destinationArn,
      blocks: wanted.slice(at, at + BLOCKS_PER_DELIVERY),
    }
    items.push({ lane: laneOf(group, stream, subscription), body: JSON.stringify(delivery) })
  }
  return items
}
