import type { MigrationStep } from './index.ts'

export const createStore: MigrationStep = async (kysely, { types }) => {
  await kysely.schema
    .createTable('store_settings')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute()
  await kysely.schema
    .createTable('store_leases')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('token', types.integer, (column) => column.notNull())
    .addColumn('expires_at', types.integer, (column) => column.notNull())
    .execute()
}
