import type { Kysely, Transaction } from 'kysely'
import type { Database, Tables } from '../../store/database.ts'
import type { Scope } from './schedule.ts'
import type { DueSchedule, ListQuery, SchedulerEditor, SchedulerReader, SchedulerStore } from './store.ts'

type ScheduleRow = {
  account_id: string
  region: string
  group_name: string
  name: string
  /** JSON. */
  schedule: string
  due_at: number | null
}

type GroupRow = { account_id: string; region: string; name: string; schedule_group: string }

type SchedulerTables = { scheduler_schedules: ScheduleRow; scheduler_groups: GroupRow }
type Read = Kysely<SchedulerTables>

/** Sorts after every name that begins as what it is added to does. */
const LAST_CHARACTER = '\u{10ffff}'

/** Schedules in SQLite or PostgreSQL: a document each, with the time at which it is due beside it. */
export function createSchedulerStore(database: Database): SchedulerStore {
  const read: Read = database.kysely.withTables<SchedulerTables>()
  return {
    ...readerOf(read),
    change: (work) => database.write((transaction) => work(editorOf(transaction))),
    due: (now, limit) => due(read, now, limit),
    nextDue: async () => {
      const row = await read
        .selectFrom('scheduler_schedules')
        .select('due_at')
        .where('due_at', 'is not', null)
        .orderBy('due_at')
        .limit(1)
        .executeTakeFirst()
      return row && Number(row.due_at)
    },
  }
}

function readerOf(read: Read): SchedulerReader {
  return {
    findSchedule: async (scope, group, name) => {
      const row = await schedulesOf(read, scope)
        .where('group_name', '=', group)
        .where('name', '=', name)
        .executeTakeFirst()
      return row && JSON.parse(row.schedule)
    },
    listSchedules: (scope, query) => listSchedules(read, scope, query),
    findGroup: async (scope, name) => {
      const row = await groupsOf(read, scope).where('name', '=', name).executeTakeFirst()
      return row && JSON.parse(row.schedule_group)
    },
    listGroups: async (scope, { prefix, after, limit }) => {
      let query = groupsOf(read, scope)
      if (prefix !== undefined)
        query = query.where('name', '>=', prefix).where('name', '<', prefix + LAST_CHARACTER)
      if (after !== undefined) query = query.where('name', '>', after)
      const rows = await query.orderBy('name').limit(limit).execute()
      return rows.map(({ schedule_group }) => JSON.parse(schedule_group))
    },
  }
}

async function listSchedules(read: Read, scope: Scope, { group, prefix, after, limit }: ListQuery) {
  let query = schedulesOf(read, scope)
  if (group !== undefined) query = query.where('group_name', '=', group)
  if (prefix !== undefined)
    query = query.where('name', '>=', prefix).where('name', '<', prefix + LAST_CHARACTER)
  if (after !== undefined) {
    query = query.where((eb) =>
      eb.or([
        eb('group_name', '>', after.group),
        eb.and([eb('group_name', '=', after.group), eb('name', '>', after.name)]),
      ]),
    )
  }
  const rows = await query.orderBy('group_name').orderBy('name').limit(limit).execute()
  return rows.map(({ schedule }) => JSON.parse(schedule))
}

function schedulesOf(read: Read, { accountId, region }: Scope) {
  return read
    .selectFrom('scheduler_schedules')
    .select('schedule')
    .where('account_id', '=', accountId)
    .where('region', '=', region)
}

function groupsOf(read: Read, { accountId, region }: Scope) {
  return read
    .selectFrom('scheduler_groups')
    .select('schedule_group')
    .where('account_id', '=', accountId)
    .where('region', '=', region)
}

function editorOf(transaction: Transaction<Tables>): SchedulerEditor {
  const tables = transaction.withTables<SchedulerTables>()
  return {
    transaction,
    ...readerOf(tables),
    saveSchedule: async ({ accountId, region }, schedule, dueAt) => {
      const changed = { schedule: JSON.stringify(schedule), due_at: dueAt ?? null }
      const key = { account_id: accountId, region, group_name: schedule.group, name: schedule.name }
      await tables
        .insertInto('scheduler_schedules')
        .values({ ...key, ...changed })
        .onConflict((conflict) =>
          conflict.columns(['account_id', 'region', 'group_name', 'name']).doUpdateSet(changed),
        )
        .execute()
    },
    deleteSchedule: async (scope, group, name) => {
      await deleteSchedules(tables, scope, group).where('name', '=', name).execute()
    },
    saveGroup: async ({ accountId, region }, group) => {
      const changed = { schedule_group: JSON.stringify(group) }
      await tables
        .insertInto('scheduler_groups')
        .values({ account_id: accountId, region, name: group.name, ...changed })
        .onConflict((conflict) => conflict.columns(['account_id', 'region', 'name']).doUpdateSet(changed))
        .execute()
    },
    deleteGroup: async (scope, name) => {
      await deleteSchedules(tables, scope, name).execute()
      await tables
        .deleteFrom('scheduler_groups')
        .where('account_id', '=', scope.accountId)
        .where('region', '=', scope.region)
        .where('name', '=', name)
        .execute()
    },
    findDue: async ({ schedule: { group, name }, dueAt, ...scope }) => {
      const row = await schedulesOf(tables, scope)
        .where('group_name', '=', group)
        .where('name', '=', name)
        .where('due_at', '=', dueAt)
        .executeTakeFirst()
      return row && JSON.parse(row.schedule)
    },
  }
}

function deleteSchedules(tables: Transaction<SchedulerTables>, { accountId, region }: Scope, group: string) {
  return tables
    .deleteFrom('scheduler_schedules')
    .where('account_id', '=', accountId)
    .where('region', '=', region)
    .where('group_name', '=', group)
}

async function due(read: Read, now: number, limit: number): Promise<DueSchedule[]> {
  const rows = await read
    .selectFrom('scheduler_schedules')
    .selectAll()
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    accountId: row.account_id,
    region: row.region,
    schedule: JSON.parse(row.schedule),
    dueAt: Number(row.due_at),
  }))
}
