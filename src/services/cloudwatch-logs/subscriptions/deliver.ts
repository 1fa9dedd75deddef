import { DeliveryError } from '../../../aws/ports/delivery.ts'
import type { Switchboard } from '../../../aws/switchboard.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import { backoffMs } from '../../../base/retry.ts'
import type { Item } from '../../../store/outbox/outbox.ts'
import type { Verdict } from '../../../store/outbox/runner.ts'
import { BlockReader } from '../block.ts'
import { formatPosition } from '../position.ts'
import type { LogStore, StoredBlock } from '../store.ts'
import { type BlockChoice, type Delivery, isOrdered } from './delivery.ts'
import { type DeliveredEvent, payloadsOf } from './payload.ts'
import { senderOf } from './sender.ts'

export interface DeliverDeps {
  readonly store: Pick<LogStore, 'findBlocks'>
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
}

// CloudWatch Logs User Guide, "Real-time processing of log data with subscriptions": what may be taken later is
// tried again for 24 hours.
const BACKOFF = { baseMs: 1000, maxMs: 10 * 60_000 }
const AGE_MS_MAX = 24 * 3_600_000

/**
 * A function that is told of its own log writes to it when it is told. AWS lets that run; here it goes round ten
 * times a second at most, since each delivery waits so long and the next comes after it.
 */
const OWN_LOG_WAIT_MS = 100

/** Delivers once more what may be taken later; drops, as AWS does, what the function or its policy refuses. */
export async function deliver(deps: DeliverDeps, item: Item, signal: AbortSignal): Promise<Verdict> {
  const delivery = JSON.parse(item.body) as Delivery
  if (isOrdered(item.lane)) await deps.clock.sleep(OWN_LOG_WAIT_MS, signal)
  const events = await eventsOf(deps.store, delivery.blocks)
  const { destinationArn, group } = delivery
  try {
    for (const payload of await payloadsOf(delivery, events))
      await deps.switchboard.lambda.invoke(destinationArn, { payload, type: 'Event' }, senderOf(group))
    return 'done'
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    const wait = backoffMs(item.attempts + 1, { ...BACKOFF, random: deps.random })
    const retryAt = Math.ceil(deps.clock.now() + wait)
    return error.isTransient && retryAt < item.createdAt + AGE_MS_MAX ? { retryAt } : 'done'
  }
}

/** Blocks that have gone meanwhile, with their stream or by their age, are left out. */
async function eventsOf(
  store: DeliverDeps['store'],
  choices: readonly BlockChoice[],
): Promise<DeliveredEvent[]> {
  const blocks = new Map((await store.findBlocks(choices.map(({ id }) => id))).map((one) => [one.id, one]))
  return choices.flatMap(({ id, runs }) => {
    const block = blocks.get(id)
    return block === undefined ? [] : chosenOf(block, runs)
  })
}

function chosenOf({ id, firstAt, packed }: StoredBlock, runs: readonly number[] | undefined) {
  const reader = new BlockReader(firstAt, packed)
  const chosen = runs ?? [0, reader.count]
  const events: DeliveredEvent[] = []
  for (let at = 0; at < chosen.length; at += 2) {
    const [first = 0, count = 0] = chosen.slice(at, at + 2)
    for (let index = first; index < first + count; index++) {
      const timestamp = reader.timestamp(index)
      // The id by which FilterLogEvents shows it, too.
      const eventId = formatPosition({ timestamp, block: id, index })
      events.push({ id: eventId, timestamp, message: reader.message(index) })
    }
  }
  return events
}
