import { type ExpressionBuilder, sql, type Transaction } from 'kysely'
import type { Tables } from '../../../store/database.ts'
import { BLOCK_SPAN_MS } from '../block.ts'
import { expiredBefore } from '../group.ts'
import type { Appended, BlockQuery, StoredBlock, StreamBatch, StreamChoice } from '../store.ts'
import { groupIdFor } from './groups.ts'
import { streamIdFor } from './streams.ts'
import { type BlockRow, LAST_CHARACTER, type LogsTransaction, type LogTables, type Read } from './tables.ts'

export async function append(
  transaction: LogsTransaction,
  plain: Transaction<Tables>,
  batches: readonly StreamBatch[],
  now: number,
): Promise<void> {
  const groupIds = new Map<string, number>()
  for (const { group, stream, blocks, announce } of batches) {
    const key = `${group.accountId}/${group.region}/${group.name}`
    const groupId = groupIds.get(key) ?? (await groupIdFor(transaction, group, now))
    groupIds.set(key, groupId)
    const streamId = await streamIdFor(transaction, groupId, stream, now)
    await addBlocks(transaction, plain, { groupId, streamId }, { blocks, announce }, now)
  }
}

export async function appendTo(
  transaction: LogsTransaction,
  plain: Transaction<Tables>,
  streamId: number,
  added: Appended,
  now: number,
): Promise<boolean> {
  const stream = await transaction
    .selectFrom('log_streams')
    .select('group_id')
    .where('id', '=', streamId)
    .executeTakeFirst()
  if (stream === undefined) return false
  await addBlocks(transaction, plain, { groupId: Number(stream.group_id), streamId }, added, now)
  return true
}

export async function readBlocks(read: Read, query: BlockQuery): Promise<StoredBlock[]> {
  const isForward = query.direction === 'forward'
  const { groupId, streams, from, to, after, limit } = query
  const order = isForward ? 'asc' : 'desc'
  const key = isForward ? 'first_at' : 'last_at'
  let blocks = read
    .selectFrom('log_blocks')
    .select(['id', 'stream_id', 'first_at', 'last_at', 'ingested_at', 'events'])
    .where(belongsTo(groupId, streams))
    .where('last_at', '>=', from)
    .where('first_at', '<=', to)
    // Follows from the two above, as no block is longer; lets the index find where to begin.
    .where(
      isForward ? 'first_at' : 'last_at',
      isForward ? '>=' : '<=',
      isForward ? from - BLOCK_SPAN_MS : to + BLOCK_SPAN_MS,
    )
  if (after !== undefined) {
    const at = isForward ? after.firstAt : after.lastAt
    const beyond = isForward ? '>' : '<'
    blocks = blocks.where((eb) =>
      eb.or([eb(key, beyond, at), eb.and([eb(key, '=', at), eb('id', beyond, after.id)])]),
    )
  }
  const rows = await blocks.orderBy(key, order).orderBy('id', order).limit(limit).execute()
  return rows.map(toBlock)
}

export async function findBlocks(read: Read, ids: readonly number[]): Promise<StoredBlock[]> {
  if (ids.length === 0) return []
  const rows = await read
    .selectFrom('log_blocks')
    .select(['id', 'stream_id', 'first_at', 'last_at', 'ingested_at', 'events'])
    .where('id', 'in', ids)
    .orderBy('id')
    .execute()
  return rows.map(toBlock)
}

export async function removeExpired(transaction: LogsTransaction, now: number): Promise<number> {
  const groups = await transaction
    .selectFrom('log_groups')
    .select(['id', 'retention_days'])
    .where('retention_days', 'is not', null)
    .execute()
  let removed = 0
  for (const group of groups) {
    const before = expiredBefore({ retentionDays: Number(group.retention_days) }, now)
    removed += await removeBlocks(transaction, Number(group.id), before)
  }
  return removed
}

