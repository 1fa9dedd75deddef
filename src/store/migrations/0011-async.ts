import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/** The queue of asynchronous invocations and of what they leave to destinations, and the settings of both. */
export const asynchronous: MigrationStep = async (kysely, { name, types }) => {
  const { integer, bytes } = types
  // In the order of their bytes, as SQLite has it from the start.
  const key = name === 'postgres' ? sql`text collate "C"` : sql`text`

  await kysely.schema
    .createTable('async_queue')
    .addColumn('id', key, (column) => column.primaryKey())
    .addColumn('lane', key, (column) => column.notNull())
    .addColumn('due_at', integer, (column) => column.notNull())
    // In no index, so that a claim changes none.
    .addColumn('claimed_until', integer, (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('bytes', integer, (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('payload', bytes, (column) => column.notNull())
    .execute()
  await kysely.schema
    .createIndex('async_queue_by_due')
    .on('async_queue')
    .columns(['lane', 'due_at'])
    .execute()

  await kysely.schema
    .createTable('lambda_event_configs')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('qualifier', key, (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_event_configs_key', ['account_id', 'region', 'name', 'qualifier'])
    .addForeignKeyConstraint(
      'lambda_event_configs_function',
      ['account_id', 'region', 'name'],
      'lambda_functions',
      ['account_id', 'region', 'name'],
      (foreign) => foreign.onDelete('cascade'),
    )
    .execute()

  // Absent: Terminate.
  await kysely.schema.alterTable('lambda_functions').addColumn('recursive_loop', 'text').execute()
}
