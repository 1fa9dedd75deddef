import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/** Pipes as documents, with whether they run. */
export const pipes: MigrationStep = async (kysely, { name, types }) => {
  // Names are listed in the order of their bytes, as SQLite has it from the start.
  const nameType = name === 'postgres' ? sql`text collate "C"` : sql`text`
  await kysely.schema
    .createTable('pipes_pipes')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', nameType, (column) => column.notNull())
    .addColumn('is_running', types.integer, (column) => column.notNull())
    .addColumn('pipe', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('pipes_pipes_key', ['account_id', 'region', 'name'])
    .execute()
  await kysely.schema.createIndex('pipes_pipes_running').on('pipes_pipes').column('is_running').execute()
}
