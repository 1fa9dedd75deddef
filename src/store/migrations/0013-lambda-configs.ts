import type { MigrationStep } from './index.ts'

/** Function URLs, and code signing: its configurations, and which function has which. */
export const lambdaConfigs: MigrationStep = async (db) => {
  await db.schema
    .createTable('lambda_urls')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    // An alias, or empty for the function itself.
    .addColumn('qualifier', 'text', (column) => column.notNull())
    // The first part of the URL's host name.
    .addColumn('url_id', 'text', (column) => column.notNull().unique())
    .addColumn('record', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_urls_key', ['account_id', 'region', 'name', 'qualifier'])
    .addForeignKeyConstraint(
      'lambda_urls_function',
      ['account_id', 'region', 'name'],
      'lambda_functions',
      ['account_id', 'region', 'name'],
      (key) => key.onDelete('cascade'),
    )
    .execute()

  await db.schema
    .createTable('lambda_code_signing_configs')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    // `csc-` and 17 letters and digits.
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_code_signing_configs_key', ['account_id', 'region', 'id'])
    .execute()

  await db.schema
    .createTable('lambda_code_signing')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('config_id', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_code_signing_key', ['account_id', 'region', 'name'])
    .addForeignKeyConstraint(
      'lambda_code_signing_function',
      ['account_id', 'region', 'name'],
      'lambda_functions',
      ['account_id', 'region', 'name'],
      (key) => key.onDelete('cascade'),
    )
    // One that a function has cannot be deleted.
    .addForeignKeyConstraint(
      'lambda_code_signing_config',
      ['account_id', 'region', 'config_id'],
      'lambda_code_signing_configs',
      ['account_id', 'region', 'id'],
    )
    .execute()
  await db.schema
    .createIndex('lambda_code_signing_functions')
    .on('lambda_code_signing')
    .columns(['account_id', 'region', 'config_id', 'name'])
    .execute()
}
