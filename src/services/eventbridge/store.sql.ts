import { type Generated, type Kysely, sql, type Transaction } from 'kysely'
import type { Database, Tables } from '../../store/database.ts'
import type { Scope } from './scope.ts'
import type {
  Due,
  EventBridgeStore,
  KeptEvent,
  Kind,
  ListQuery,
  ResourceEditor,
  ResourceReader,
  Resources,
} from './store.ts'

type ResourceRow = {
  account_id: string
  region: string
  kind: string
  bus: string
  name: string
  /** JSON. */
  resource: string
  due_at: number | null
}

type KeptRow = {
  id: Generated<number>
  account_id: string
  region: string
  archive: string
  time: number
  event: string
}

type EventTables = { eventbridge_resources: ResourceRow; eventbridge_kept_events: KeptRow }
type Read = Kysely<EventTables>

/** Sorts after every name that begins as what it is added to does. */
const LAST_CHARACTER = '\u{10ffff}'
/** Of what is no rule. */
const NO_BUS = ''

/** EventBridge in SQLite or PostgreSQL: a document a resource, since they are few and read as a whole. */
export function createEventBridgeStore(database: Database): EventBridgeStore {
  const read: Read = database.kysely.withTables<EventTables>()
  return {
    ...readerOf(read),
    change: (work) =>
      database.write((transaction) => work(editorOf(transaction, transaction.withTables<EventTables>()))),
    due: (kind, now, limit) => due(read, kind, now, limit),
    nextDue: (kind) => nextDue(read, kind),
    keptEvents: (scope, archive, span) => keptEvents(read, scope, archive, span),
    archiveSize: (scope, archive) => archiveSize(read, scope, archive),
    removeExpired: (now, limit) =>
      database.write((transaction) => removeExpired(transaction.withTables<EventTables>(), now, limit)),
  }
}

function readerOf(read: Read): ResourceReader {
  return {
    find: async (scope, kind, name, bus = NO_BUS) => {
      const row = await ofKind(read, scope, kind)
        .where('bus', '=', bus)
        .where('name', '=', name)
        .executeTakeFirst()
      return row && JSON.parse(row.resource)
    },
    list: async (scope, kind, { bus, prefix, after, limit }: ListQuery = {}) => {
      let query = ofKind(read, scope, kind)
      if (bus !== undefined) query = query.where('bus', '=', bus)
      if (prefix !== undefined)
        query = query.where('name', '>=', prefix).where('name', '<', prefix + LAST_CHARACTER)
      if (after !== undefined) query = query.where('name', '>', after)
      if (limit !== undefined) query = query.limit(limit)
      const rows = await query.orderBy('name').execute()
      return rows.map(({ resource }) => JSON.parse(resource))
    },
  }
}

function ofKind(read: Read, { accountId, region }: Scope, kind: Kind) {
  return read
    .selectFrom('eventbridge_resources')
    .select('resource')
    .where('account_id', '=', accountId)
    .where('region', '=', region)
    .where('kind', '=', kind)
}

function editorOf(transaction: Transaction<Tables>, tables: Transaction<EventTables>): ResourceEditor {
  return {
    transaction,
    ...readerOf(tables),
    save: async ({ accountId, region }, kind, resource, dueAt) => {
      const changed = { resource: JSON.stringify(resource), due_at: dueAt ?? null }
      const key = { account_id: accountId, region, kind, bus: busOf(resource), name: resource.name }
      await tables
        .insertInto('eventbridge_resources')
        .values({ ...key, ...changed })
        .onConflict((conflict) =>
          conflict.columns(['account_id', 'region', 'kind', 'bus', 'name']).doUpdateSet(changed),
        )
        .execute()
    },
    retag: async ({ accountId, region }, rule) => {
      await tables
        .updateTable('eventbridge_resources')
        .set({ resource: JSON.stringify(rule) })
        .where('account_id', '=', accountId)
        .where('region', '=', region)
        .where('kind', '=', 'rule')
        .where('bus', '=', rule.bus)
        .where('name', '=', rule.name)
        .execute()
    },
    findDue: async (kind, due) => {
      const row = await ofKind(tables, due, kind)
        .where('bus', '=', busOf(due.resource))
        .where('name', '=', due.resource.name)
        .where('due_at', '=', due.dueAt)
        .executeTakeFirst()
      return row && JSON.parse(row.resource)
    },
    remove: async ({ accountId, region }, kind, name, bus = NO_BUS) => {
      await tables
        .deleteFrom('eventbridge_resources')
        .where('account_id', '=', accountId)
        .where('region', '=', region)
        .where('kind', '=', kind)
        .where('bus', '=', bus)
        .where('name', '=', name)
        .execute()
    },
    keep: async ({ accountId, region }, archive, { time, text }) => {
      const row = { account_id: accountId, region, archive, time, event: text }
      await tables.insertInto('eventbridge_kept_events').values(row).execute()
    },
    forgetArchive: async ({ accountId, region }, archive) => {
      await tables
        .deleteFrom('eventbridge_kept_events')
        .where('account_id', '=', accountId)
        .where('region', '=', region)
        .where('archive', '=', archive)
        .execute()
    },
  }
}

