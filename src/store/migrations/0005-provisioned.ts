import type { MigrationStep } from './index.ts'

/** Provisioned concurrency of versions and aliases: what is wanted, and how far that has come. */
export const provisioned: MigrationStep = async (db, { types }) => {
  await db.schema
    .createTable('lambda_provisioned')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('qualifier', 'text', (column) => column.notNull())
    // Another one with each request, so that what was found out about an older one is not taken for it.
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('requested', types.integer, (column) => column.notNull())
    .addColumn('last_modified', types.integer, (column) => column.notNull())
    .addColumn('progress', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_provisioned_key', ['account_id', 'region', 'name', 'qualifier'])
    .addForeignKeyConstraint(
      'lambda_provisioned_function',
      ['account_id', 'region', 'name'],
      'lambda_functions',
      ['account_id', 'region', 'name'],
      (key) => key.onDelete('cascade'),
    )
    .execute()
}