/** Blocks removed in one transaction, of one group: other writers wait for its end. */
const REMOVED_MAX = 1000

async function removeBlocks(transaction: LogsTransaction, groupId: number, before: number): Promise<number> {
  const expired = await transaction
    .selectFrom('log_blocks')
    .select(['id', 'stream_id', 'stored_bytes'])
    .where('group_id', '=', groupId)
    .where('last_at', '<', before)
    .orderBy('last_at')
    .limit(REMOVED_MAX)
    .execute()
  const freed = new Map<number, number>()
  for (const { stream_id, stored_bytes } of expired)
    freed.set(stream_id, (freed.get(stream_id) ?? 0) + Number(stored_bytes))
  for (const [streamId, bytes] of freed)
    await transaction
      .updateTable('log_streams')
      .set((eb) => ({ stored_bytes: eb('stored_bytes', '-', bytes) }))
      .where('id', '=', streamId)
      .execute()
  if (expired.length > 0)
    await transaction
      .deleteFrom('log_blocks')
      .where(
        'id',
        'in',
        expired.map(({ id }) => id),
      )
      .execute()
  return expired.length
}

function belongsTo(groupId: number, streams: StreamChoice) {
  return (eb: ExpressionBuilder<LogTables, 'log_blocks'>) => {
    if (streams === 'all') return eb('group_id', '=', groupId)
    if ('ids' in streams) {
      const [only, ...others] = streams.ids
      return others.length === 0 ? eb('stream_id', '=', only ?? -1) : eb('stream_id', 'in', streams.ids)
    }
    const chosen = eb
      .selectFrom('log_streams')
      .select('log_streams.id')
      .where('log_streams.group_id', '=', groupId)
      .where('log_streams.name', '>=', streams.prefix)
      .where('log_streams.name', '<', streams.prefix + LAST_CHARACTER)
    return eb.and([eb('group_id', '=', groupId), eb('stream_id', 'in', chosen)])
  }
}

async function addBlocks(
  transaction: LogsTransaction,
  plain: Transaction<Tables>,
  owner: { groupId: number; streamId: number },
  { blocks, announce }: Appended,
  now: number,
): Promise<void> {
  if (blocks.length === 0) return
  const ids: number[] = []
  for (const { firstAt, lastAt, storedBytes, packed } of blocks) {
    const insert = transaction.insertInto('log_blocks').values({
      group_id: owner.groupId,
      stream_id: owner.streamId,
      first_at: firstAt,
      last_at: lastAt,
      ingested_at: now,
      stored_bytes: storedBytes,
      events: packed,
    })
    // Ids cost as much again as the row.
    if (announce === undefined) await insert.execute()
    else ids.push(Number((await insert.returning('id').executeTakeFirstOrThrow()).id))
  }
  const firstAt = Math.min(...blocks.map((block) => block.firstAt))
  const lastAt = Math.max(...blocks.map((block) => block.lastAt))
  const bytes = blocks.reduce((sum, block) => sum + block.storedBytes, 0)
  await transaction
    .updateTable('log_streams')
    .set((eb) => ({
      first_event_at: sql<number>`case when first_event_at < ${firstAt} then first_event_at else ${firstAt} end`,
      last_event_at: sql<number>`case when last_event_at > ${lastAt} then last_event_at else ${lastAt} end`,
      last_ingested_at: now,
      stored_bytes: eb('stored_bytes', '+', bytes),
    }))
    .where('id', '=', owner.streamId)
    .execute()
  await announce?.(plain, ids)
}

function toBlock(
  row: Pick<BlockRow, 'stream_id' | 'first_at' | 'last_at' | 'ingested_at' | 'events'> & { id: number },
): StoredBlock {
  return {
    id: Number(row.id),
    streamId: Number(row.stream_id),
    firstAt: Number(row.first_at),
    lastAt: Number(row.last_at),
    ingestedAt: Number(row.ingested_at),
    packed: row.events,
  }
}
