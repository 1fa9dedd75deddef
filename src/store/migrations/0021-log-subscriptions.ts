import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/** Who is told of a log group's events, and which services may write to an account's groups. */
export const logSubscriptions: MigrationStep = async (kysely, { name, types }) => {
  // Names are listed in the order of their bytes, as SQLite has it from the start.
  const nameType = name === 'postgres' ? sql`text collate "C"` : sql`text`
  await kysely.schema
    .createTable('log_subscriptions')
    .addColumn('group_id', types.integer, (column) => column.notNull().references('log_groups.id'))
    .addColumn('name', nameType, (column) => column.notNull())
    .addColumn('subscription', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('log_subscriptions_key', ['group_id', 'name'])
    .execute()
  await kysely.schema
    .createTable('log_resource_policies')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', nameType, (column) => column.notNull())
    .addColumn('document', 'text', (column) => column.notNull())
    .addColumn('updated_at', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('log_resource_policies_key', ['account_id', 'region', 'name'])
    .execute()
}
