import { type ColumnDefinitionBuilder, sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/**
 * Log groups, their streams, and events in blocks: one row for what came to one stream within a moment,
 * because a row an event would cost more than the functions that write them.
 */
export const logs: MigrationStep = async (kysely, { name, types }) => {
  // A SQLite id grows with autoincrement; PostgreSQL has a type for it.
  const id = name === 'postgres' ? sql`bigserial` : sql`integer`
  const asId = (column: ColumnDefinitionBuilder) =>
    name === 'postgres' ? column.primaryKey() : column.primaryKey().autoIncrement()
  // Names are listed in the order of their bytes, as SQLite has it from the start.
  const nameType = name === 'postgres' ? sql`text collate "C"` : sql`text`
  const integer = types.integer

  await kysely.schema
    .createTable('log_groups')
    .addColumn('id', id, asId)
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', nameType, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('retention_days', integer)
    .addColumn('deletion_protected', integer, (column) => column.notNull())
    .addColumn('tags', 'text', (column) => column.notNull())
    .addUniqueConstraint('log_groups_name', ['account_id', 'region', 'name'])
    .execute()

  await kysely.schema
    .createTable('log_streams')
    .addColumn('id', id, asId)
    .addColumn('group_id', integer, (column) => column.notNull().references('log_groups.id'))
    .addColumn('name', nameType, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('first_event_at', integer)
    .addColumn('last_event_at', integer)
    .addColumn('last_ingested_at', integer)
    .addColumn('stored_bytes', integer, (column) => column.notNull())
    .addUniqueConstraint('log_streams_name', ['group_id', 'name'])
    .execute()

  await kysely.schema
    .createTable('log_blocks')
    .addColumn('id', id, asId)
    .addColumn('group_id', integer, (column) => column.notNull())
    .addColumn('stream_id', integer, (column) => column.notNull().references('log_streams.id'))
    .addColumn('first_at', integer, (column) => column.notNull())
    .addColumn('last_at', integer, (column) => column.notNull())
    .addColumn('ingested_at', integer, (column) => column.notNull())
    .addColumn('stored_bytes', integer, (column) => column.notNull())
    .addColumn('events', types.bytes, (column) => column.notNull())
    .execute()

  // Read forwards by the first event's time and backwards by the last one's, of a stream or of a whole group.
  for (const owner of ['group', 'stream'])
    for (const end of ['first', 'last'])
      await kysely.schema
        .createIndex(`log_blocks_of_${owner}_by_${end}`)
        .on('log_blocks')
        .columns([`${owner}_id`, `${end}_at`, 'id'])
        .execute()
  await kysely.schema
    .createIndex('log_streams_by_last_event')
    .on('log_streams')
    .columns(['group_id', 'last_event_at', 'name'])
    .execute()
}
