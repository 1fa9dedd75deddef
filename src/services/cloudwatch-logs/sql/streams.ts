import { sql } from 'kysely'
import type { StreamList } from '../store.ts'
import type { LogStream } from '../stream.ts'
import {
  LAST_CHARACTER,
  type LogsTransaction,
  optionalNumber,
  type Read,
  type Selected,
  type StreamRow,
} from './tables.ts'

export async function findStreams(
  read: Read,
  groupId: number,
  names: readonly string[],
): Promise<LogStream[]> {
  const rows = await read
    .selectFrom('log_streams')
    .selectAll()
    .where('group_id', '=', groupId)
    .where('name', 'in', names)
    .execute()
  return rows.map(toStream)
}

export async function listStreams(read: Read, groupId: number, list: StreamList): Promise<LogStream[]> {
  const { prefix, orderBy, descending, after, limit } = list
  const direction = descending ? 'desc' : 'asc'
  const beyond = descending ? '<' : '>'
  const lastEventAt = sql<number>`coalesce(last_event_at, 0)`
  let query = read.selectFrom('log_streams').selectAll().where('group_id', '=', groupId)
  if (prefix !== undefined)
    query = query.where('name', '>=', prefix).where('name', '<', prefix + LAST_CHARACTER)
  if (orderBy === 'LogStreamName') {
    if (after !== undefined) query = query.where('name', beyond, after.name)
  } else {
    if (after !== undefined)
      query = query.where((eb) =>
        eb.or([
          eb(lastEventAt, beyond, after.lastEventAt),
          eb.and([eb(lastEventAt, '=', after.lastEventAt), eb('name', beyond, after.name)]),
        ]),
      )
    query = query.orderBy(lastEventAt, direction)
  }
  const rows = await query.orderBy('name', direction).limit(limit).execute()
  return rows.map(toStream)
}

export async function streamNames(read: Read, streamIds: readonly number[]): Promise<Map<number, string>> {
  if (streamIds.length === 0) return new Map()
  const rows = await read
    .selectFrom('log_streams')
    .select(['id', 'name'])
    .where('id', 'in', streamIds)
    .execute()
  return new Map(rows.map((row) => [Number(row.id), row.name]))
}

/** The new stream's id, or undefined where there is one of that name. */
export async function insertStream(
  transaction: LogsTransaction,
  groupId: number,
  { name, createdAt }: { name: string; createdAt: number },
): Promise<number | undefined> {
  const row = await transaction
    .insertInto('log_streams')
    .values({ group_id: groupId, name, created_at: createdAt, stored_bytes: 0 })
    .onConflict((conflict) => conflict.columns(['group_id', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row && Number(row.id)
}

/** The id of a stream that is made if need be. */
export async function streamIdFor(
  transaction: LogsTransaction,
  groupId: number,
  name: string,
  now: number,
): Promise<number> {
  const find = () =>
    transaction
      .selectFrom('log_streams')
      .select('id')
      .where('group_id', '=', groupId)
      .where('name', '=', name)
      .executeTakeFirst()
  const found = await find()
  if (found !== undefined) return Number(found.id)
  const made = await insertStream(transaction, groupId, { name, createdAt: now })
  return made ?? Number((await find())?.id)
}

export async function deleteStream(transaction: LogsTransaction, streamId: number): Promise<void> {
  await transaction.deleteFrom('log_blocks').where('stream_id', '=', streamId).execute()
  await transaction.deleteFrom('log_streams').where('id', '=', streamId).execute()
}

function toStream(row: Selected<StreamRow>): LogStream {
  return {
    id: Number(row.id),
    name: row.name,
    createdAt: Number(row.created_at),
    firstEventAt: optionalNumber(row.first_event_at),
    lastEventAt: optionalNumber(row.last_event_at),
    lastIngestedAt: optionalNumber(row.last_ingested_at),
  }
}
