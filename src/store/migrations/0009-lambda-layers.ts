import type { MigrationStep } from './index.ts'

/** Layers, and which versions of functions have them. */
export const lambdaLayers: MigrationStep = async (db, { types }) => {
  // Outlives its versions: their numbers are never used again.
  await db.schema
    .createTable('lambda_layers')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('layer', 'text', (column) => column.notNull())
    .addColumn('last', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_layers_key', ['account_id', 'region', 'layer'])
    .execute()

  await db.schema
    .createTable('lambda_layer_versions')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('layer', 'text', (column) => column.notNull())
    .addColumn('number', types.integer, (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('code_bytes', types.integer, (column) => column.notNull())
    // Each between commas, to be filtered by: `,python3.12,python3.13,`.
    .addColumn('runtimes', 'text', (column) => column.notNull())
    .addColumn('architectures', 'text', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_layer_versions_key', ['account_id', 'region', 'layer', 'number'])
    .execute()
  await db.schema
    .createIndex('lambda_layer_versions_sha256')
    .on('lambda_layer_versions')
    .column('sha256')
    .execute()

  // A layer that is deleted works on for the functions that have it.
  await db.schema
    .createTable('lambda_version_layers')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('number', types.integer, (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_version_layers_key', [
      'account_id',
      'region',
      'name',
      'number',
      'sha256',
    ])
    .addForeignKeyConstraint(
      'lambda_version_layers_version',
      ['account_id', 'region', 'name', 'number'],
      'lambda_versions',
      ['account_id', 'region', 'name', 'number'],
      (key) => key.onDelete('cascade'),
    )
    .execute()
  await db.schema
    .createIndex('lambda_version_layers_sha256')
    .on('lambda_version_layers')
    .column('sha256')
    .execute()
}
