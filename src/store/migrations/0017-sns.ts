import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/** Topics and subscriptions as documents; messages on their way are the outbox's. */
export const sns: MigrationStep = async (kysely, { name }) => {
  // Names are listed in the order of their bytes, as SQLite has it from the start.
  const nameType = name === 'postgres' ? sql`text collate "C"` : sql`text`
  await kysely.schema
    .createTable('sns_topics')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('name', nameType, (column) => column.notNull())
    .addColumn('topic', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('sns_topics_key', ['account_id', 'region', 'name'])
    .execute()
  await kysely.schema
    .createTable('sns_subscriptions')
    .addColumn('arn', nameType, (column) => column.primaryKey())
    .addColumn('topic_arn', 'text', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('protocol', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('subscription', 'text', (column) => column.notNull())
    .execute()
  await kysely.schema
    .createIndex('sns_subscriptions_by_topic')
    .on('sns_subscriptions')
    .columns(['topic_arn', 'arn'])
    .execute()
  await kysely.schema
    .createIndex('sns_subscriptions_by_owner')
    .on('sns_subscriptions')
    .columns(['owner', 'region', 'arn'])
    .execute()
  await kysely.schema
    .createIndex('sns_subscriptions_by_endpoint')
    .on('sns_subscriptions')
    .columns(['topic_arn', 'protocol', 'endpoint'])
    .unique()
    .execute()
}
