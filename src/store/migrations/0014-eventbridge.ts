import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/** Buses, rules, archives and the like as documents; and the events that archives keep. */
export const eventbridge: MigrationStep = async (kysely, { name, types }) => {
  // Names are listed in the order of their bytes, as SQLite has it from the start.
  const nameType = name === 'postgres' ? sql`text collate "C"` : sql`text`
  const key = ['account_id', 'region', 'kind', 'bus', 'name'] as const
  await kysely.schema
    .createTable('eventbridge_resources')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('bus', nameType, (column) => column.notNull())
    .addColumn('name', nameType, (column) => column.notNull())
    .addColumn('resource', 'text', (column) => column.notNull())
    .addColumn('due_at', types.integer)
    .addPrimaryKeyConstraint('eventbridge_resources_key', [...key])
    .execute()
  await kysely.schema
    .createIndex('eventbridge_resources_by_due')
    .on('eventbridge_resources')
    .columns(['kind', 'due_at'])
    .execute()
  await kysely.schema
    .createTable('eventbridge_kept_events')
    .addColumn('id', name === 'postgres' ? sql`bigserial` : sql`integer`, (column) =>
      name === 'postgres' ? column.primaryKey() : column.primaryKey().autoIncrement(),
    )
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('archive', 'text', (column) => column.notNull())
    .addColumn('time', types.integer, (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .execute()
  await kysely.schema
    .createIndex('eventbridge_kept_events_by_time')
    .on('eventbridge_kept_events')
    .columns(['account_id', 'region', 'archive', 'time', 'id'])
    .execute()
}
