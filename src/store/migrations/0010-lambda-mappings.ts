import type { MigrationStep } from './index.ts'

/** Event source mappings, and how far their pollers have come. */
export const lambdaMappings: MigrationStep = async (db, { types }) => {
  await db.schema
    .createTable('lambda_mappings')
    .addColumn('uuid', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('source_kind', 'text', (column) => column.notNull())
    .addColumn('source_arn', 'text', (column) => column.notNull())
    .addColumn('function_name', 'text', (column) => column.notNull())
    // With the qualifier, as its owner gave it.
    .addColumn('function_arn', 'text', (column) => column.notNull())
    // Whether its source is to be polled.
    .addColumn('enabled', types.integer, (column) => column.notNull())
    .addColumn('settled', types.integer, (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addUniqueConstraint('lambda_mappings_once', ['account_id', 'region', 'function_arn', 'source_arn'])
    .execute()
  await db.schema
    .createIndex('lambda_mappings_listed')
    .on('lambda_mappings')
    .columns(['account_id', 'region', 'uuid'])
    .execute()
  await db.schema
    .createIndex('lambda_mappings_polled')
    .on('lambda_mappings')
    .columns(['source_kind', 'enabled', 'uuid'])
    .execute()
  await db.schema.createIndex('lambda_mappings_due').on('lambda_mappings').columns(['settled']).execute()

  await db.schema
    .createTable('lambda_mapping_positions')
    .addColumn('uuid', 'text', (column) => column.notNull())
    .addColumn('part', 'text', (column) => column.notNull())
    .addColumn('position', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lambda_mapping_positions_key', ['uuid', 'part'])
    .addForeignKeyConstraint(
      'lambda_mapping_positions_mapping',
      ['uuid'],
      'lambda_mappings',
      ['uuid'],
      (key) => key.onDelete('cascade'),
    )
    .execute()
}
