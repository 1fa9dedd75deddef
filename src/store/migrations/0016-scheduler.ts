import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/** Schedules and their groups as documents, with the time at which a schedule is due. */
export const scheduler: MigrationStep = async (kysely, { name, types }) => {
  // Names are listed in the order of their bytes, as SQLite has it from the start.
  const nameType = name === 'postgres' ? sql`text collate "C"` : sql`text`
  await kysely.schema
    .createTable('scheduler_groups')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', nameType, (column) => column.notNull())
    .addColumn('schedule_group', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('scheduler_groups_key', ['account_id', 'region', 'name'])
    .execute()
  await kysely.schema
    .createTable('scheduler_schedules')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('group_name', nameType, (column) => column.notNull())
    .addColumn('name', nameType, (column) => column.notNull())
    .addColumn('schedule', 'text', (column) => column.notNull())
    .addColumn('due_at', types.integer)
    .addPrimaryKeyConstraint('scheduler_schedules_key', ['account_id', 'region', 'group_name', 'name'])
    .execute()
  await kysely.schema
    .createIndex('scheduler_schedules_by_due')
    .on('scheduler_schedules')
    .column('due_at')
    .execute()
}
