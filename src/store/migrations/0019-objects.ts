import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/** Buckets, the versions of objects in them, uploads in parts, and which files of the data folder are in use. */
export const s3: MigrationStep = async (kysely, { name, types }) => {
  // Keys are listed in the order of their bytes, as SQLite has it from the start.
  const keyType = name === 'postgres' ? sql`text collate "C"` : sql`text`
  await kysely.schema
    .createTable('s3_buckets')
    .addColumn('name', keyType, (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('bucket', 'text', (column) => column.notNull())
    .execute()
  await kysely.schema
    .createIndex('s3_buckets_by_account')
    .on('s3_buckets')
    .columns(['account_id', 'name'])
    .execute()
  await kysely.schema
    .createTable('s3_objects')
    .addColumn('bucket', keyType, (column) => column.notNull())
    .addColumn('key', keyType, (column) => column.notNull())
    .addColumn('seq', types.integer, (column) => column.notNull())
    .addColumn('version_id', 'text', (column) => column.notNull())
    .addColumn('is_listed', types.integer, (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('s3_objects_key', ['bucket', 'key', 'seq'])
    .execute()
  await kysely.schema
    .createIndex('s3_objects_by_version')
    .unique()
    .on('s3_objects')
    .columns(['bucket', 'key', 'version_id'])
    .execute()
  await kysely.schema
    .createIndex('s3_objects_listed')
    .on('s3_objects')
    .columns(['bucket', 'is_listed', 'key'])
    .execute()
  await kysely.schema
    .createTable('s3_uploads')
    .addColumn('bucket', keyType, (column) => column.notNull())
    .addColumn('key', keyType, (column) => column.notNull())
    .addColumn('id', keyType, (column) => column.notNull())
    .addColumn('upload', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('s3_uploads_key', ['bucket', 'key', 'id'])
    .execute()
  await kysely.schema
    .createTable('s3_parts')
    .addColumn('upload_id', 'text', (column) => column.notNull())
    .addColumn('number', types.integer, (column) => column.notNull())
    .addColumn('part', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('s3_parts_key', ['upload_id', 'number'])
    .execute()
  await kysely.schema
    .createTable('s3_files')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .execute()
}
