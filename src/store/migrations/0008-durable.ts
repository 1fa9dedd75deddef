import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/**
 * Durable executions. `due_at` is when somebody is to look at an execution or a chained invocation; who takes
 * it puts that off to the end of the claim, so that what a dead node had is due again by itself.
 */
export const durable: MigrationStep = async (kysely, { name, types }) => {
  // Compared and ordered by their bytes, as SQLite does from the start.
  const text = name === 'postgres' ? sql`text collate "C"` : sql`text`
  const integer = types.integer

  await kysely.schema
    .createTable('durable_executions')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('function_name', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('started_at', integer, (column) => column.notNull())
    .addColumn('due_at', integer)
    .addColumn('claim', 'text')
    .addColumn('expires_at', integer, (column) => column.notNull())
    .addColumn('writes', integer, (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addUniqueConstraint('durable_executions_name', ['account_id', 'region', 'function_name', 'name'])
    .execute()
  await kysely.schema
    .createIndex('durable_executions_by_start')
    .on('durable_executions')
    .columns(['account_id', 'region', 'function_name', 'started_at', 'id'])
    .execute()
  for (const column of ['due_at', 'expires_at', 'claim'])
    await kysely.schema
      .createIndex(`durable_executions_by_${column}`)
      .on('durable_executions')
      .column(column)
      .execute()

  await kysely.schema
    .createTable('durable_operations')
    .addColumn('execution_id', text, (column) =>
      column.notNull().references('durable_executions.id').onDelete('cascade'),
    )
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('place', integer, (column) => column.notNull())
    .addColumn('parent_id', 'text')
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('replay_children', integer, (column) => column.notNull())
    .addColumn('awaited', integer, (column) => column.notNull())
    .addColumn('due_at', integer)
    .addColumn('change', integer, (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('durable_operations_key', ['execution_id', 'id'])
    .execute()
  for (const column of ['place', 'change', 'due_at'])
    await kysely.schema
      .createIndex(`durable_operations_by_${column}`)
      .on('durable_operations')
      .columns(['execution_id', column])
      .execute()
  await kysely.schema
    .createIndex('durable_operations_awaited')
    .on('durable_operations')
    .columns(['execution_id', 'awaited'])
    .execute()

  await kysely.schema
    .createTable('durable_events')
    .addColumn('execution_id', text, (column) =>
      column.notNull().references('durable_executions.id').onDelete('cascade'),
    )
    .addColumn('id', integer, (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('durable_events_key', ['execution_id', 'id'])
    .execute()

  await kysely.schema
    .createTable('durable_invokes')
    .addColumn('execution_id', text, (column) =>
      column.notNull().references('durable_executions.id').onDelete('cascade'),
    )
    .addColumn('operation_id', 'text', (column) => column.notNull())
    .addColumn('due_at', integer, (column) => column.notNull())
    .addColumn('claim', 'text')
    .addColumn('attempts', integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('durable_invokes_key', ['execution_id', 'operation_id'])
    .execute()
  await kysely.schema
    .createIndex('durable_invokes_by_due_at')
    .on('durable_invokes')
    .column('due_at')
    .execute()
}
