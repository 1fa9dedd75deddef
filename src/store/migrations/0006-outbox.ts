import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/** What one service leaves for others, until it has arrived. */
export const outbox: MigrationStep = async (kysely, { name, types }) => {
  await kysely.schema
    .createTable('store_outbox')
    .addColumn('id', name === 'postgres' ? sql`bigserial` : sql`integer`, (column) =>
      name === 'postgres' ? column.primaryKey() : column.primaryKey().autoIncrement(),
    )
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('lane', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('attempts', types.integer, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('due_at', types.integer, (column) => column.notNull())
    .addColumn('owner', 'text')
    .execute()
  await kysely.schema
    .createIndex('store_outbox_by_due')
    .on('store_outbox')
    .columns(['kind', 'due_at', 'id'])
    .execute()
  await kysely.schema
    .createIndex('store_outbox_by_lane')
    .on('store_outbox')
    .columns(['kind', 'lane', 'due_at'])
    .execute()
}
