import { type ExpressionBuilder, sql } from 'kysely'
import type { GroupKey, LogGroup } from '../group.ts'
import type { GroupChange, GroupList } from '../store.ts'
import {
  type GroupRow,
  LAST_CHARACTER,
  type LogsTransaction,
  type LogTables,
  optionalNumber,
  type Read,
  type Selected,
} from './tables.ts'

export async function findGroup(read: Read, key: GroupKey): Promise<LogGroup | undefined> {
  const row = await read.selectFrom('log_groups').selectAll().where(isGroup(key)).executeTakeFirst()
  return row && toGroup(row)
}

export async function listGroups(read: Read, list: GroupList): Promise<LogGroup[]> {
  const { accountId, region, prefix, containing, names, after, limit } = list
  let query = read
    .selectFrom('log_groups')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('region', '=', region)
  if (prefix !== undefined)
    query = query.where('name', '>=', prefix).where('name', '<', prefix + LAST_CHARACTER)
  // Not LIKE: on SQLite that ignores case.
  if (containing) query = query.where(sql<boolean>`replace(name, ${containing}, '') <> name`)
  if (names !== undefined) query = query.where('name', 'in', names)
  if (after !== undefined) query = query.where('name', '>', after)
  const rows = await query.orderBy('name').limit(limit).execute()
  return rows.map(toGroup)
}

export async function storedBytes(read: Read, groupIds: readonly number[]): Promise<Map<number, number>> {
  if (groupIds.length === 0) return new Map()
  const rows = await read
    .selectFrom('log_streams')
    .select(['group_id', (eb) => eb.fn.sum<number>('stored_bytes').as('bytes')])
    .where('group_id', 'in', groupIds)
    .groupBy('group_id')
    .execute()
  return new Map(rows.map((row) => [Number(row.group_id), Number(row.bytes)]))
}

/** The new group's id, or undefined where there is one of that name. */
export async function insertGroup(
  transaction: LogsTransaction,
  group: Omit<LogGroup, 'id'>,
): Promise<number | undefined> {
  const row = await transaction
    .insertInto('log_groups')
    .values({
      account_id: group.accountId,
      region: group.region,
      name: group.name,
      created_at: group.createdAt,
      retention_days: group.retentionDays ?? null,
      deletion_protected: group.isDeletionProtected ? 1 : 0,
      tags: JSON.stringify(group.tags),
    })
    .onConflict((conflict) => conflict.columns(['account_id', 'region', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row && Number(row.id)
}

/** The id of a group that is made if need be. */
export async function groupIdFor(transaction: LogsTransaction, key: GroupKey, now: number): Promise<number> {
  const find = () => transaction.selectFrom('log_groups').select('id').where(isGroup(key)).executeTakeFirst()
  const found = await find()
  if (found !== undefined) return Number(found.id)
  const { accountId, region, name } = key
  const group = { accountId, region, name, createdAt: now, retentionDays: undefined, tags: {} }
  const made = await insertGroup(transaction, { ...group, isDeletionProtected: false })
  // Another node may have made it since.
  return made ?? Number((await find())?.id)
}

export async function changeGroup(
  transaction: LogsTransaction,
  key: GroupKey,
  change: GroupChange,
): Promise<boolean> {
  const row = await transaction.selectFrom('log_groups').selectAll().where(isGroup(key)).executeTakeFirst()
  if (row === undefined) return false
  await transaction
    .updateTable('log_groups')
    .set(changedColumns(row, change))
    .where('id', '=', row.id)
    .execute()
  return true
}

export async function deleteGroup(transaction: LogsTransaction, groupId: number): Promise<void> {
  await transaction.deleteFrom('log_blocks').where('group_id', '=', groupId).execute()
  await transaction.deleteFrom('log_streams').where('group_id', '=', groupId).execute()
  await transaction.deleteFrom('log_subscriptions').where('group_id', '=', groupId).execute()
  await transaction.deleteFrom('log_groups').where('id', '=', groupId).execute()
}

export function isGroup({ accountId, region, name }: GroupKey) {
  return (eb: ExpressionBuilder<LogTables, 'log_groups'>) =>
    eb.and([eb('account_id', '=', accountId), eb('region', '=', region), eb('name', '=', name)])
}

function changedColumns(row: Pick<GroupRow, 'tags'>, change: GroupChange) {
  const tags: Record<string, string> = { ...JSON.parse(row.tags), ...change.addTags }
  for (const key of change.removeTags ?? []) delete tags[key]
  return {
    tags: JSON.stringify(tags),
    ...(change.retentionDays === undefined ? {} : { retention_days: change.retentionDays }),
    ...(change.isDeletionProtected === undefined
      ? {}
      : { deletion_protected: change.isDeletionProtected ? 1 : 0 }),
  }
}

function toGroup(row: Selected<GroupRow>): LogGroup {
  return {
    id: Number(row.id),
    accountId: row.account_id,
    region: row.region,
    name: row.name,
    createdAt: Number(row.created_at),
    retentionDays: optionalNumber(row.retention_days),
    isDeletionProtected: Number(row.deletion_protected) === 1,
    tags: JSON.parse(row.tags),
  }
}
