import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/** Functions with their versions, aliases and policies. Records are JSON; columns are what is asked for by. */
export const lambda: MigrationStep = async (db, { types }) => {
  await db.schema
    .createTable('lambda_functions')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('tags', 'text', (column) => column.notNull())
    .addColumn('reserved_concurrency', types.integer)
    // Counts the changes: to write it is to hold the function until the transaction ends.
    .addColumn('changes', types.integer, (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint('lambda_functions_key', ['account_id', 'region', 'name'])
    .execute()

  await db.schema
    .createTable('lambda_versions')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    // 0 is $LATEST.
    .addColumn('number', types.integer, (column) => column.notNull())
    .addColumn('code_sha256', 'text', (column) => column.notNull())
    // While an update is in progress invocations still run the code before it.
    .addColumn('running_sha256', 'text')
    .addColumn('code_bytes', types.integer, (column) => column.notNull())
    .addColumn('settled', types.integer, (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_versions_key', ['account_id', 'region', 'name', 'number'])
    .addForeignKeyConstraint(
      'lambda_versions_function',
      ['account_id', 'region', 'name'],
      'lambda_functions',
      ['account_id', 'region', 'name'],
      (key) => key.onDelete('cascade'),
    )
    .execute()
  for (const column of ['code_sha256', 'running_sha256']) {
    await db.schema.createIndex(`lambda_versions_${column}`).on('lambda_versions').column(column).execute()
  }
  await sql`create index lambda_versions_unsettled on lambda_versions (account_id, region, name, number) where settled = 0`.execute(
    db,
  )

  await db.schema
    .createTable('lambda_aliases')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('alias', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_aliases_key', ['account_id', 'region', 'name', 'alias'])
    .addForeignKeyConstraint(
      'lambda_aliases_function',
      ['account_id', 'region', 'name'],
      'lambda_functions',
      ['account_id', 'region', 'name'],
      (key) => key.onDelete('cascade'),
    )
    .execute()

  // One for each version and alias that has a policy; the function's own has an empty qualifier.
  await db.schema
    .createTable('lambda_policies')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('qualifier', 'text', (column) => column.notNull())
    .addColumn('statements', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_policies_key', ['account_id', 'region', 'name', 'qualifier'])
    .addForeignKeyConstraint(
      'lambda_policies_function',
      ['account_id', 'region', 'name'],
      'lambda_functions',
      ['account_id', 'region', 'name'],
      (key) => key.onDelete('cascade'),
    )
    .execute()

  // Outlives the function: version numbers are never used again.
  await db.schema
    .createTable('lambda_version_numbers')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('last', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_version_numbers_key', ['account_id', 'region', 'name'])
    .execute()

  // A row for each account and region, to hold while what its functions share is decided upon.
  await db.schema
    .createTable('lambda_accounts')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('changes', types.integer, (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint('lambda_accounts_key', ['account_id', 'region'])
    .execute()

  // Code on its way to a version, held until then.
  await db.schema
    .createTable('lambda_code_pins')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('pinned_until', types.integer, (column) => column.notNull())
    .execute()
}
