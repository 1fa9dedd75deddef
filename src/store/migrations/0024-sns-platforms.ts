import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/** Of SNS: applications for mobile push and their endpoints, as documents. */
export const snsPlatforms: MigrationStep = async (kysely, { name }) => {
  // ARNs are listed in the order of their bytes, as SQLite has it from the start.
  const arnType = name === 'postgres' ? sql`text collate "C"` : sql`text`
  await kysely.schema
    .createTable('sns_applications')
    .addColumn('arn', arnType, (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('application', 'text', (column) => column.notNull())
    .execute()
  await kysely.schema
    .createIndex('sns_applications_by_account')
    .on('sns_applications')
    .columns(['account_id', 'region', 'arn'])
    .execute()
  await kysely.schema
    .createTable('sns_endpoints')
    .addColumn('arn', arnType, (column) => column.primaryKey())
    .addColumn('application_arn', 'text', (column) => column.notNull())
    .addColumn('token', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addUniqueConstraint('sns_endpoints_token', ['application_arn', 'token'])
    .execute()
  await kysely.schema
    .createIndex('sns_endpoints_by_application')
    .on('sns_endpoints')
    .columns(['application_arn', 'arn'])
    .execute()
}
