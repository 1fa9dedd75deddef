import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/** Of SNS: subscriptions that have ended and may come back, mail that nobody carries, and settings of accounts. */
export const snsMail: MigrationStep = async (kysely, { name, types }) => {
  await kysely.schema
    .createTable('sns_departed')
    .addColumn('arn', 'text', (column) => column.primaryKey())
    .addColumn('topic_arn', 'text', (column) => column.notNull())
    .addColumn('expires_at', types.integer, (column) => column.notNull())
    .addColumn('departed', 'text', (column) => column.notNull())
    .execute()
  await kysely.schema
    .createIndex('sns_departed_by_expiry')
    .on('sns_departed')
    .columns(['expires_at'])
    .execute()
  await kysely.schema.createIndex('sns_departed_by_topic').on('sns_departed').columns(['topic_arn']).execute()
  await kysely.schema
    .createTable('sns_mail')
    .addColumn('id', name === 'postgres' ? sql`bigserial` : sql`integer`, (column) =>
      name === 'postgres' ? column.primaryKey() : column.primaryKey().autoIncrement(),
    )
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('mail', 'text', (column) => column.notNull())
    .addUniqueConstraint('sns_mail_key', ['account_id', 'region', 'key'])
    .execute()
  await kysely.schema
    .createIndex('sns_mail_by_age')
    .on('sns_mail')
    .columns(['account_id', 'region', 'id'])
    .execute()
  await kysely.schema
    .createTable('sns_accounts')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('sns_accounts_key', ['account_id', 'region'])
    .execute()
}
