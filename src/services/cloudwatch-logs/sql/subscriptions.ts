import type { Transaction } from 'kysely'
import type { Changes } from '../../../store/changes.ts'
import type { Tables } from '../../../store/database.ts'
import type { GroupKey, LogGroup } from '../group.ts'
import { SUBSCRIPTIONS_CHANGED, type Subscription, subscriptionsKey } from '../subscriptions/subscription.ts'
import type { LogsTransaction, Read } from './tables.ts'

export async function subscriptionsOf(
  read: Read,
  { accountId, region, name }: GroupKey,
): Promise<Subscription[]> {
  const rows = await read
    .selectFrom('log_subscriptions')
    .innerJoin('log_groups', 'log_groups.id', 'log_subscriptions.group_id')
    .select('log_subscriptions.subscription')
    .where('log_groups.account_id', '=', accountId)
    .where('log_groups.region', '=', region)
    .where('log_groups.name', '=', name)
    .orderBy('log_subscriptions.name')
    .execute()
  return rows.map((row) => JSON.parse(row.subscription))
}

export async function putSubscription(
  transaction: LogsTransaction,
  group: LogGroup,
  subscription: Subscription,
  max: number,
): Promise<'put' | 'too many' | 'no such group'> {
  const owner = await transaction
    .selectFrom('log_groups')
    .select('id')
    .where('id', '=', group.id)
    .executeTakeFirst()
  if (owner === undefined) return 'no such group'
  const there = await subscriptionsOf(transaction, group)
  const old = there.find(({ name }) => name === subscription.name)
  if (old === undefined && there.length >= max) return 'too many'
  const { name } = subscription
  const text = JSON.stringify({ ...subscription, createdAt: old?.createdAt ?? subscription.createdAt })
  await transaction
    .insertInto('log_subscriptions')
    .values({ group_id: group.id, name, subscription: text })
    .onConflict((conflict) => conflict.columns(['group_id', 'name']).doUpdateSet({ subscription: text }))
    .execute()
  return 'put'
}

export async function deleteSubscription(
  transaction: LogsTransaction,
  group: LogGroup,
  name: string,
): Promise<boolean> {
  const { numDeletedRows } = await transaction
    .deleteFrom('log_subscriptions')
    .where('group_id', '=', group.id)
    .where('name', '=', name)
    .executeTakeFirst()
  return numDeletedRows > 0
}

/** For all nodes that know the group's subscribers. */
export function tellChanged(changes: Changes, group: GroupKey, plain: Transaction<Tables>): Promise<void> {
  return changes.publish(SUBSCRIPTIONS_CHANGED, subscriptionsKey(group), plain)
}
