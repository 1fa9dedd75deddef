import type { MigrationStep } from './index.ts'

/** Of FIFO topics: how far their numbers are, and which messages were published in the last minutes. */
export const snsFifo: MigrationStep = async (kysely, { types }) => {
  await kysely.schema
    .createTable('sns_sequences')
    .addColumn('topic_arn', 'text', (column) => column.primaryKey())
    .addColumn('last', types.integer, (column) => column.notNull())
    .execute()
  await kysely.schema
    .createTable('sns_deduplication')
    .addColumn('topic_arn', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('message_id', 'text', (column) => column.notNull())
    .addColumn('sequence', types.integer, (column) => column.notNull())
    .addColumn('expires_at', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('sns_deduplication_key', ['topic_arn', 'key'])
    .execute()
  await kysely.schema
    .createIndex('sns_deduplication_by_expiry')
    .on('sns_deduplication')
    .columns(['topic_arn', 'expires_at'])
    .execute()
}
