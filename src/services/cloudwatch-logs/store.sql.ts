import { type ExpressionBuilder, type Generated, type Kysely, sql, type Transaction } from 'kysely'
import type { Database, Tables, WriteOptions } from '../../store/database.ts'
import { BLOCK_SPAN_MS, type Block } from './block.ts'
import { expiredBefore, type GroupKey, type LogGroup } from './group.ts'
import type {
  BlockQuery,
  GroupChange,
  GroupList,
  LogStore,
  StoredBlock,
  StreamBatch,
  StreamChoice,
  StreamList,
} from './store.ts'
import type { LogStream } from './stream.ts'

type LogTables = {
  log_groups: GroupRow
  log_streams: StreamRow
  log_blocks: BlockRow
}

type GroupRow = {
  id: Generated<number>
  account_id: string
  region: string
  name: string
  created_at: number
  retention_days: number | null
  deletion_protected: number
  tags: string
}

type StreamRow = {
  id: Generated<number>
  group_id: number
  name: string
  created_at: number
  first_event_at: number | null
  last_event_at: number | null
  last_ingested_at: number | null
  stored_bytes: number
}

type BlockRow = {
  id: Generated<number>
  group_id: number
  stream_id: number
  first_at: number
  last_at: number
  ingested_at: number
  stored_bytes: number
  events: Uint8Array
}

/** `on conflict` makes what is missing once, and the foreign key refuses blocks of a stream that has gone. */
const APPENDS: WriteOptions = { isolation: 'locks' }

type LogsTransaction = Transaction<LogTables>

/** Sorts after every name that begins as what it is added to does. */
const LAST_CHARACTER = '\u{10ffff}'

/** Both databases; PostgreSQL gives 64-bit integers as text unless it is told otherwise, hence `Number`. */
export class SqlLogStore implements LogStore {
  readonly #database: Database
  readonly #read: Kysely<LogTables>

  constructor(database: Database) {
    this.#database = database
    this.#read = database.kysely.withTables<LogTables>()
  }

  #write<Result>(
    work: (transaction: LogsTransaction) => Promise<Result>,
    options?: WriteOptions,
  ): Promise<Result> {
    return this.#database.write(
      (transaction: Transaction<Tables>) => work(transaction.withTables<LogTables>()),
      options,
    )
  }

  async createGroup(group: Omit<LogGroup, 'id'>): Promise<boolean> {
    const id = await this.#write((transaction) => insertGroup(transaction, group))
    return id !== undefined
  }

  async findGroup(key: GroupKey): Promise<LogGroup | undefined> {
    const row = await this.#read.selectFrom('log_groups').selectAll().where(isGroup(key)).executeTakeFirst()
    return row && toGroup(row)
  }

  async listGroups(list: GroupList): Promise<LogGroup[]> {
    const { accountId, region, prefix, containing, names, after, limit } = list
    let query = this.#read
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

  async storedBytes(groupIds: readonly number[]): Promise<Map<number, number>> {
    if (groupIds.length === 0) return new Map()
    const rows = await this.#read
      .selectFrom('log_streams')
      .select(['group_id', (eb) => eb.fn.sum<number>('stored_bytes').as('bytes')])
      .where('group_id', 'in', groupIds)
      .groupBy('group_id')
      .execute()
    return new Map(rows.map((row) => [Number(row.group_id), Number(row.bytes)]))
  }

  changeGroup(key: GroupKey, change: GroupChange): Promise<boolean> {
    return this.#write(async (transaction) => {
      const row = await transaction
        .selectFrom('log_groups')
        .selectAll()
        .where(isGroup(key))
        .executeTakeFirst()
      if (row === undefined) return false
      await transaction
        .updateTable('log_groups')
        .set(changedColumns(row, change))
        .where('id', '=', row.id)
        .execute()
      return true
    })
  }

  deleteGroup(groupId: number): Promise<void> {
    return this.#write(async (transaction) => {
      await transaction.deleteFrom('log_blocks').where('group_id', '=', groupId).execute()
      await transaction.deleteFrom('log_streams').where('group_id', '=', groupId).execute()
      await transaction.deleteFrom('log_groups').where('id', '=', groupId).execute()
    })
  }

  async createStream(groupId: number, stream: { name: string; createdAt: number }): Promise<boolean> {
    const id = await this.#write((transaction) => insertStream(transaction, groupId, stream))
    return id !== undefined
  }

  async findStreams(groupId: number, names: readonly string[]): Promise<LogStream[]> {
    const rows = await this.#read
      .selectFrom('log_streams')
      .selectAll()
      .where('group_id', '=', groupId)
      .where('name', 'in', names)
      .execute()
    return rows.map(toStream)
  }

  async listStreams(groupId: number, list: StreamList): Promise<LogStream[]> {
    const { prefix, orderBy, descending, after, limit } = list
    const direction = descending ? 'desc' : 'asc'
    const beyond = descending ? '<' : '>'
    const lastEventAt = sql<number>`coalesce(last_event_at, 0)`
    let query = this.#read.selectFrom('log_streams').selectAll().where('group_id', '=', groupId)
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

  async streamNames(streamIds: readonly number[]): Promise<Map<number, string>> {
    if (streamIds.length === 0) return new Map()
    const rows = await this.#read
      .selectFrom('log_streams')
      .select(['id', 'name'])
      .where('id', 'in', streamIds)
      .execute()
    return new Map(rows.map((row) => [Number(row.id), row.name]))
  }

  deleteStream(streamId: number): Promise<void> {
    return this.#write(async (transaction) => {
      await transaction.deleteFrom('log_blocks').where('stream_id', '=', streamId).execute()
      await transaction.deleteFrom('log_streams').where('id', '=', streamId).execute()
    })
  }

  append(batches: readonly StreamBatch[], now: number): Promise<void> {
    return this.#write(async (transaction) => {
      for (const { group, stream, blocks } of batches) {
        const groupId = await groupIdFor(transaction, group, now)
        const streamId = await streamIdFor(transaction, groupId, stream, now)
        await insertBlocks(transaction, { groupId, streamId }, blocks, now)
      }
    }, APPENDS)
  }

  appendTo(streamId: number, blocks: readonly Block[], now: number): Promise<boolean> {
    return this.#write(async (transaction) => {
      const stream = await transaction
        .selectFrom('log_streams')
        .select('group_id')
        .where('id', '=', streamId)
        .executeTakeFirst()
      if (stream === undefined) return false
      await insertBlocks(transaction, { groupId: Number(stream.group_id), streamId }, blocks, now)
      return true
    }, APPENDS)
  }

  async readBlocks(query: BlockQuery): Promise<StoredBlock[]> {
    const isForward = query.direction === 'forward'
    const { groupId, streams, from, to, after, limit } = query
    const order = isForward ? 'asc' : 'desc'
    const key = isForward ? 'first_at' : 'last_at'
    let blocks = this.#read
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

  removeExpired(now: number): Promise<number> {
    return this.#write(async (transaction) => {
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
    })
  }
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