function busOf(resource: Resources[Kind]): string {
  return 'bus' in resource ? resource.bus : NO_BUS
}

async function due<K extends Kind>(read: Read, kind: K, now: number, limit: number): Promise<Due<K>[]> {
  const rows = await read
    .selectFrom('eventbridge_resources')
    .selectAll()
    .where('kind', '=', kind)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    accountId: row.account_id,
    region: row.region,
    resource: JSON.parse(row.resource),
    dueAt: Number(row.due_at),
  }))
}

async function nextDue(read: Read, kind: Kind): Promise<number | undefined> {
  const row = await read
    .selectFrom('eventbridge_resources')
    .select('due_at')
    .where('kind', '=', kind)
    .where('due_at', 'is not', null)
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst()
  return row && Number(row.due_at)
}

function ofArchive(read: Read, { accountId, region }: Scope, archive: string) {
  return read
    .selectFrom('eventbridge_kept_events')
    .where('account_id', '=', accountId)
    .where('region', '=', region)
    .where('archive', '=', archive)
}

async function keptEvents(
  read: Read,
  scope: Scope,
  archive: string,
  { from, to, after, limit }: Parameters<EventBridgeStore['keptEvents']>[2],
): Promise<KeptEvent[]> {
  let query = ofArchive(read, scope, archive)
    .select(['id', 'time', 'event'])
    .where('time', '>=', from)
    .where('time', '<', to)
  if (after !== undefined) {
    query = query.where((eb) =>
      eb.or([eb('time', '>', after.time), eb.and([eb('time', '=', after.time), eb('id', '>', after.id)])]),
    )
  }
  const rows = await query.orderBy('time').orderBy('id').limit(limit).execute()
  return rows.map(({ id, time, event }) => ({ id: Number(id), time: Number(time), text: event }))
}

async function archiveSize(read: Read, scope: Scope, archive: string) {
  const row = await ofArchive(read, scope, archive)
    .select([
      (eb) => eb.fn.countAll<number>().as('events'),
      sql<number>`coalesce(sum(length(event)), 0)`.as('bytes'),
    ])
    .executeTakeFirstOrThrow()
  return { events: Number(row.events), bytes: Number(row.bytes) }
}

async function removeExpired(tables: Transaction<EventTables>, now: number, limit: number): Promise<number> {
  const archives = await tables
    .selectFrom('eventbridge_resources')
    .select(['account_id', 'region', 'name', 'resource'])
    .where('kind', '=', 'archive')
    .execute()
  let removed = 0
  for (const { account_id, region, name, resource } of archives) {
    const { retentionDays } = JSON.parse(resource) as Resources['archive']
    if (retentionDays === 0 || removed >= limit) continue
    const expired = tables
      .selectFrom('eventbridge_kept_events')
      .select('id')
      .where('account_id', '=', account_id)
      .where('region', '=', region)
      .where('archive', '=', name)
      .where('time', '<', now - retentionDays * 86_400_000)
      .limit(limit - removed)
    const result = await tables
      .deleteFrom('eventbridge_kept_events')
      .where('id', 'in', expired)
      .executeTakeFirst()
    removed += Number(result.numDeletedRows)
  }
  return removed
}
