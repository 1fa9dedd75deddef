import type { MigrationStep } from './index.ts'

/** Which buckets have lifecycle rules: they are looked for at every start and every midnight. */
export const s3Lifecycle: MigrationStep = async (kysely, { types }) => {
  await kysely.schema
    .alterTable('s3_buckets')
    .addColumn('is_aging', types.integer, (column) => column.notNull().defaultTo(0))
    .execute()
  await kysely.schema.createIndex('s3_buckets_aging').on('s3_buckets').columns(['is_aging', 'name']).execute()
}
