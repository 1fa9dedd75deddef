import type { MigrationStep } from './index.ts'

/** IAM: access keys, the secrets that all nodes share, roles, and managed policies. Lists within are JSON. */
export const iam: MigrationStep = async (kysely, { types }) => {
  await kysely.schema
    .createTable('secrets')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', types.bytes, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .execute()

  await kysely.schema
    .createTable('access_keys')
    .addColumn('access_key_id', 'text', (column) => column.primaryKey())
    .addColumn('secret_access_key', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('principal_arn', 'text', (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .execute()

  // Locked by whoever changes an account's IAM: its rules span entities, and changes are rare.
  await kysely.schema
    .createTable('iam_accounts')
    .addColumn('account_id', 'text', (column) => column.primaryKey())
    .addColumn('changes', types.integer, (column) => column.notNull())
    .execute()

  await kysely.schema
    .createTable('iam_roles')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('name_key', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('iam_roles_key', ['account_id', 'name_key'])
    .execute()

  await kysely.schema
    .createTable('iam_policies')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('name_key', 'text', (column) => column.notNull())
    .addColumn('arn', 'text', (column) => column.notNull())
    .addColumn('policy', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('iam_policies_key', ['account_id', 'name_key'])
    .addUniqueConstraint('iam_policies_arn', ['arn'])
    .execute()
}
