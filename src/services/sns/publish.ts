import type { Transaction } from 'kysely'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Tables } from '../../store/database.ts'
import type { NewItem } from '../../store/outbox/outbox.ts'
import { deliveryOf } from './delivery/delivery.ts'
import { type FilterScope, parseFilterPolicy, passes } from './filter-policy.ts'
import type { Message } from './message.ts'
import type { SnsStore } from './store.ts'
import type { Subscription } from './subscription.ts'
import { SUBSCRIPTIONS_MAX } from './subscription-limits.ts'
import type { TopicAddress } from './topic.ts'

export interface PublishDeps {
  readonly store: SnsStore
  readonly clock: Clock
  readonly random: Random
  readonly addToOutbox: (transaction: Transaction<Tables>, items: readonly NewItem[]) => Promise<void>
}

/** Resolves with the messages' ids once what each subscriber is to get is durable: all of it in one write. */
export async function publish(
  deps: PublishDeps,
  topic: TopicAddress,
  messages: readonly Message[],
): Promise<string[]> {
  const { store, clock, random } = deps
  const published = messages.map((message) => ({ ...message, id: random.uuid(), at: clock.now() }))
  const subscriptions = await store.subscriptionsOf(topic, { limit: SUBSCRIPTIONS_MAX })
  const items = subscriptions.flatMap((subscription) => {
    const wants = filterOf(subscription)
    return published.filter(wants).map((message) => deliveryOf(subscription, message))
  })
  if (items.length > 0) await store.change((editor) => deps.addToOutbox(editor.transaction, items))
  return published.map(({ id }) => id)
}

function filterOf({ attributes }: Subscription): (message: Message) => boolean {
  const { FilterPolicy, FilterPolicyScope = 'MessageAttributes' } = attributes
  if (FilterPolicy === undefined) return () => true
  const scope = FilterPolicyScope as FilterScope
  const pattern = parseFilterPolicy(FilterPolicy, scope)
  return ({ text, attributes: values }) => passes(pattern, scope, { message: text, attributes: values })
}
