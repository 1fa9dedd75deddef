import type { Transaction } from 'kysely'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Tables } from '../../store/database.ts'
import type { NewItem } from '../../store/outbox/outbox.ts'
import { deliveryOf, type PublishedMessage } from './delivery/delivery.ts'
import { DEDUPLICATION_MS, deduplicationKey, isFifo, sequenceNumber } from './fifo.ts'
import { type FilterScope, parseFilterPolicy, passes } from './filter-policy.ts'
import type { Message } from './message.ts'
import type { SnsStore } from './store.ts'
import { isPending, type Subscription } from './subscription.ts'
import { SUBSCRIPTIONS_MAX } from './subscription-limits.ts'
import type { Topic } from './topic.ts'

export interface PublishDeps {
  readonly store: SnsStore
  readonly clock: Clock
  readonly random: Random
  readonly addToOutbox: (transaction: Transaction<Tables>, items: readonly NewItem[]) => Promise<void>
}

export interface Published {
  readonly id: string
  /** FIFO topics only. */
  readonly sequenceNumber?: string
}

/** Resolves once what each subscriber is to get is durable: all of it in one write. */
export async function publish(
  deps: PublishDeps,
  topic: Topic,
  messages: readonly Message[],
): Promise<readonly Published[]> {
  const { store, clock, random } = deps
  const fresh = messages.map((message) => ({ ...message, id: random.uuid(), at: clock.now() }))
  const found = await store.subscriptionsOf(topic, { limit: SUBSCRIPTIONS_MAX })
  const confirmed = found.filter((one) => !isPending(one))
  const subscribers = confirmed.map((subscription) => ({ subscription, wants: filterOf(subscription) }))
  const deliveriesOf = (message: PublishedMessage) =>
    subscribers
      .filter(({ wants }) => wants(message))
      .map(({ subscription }) => deliveryOf(topic, subscription, message))
  if (isFifo(topic)) return publishInOrder(deps, topic, fresh, deliveriesOf)
  const items = fresh.flatMap(deliveriesOf)
  if (items.length > 0) await store.change((editor) => deps.addToOutbox(editor.transaction, items))
  return fresh
}

/** A duplicate is answered as the first one was, and goes to nobody. */
function publishInOrder(
  { store, clock, addToOutbox }: PublishDeps,
  topic: Topic,
  messages: readonly PublishedMessage[],
  deliveriesOf: (message: PublishedMessage) => NewItem[],
): Promise<Published[]> {
  return store.change(async (editor) => {
    const published: Published[] = []
    await editor.forgetPublished(topic, clock.now())
    for (const message of messages) {
      const key = deduplicationKey(topic, message)
      const before = await editor.findPublished(topic, key)
      const sequence = before?.sequence ?? (await editor.nextSequence(topic))
      const numbered = { id: before?.messageId ?? message.id, sequenceNumber: sequenceNumber(sequence) }
      published.push(numbered)
      if (before !== undefined) continue
      const expiresAt = message.at + DEDUPLICATION_MS
      await editor.keepPublished(topic, { key, messageId: message.id, sequence, expiresAt })
      await addToOutbox(editor.transaction, deliveriesOf({ ...message, ...numbered }))
    }
    return published
  })
}

function filterOf({ attributes }: Subscription): (message: Message) => boolean {
  const { FilterPolicy, FilterPolicyScope = 'MessageAttributes' } = attributes
  if (FilterPolicy === undefined) return () => true
  const scope = FilterPolicyScope as FilterScope
  const pattern = parseFilterPolicy(FilterPolicy, scope)
  return ({ text, attributes: values }) => passes(pattern, scope, { message: text, attributes: values })
}