function isGroup({ accountId, region, name }: GroupKey) {
  return (eb: ExpressionBuilder<LogTables, 'log_groups'>) =>
    eb.and([eb('account_id', '=', accountId), eb('region', '=', region), eb('name', '=', name)])
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

async function insertGroup(
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

async function groupIdFor(transaction: LogsTransaction, key: GroupKey, now: number): Promise<number> {
  const find = () => transaction.selectFrom('log_groups').select('id').where(isGroup(key)).executeTakeFirst()
  const found = await find()
  if (found !== undefined) return Number(found.id)
  const { accountId, region, name } = key
  const group = { accountId, region, name, createdAt: now, retentionDays: undefined, tags: {} }
  const made = await insertGroup(transaction, { ...group, isDeletionProtected: false })
  // Another node may have made it since.
  return made ?? Number((await find())?.id)
}

async function insertStream(
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

async function streamIdFor(
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

async function insertBlocks(
  transaction: LogsTransaction,
  owner: { groupId: number; streamId: number },
  blocks: readonly Block[],
  now: number,
): Promise<void> {
  if (blocks.length === 0) return
  for (const { firstAt, lastAt, storedBytes, packed } of blocks)
    await transaction
      .insertInto('log_blocks')
      .values({
        group_id: owner.groupId,
        stream_id: owner.streamId,
        first_at: firstAt,
        last_at: lastAt,
        ingested_at: now,
        stored_bytes: storedBytes,
        events: packed,
      })
      .execute()
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

function toGroup(row: { [Key in keyof GroupRow]: Key extends 'id' ? number : GroupRow[Key] }): LogGroup {
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

function toStream(row: { [Key in keyof StreamRow]: Key extends 'id' ? number : StreamRow[Key] }): LogStream {
  return {
    id: Number(row.id),
    name: row.name,
    createdAt: Number(row.created_at),
    firstEventAt: optionalNumber(row.first_event_at),
    lastEventAt: optionalNumber(row.last_event_at),
    lastIngestedAt: optionalNumber(row.last_ingested_at),
  }
}

function toBlock(row: {
  id: number
  stream_id: number
  first_at: number
  last_at: number
  ingested_at: number
  events: Uint8Array
}): StoredBlock {
  return {
    id: Number(row.id),
    streamId: Number(row.stream_id),
    firstAt: Number(row.first_at),
    lastAt: Number(row.last_at),
    ingestedAt: Number(row.ingested_at),
    packed: row.events,
  }
}

function optionalNumber(value: number | null): number | undefined {
  return value === null ? undefined : Number(value)
}
