import type { MigrationStep } from './index.ts'

/** Capacity providers, and the versions of functions that run on them. */
export const lambdaCapacity: MigrationStep = async (db) => {
  await db.schema
    .createTable('lambda_capacity_providers')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_capacity_providers_key', ['account_id', 'region', 'name'])
    .execute()

  await db.schema
    .createTable('lambda_managed_versions')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('provider', 'text', (column) => column.notNull())
    // JSON; absent until it is set.
    .addColumn('scaling', 'text')
    .addPrimaryKeyConstraint('lambda_managed_versions_key', ['account_id', 'region', 'name', 'version'])
    .addForeignKeyConstraint(
      'lambda_managed_versions_function',
      ['account_id', 'region', 'name'],
      'lambda_functions',
      ['account_id', 'region', 'name'],
      (key) => key.onDelete('cascade'),
    )
    .execute()
  await db.schema
    .createIndex('lambda_managed_versions_provider')
    .on('lambda_managed_versions')
    .columns(['account_id', 'region', 'provider', 'name', 'version'])
    .execute()
}
