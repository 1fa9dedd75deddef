import type { Kysely, Transaction } from 'kysely'
import type { Database, Tables } from '../../store/database.ts'
import type { Bucket } from './bucket.ts'
import type { ObjectVersion, StoredFile } from './object.ts'
import type { KeyRange, PlacedVersion, S3Editor, S3Reader, S3Store, VersionRange } from './store.ts'
import type { Part, Upload } from './upload.ts'

export type S3Tables = {
  s3_buckets: {
    name: string
    account_id: string
    /** 1: it has lifecycle rules. */
    is_aging: number
    bucket: string
  }
  s3_objects: {
    bucket: string
    key: string
    seq: number
    version_id: string
    /** 1: the newest version, and no delete marker. */
    is_listed: number
    version: string
  }
  s3_uploads: { bucket: string; key: string; id: string; upload: string }
  s3_parts: { upload_id: string; number: number; part: string }
  s3_files: { name: string }
}
type Read = Kysely<S3Tables>
type Write = Transaction<S3Tables>

/** Sorts after every key that begins as what it is added to does. */
export const LAST_CHARACTER = '\u{10ffff}'

/** S3's tables in SQLite or PostgreSQL. */
export function createS3Store(database: Database): S3Store {
  const read: Read = database.kysely.withTables<S3Tables>()
  return {
    ...readerOf(read),
    change: (work) =>
      database.write((transaction) => work(editorOf(transaction, transaction.withTables<S3Tables>()))),
    agingBuckets: async () => {
      const aging = read.selectFrom('s3_buckets').select('bucket').where('is_aging', '=', 1)
      return (await aging.orderBy('name').execute()).map(({ bucket }) => JSON.parse(bucket))
    },
    buckets: (accountId, range) => buckets(read, accountId, range),
    objects: (bucket, range) => objects(read, bucket, range),
    versions: (bucket, range) => versions(read, bucket, range),
    uploads: (bucket, range) => uploads(read, bucket, range),
    filesInUse: async (names) => {
      const rows = await read.selectFrom('s3_files').select('name').where('name', 'in', names).execute()
      return new Set(rows.map(({ name }) => name))
    },
  }
}

function readerOf(read: Read): S3Reader {
  const ofKey = (bucket: string, key: string) =>
    read
      .selectFrom('s3_objects')
      .select(['version', 'seq'])
      .where('bucket', '=', bucket)
      .where('key', '=', key)
  return {
    bucket: async (name) => {
      const row = await read
        .selectFrom('s3_buckets')
        .select('bucket')
        .where('name', '=', name)
        .executeTakeFirst()
      return row && JSON.parse(row.bucket)
    },
    latest: async (bucket, key) =>
      placed(await ofKey(bucket, key).orderBy('seq', 'desc').limit(1).executeTakeFirst()),
    version: async (bucket, key, versionId) =>
      placed(await ofKey(bucket, key).where('version_id', '=', versionId).executeTakeFirst()),
    upload: async (bucket, key, id) => {
      const row = await read
        .selectFrom('s3_uploads')
        .select('upload')
        .where('bucket', '=', bucket)
        .where('key', '=', key)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && JSON.parse(row.upload)
    },
    parts: async (uploadId, { after, limit } = { after: 0, limit: 10_000 }) => {
      const rows = await read
        .selectFrom('s3_parts')
        .select('part')
        .where('upload_id', '=', uploadId)
        .where('number', '>', after)
        .orderBy('number')
        .limit(limit)
        .execute()
      return rows.map(({ part }) => JSON.parse(part))
    },
  }
}

function editorOf(transaction: Transaction<Tables>, tables: Write): S3Editor {
  const reader = readerOf(tables)
  return {
    transaction,
    ...reader,
    saveBucket: async (bucket) => {
      const row = {
        name: bucket.name,
        account_id: bucket.accountId,
        is_aging: bucket.lifecycle === undefined ? 0 : 1,
        bucket: JSON.stringify(bucket),
      }
      await tables
        .insertInto('s3_buckets')
        .values(row)
        .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
        .execute()
    },
    removeBucket: (name) => removeBucket(tables, name),
    hasObjects: async (bucket) =>
      (await tables
        .selectFrom('s3_objects')
        .select('seq')
        .where('bucket', '=', bucket)
        .limit(1)
        .executeTakeFirst()) !== undefined,
    countBuckets: async (accountId) => {
      const { count } = await tables
        .selectFrom('s3_buckets')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('account_id', '=', accountId)
        .executeTakeFirstOrThrow()
      return Number(count)
    },
    addVersion: (bucket, version) => addVersion(tables, reader, bucket, version),
    saveVersion: async (bucket, { version, seq }) => {
      await tables
        .updateTable('s3_objects')
        .set({ version: JSON.stringify(version) })
        .where('bucket', '=', bucket)
        .where('key', '=', version.key)
        .where('seq', '=', seq)
        .execute()
    },
    removeVersion: (bucket, version) => removeVersion(tables, reader, bucket, version),
    saveUpload: async (upload) => {
      const { bucket, key, id } = upload
      await tables
        .insertInto('s3_uploads')
        .values({ bucket, key, id, upload: JSON.stringify(upload) })
        .execute()
    },
    savePart: (uploadId, part) => savePart(tables, uploadId, part),
    removeUpload: async (upload, taken) => {
      const kept = new Set(taken.map(({ name }) => name))
      const parts = await reader.parts(upload.id)
      const left = parts.map(({ file }) => file).filter(({ name }) => !kept.has(name))
      await tables.deleteFrom('s3_parts').where('upload_id', '=', upload.id).execute()
      await tables
        .deleteFrom('s3_uploads')
        .where('bucket', '=', upload.bucket)
        .where('key', '=', upload.key)
        .where('id', '=', upload.id)
        .execute()
      return forget(tables, left)
    },
  }
}

async function addVersion(
  tables: Write,
  reader: S3Reader,
  bucket: string,
  version: ObjectVersion,
): Promise<StoredFile[]> {
  const { key, versionId } = version
  const latest = await reader.latest(bucket, key)
  const replaced = await reader.version(bucket, key, versionId)
  if (replaced !== undefined) await deleteRow(tables, bucket, key, replaced.seq)
  if (latest !== undefined) await list(tables, bucket, { ...latest, isListed: false })
  await tables
    .insertInto('s3_objects')
    .values({
      bucket,
      key,
      seq: (latest?.seq ?? 0) + 1,
      version_id: versionId,
      is_listed: version.isDeleteMarker ? 0 : 1,
      version: JSON.stringify(version),
    })
    .execute()
  await remember(tables, version.files)
  return forget(tables, replaced?.version.files ?? [])
}

async function removeVersion(
  tables: Write,
  reader: S3Reader,
  bucket: string,
  { version, seq }: PlacedVersion,
): Promise<StoredFile[]> {
  await deleteRow(tables, bucket, version.key, seq)
  const latest = await reader.latest(bucket, version.key)
  if (latest !== undefined)
    await list(tables, bucket, { ...latest, isListed: !latest.version.isDeleteMarker })
  return forget(tables, version.files)
}

async function list(
  tables: Write,
  bucket: string,
  { version, seq, isListed }: PlacedVersion & { readonly isListed: boolean },
): Promise<void> {
  await tables
    .updateTable('s3_objects')
    .set({ is_listed: isListed ? 1 : 0 })
    .where('bucket', '=', bucket)
    .where('key', '=', version.key)
    .where('seq', '=', seq)
    .execute()
}

async function deleteRow(tables: Write, bucket: string, key: string, seq: number): Promise<void> {
  await tables
    .deleteFrom('s3_objects')
    .where('bucket', '=', bucket)
    .where('key', '=', key)
    .where('seq', '=', seq)
    .execute()
}

async function savePart(tables: Write, uploadId: string, part: Part): Promise<StoredFile[]> {
  const row = { upload_id: uploadId, number: part.number, part: JSON.stringify(part) }
  const replaced = await tables
    .selectFrom('s3_parts')
    .select('part')
    .where('upload_id', '=', uploadId)
    .where('number', '=', part.number)
    .executeTakeFirst()
  await tables
    .insertInto('s3_parts')
    .values(row)
    .onConflict((conflict) => conflict.columns(['upload_id', 'number']).doUpdateSet(row))
    .execute()
  await remember(tables, [part.file])
  return replaced === undefined ? [] : forget(tables, [(JSON.parse(replaced.part) as Part).file])
}

async function removeBucket(tables: Write, name: string): Promise<StoredFile[]> {
  const ids = tables.selectFrom('s3_uploads').select('id').where('bucket', '=', name)
  const parts = await tables.selectFrom('s3_parts').select('part').where('upload_id', 'in', ids).execute()
  await tables.deleteFrom('s3_parts').where('upload_id', 'in', ids).execute()
  await tables.deleteFrom('s3_uploads').where('bucket', '=', name).execute()
  await tables.deleteFrom('s3_buckets').where('name', '=', name).execute()
  return forget(
    tables,
    parts.map(({ part }) => (JSON.parse(part) as Part).file),
  )
}

/** Rows a statement: databases bound the parameters that one may have. */
const CHUNK = 500

/** An object of parts takes over the files that the parts had. */
async function remember(tables: Write, files: readonly StoredFile[]): Promise<void> {
  for (let from = 0; from < files.length; from += CHUNK) {
    await tables
      .insertInto('s3_files')
      .values(files.slice(from, from + CHUNK).map(({ name }) => ({ name })))
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute()
  }
}

async function forget(tables: Write, files: readonly StoredFile[]): Promise<StoredFile[]> {
  for (let from = 0; from < files.length; from += CHUNK) {
    const names = files.slice(from, from + CHUNK).map(({ name }) => name)
    await tables.deleteFrom('s3_files').where('name', 'in', names).execute()
  }
  return [...files]
}

function placed(
  row: { readonly version: string; readonly seq: number } | undefined,
): PlacedVersion | undefined {
  return row && { version: JSON.parse(row.version), seq: Number(row.seq) }
}

async function buckets(read: Read, accountId: string, { prefix, after, limit }: KeyRange): Promise<Bucket[]> {
  let query = read.selectFrom('s3_buckets').select('bucket').where('account_id', '=', accountId)
  if (prefix !== '') query = query.where('name', '>=', prefix).where('name', '<', prefix + LAST_CHARACTER)
  if (after !== undefined) query = query.where('name', '>', after)
  const rows = await query.orderBy('name').limit(limit).execute()
  return rows.map(({ bucket }) => JSON.parse(bucket))
}

async function objects(
  read: Read,
  bucket: string,
  { prefix, after, limit }: KeyRange,
): Promise<ObjectVersion[]> {
  let query = read
    .selectFrom('s3_objects')
    .select('version')
    .where('bucket', '=', bucket)
    .where('is_listed', '=', 1)
  if (prefix !== '') query = query.where('key', '>=', prefix).where('key', '<', prefix + LAST_CHARACTER)
  if (after !== undefined) query = query.where('key', '>', after)
  const rows = await query.orderBy('key').limit(limit).execute()
  return rows.map(({ version }) => JSON.parse(version))
}

async function versions(
  read: Read,
  bucket: string,
  { prefix, after, afterSeq, limit }: VersionRange,
): Promise<PlacedVersion[]> {
  let query = read.selectFrom('s3_objects').select(['version', 'seq']).where('bucket', '=', bucket)
  if (prefix !== '') query = query.where('key', '>=', prefix).where('key', '<', prefix + LAST_CHARACTER)
  if (after !== undefined) {
    query = query.where((eb) =>
      afterSeq === undefined
        ? eb('key', '>', after)
        : eb.or([eb('key', '>', after), eb.and([eb('key', '=', after), eb('seq', '<', afterSeq)])]),
    )
  }
  const rows = await query.orderBy('key').orderBy('seq', 'desc').limit(limit).execute()
  return rows.map(({ version, seq }) => ({ version: JSON.parse(version), seq: Number(seq) }))
}

async function uploads(
  read: Read,
  bucket: string,
  { prefix, after, afterId, limit }: KeyRange & { readonly afterId?: string },
): Promise<Upload[]> {
  let query = read.selectFrom('s3_uploads').select('upload').where('bucket', '=', bucket)
  if (prefix !== '') query = query.where('key', '>=', prefix).where('key', '<', prefix + LAST_CHARACTER)
  if (after !== undefined) {
    query = query.where((eb) =>
      afterId === undefined
        ? eb('key', '>', after)
        : eb.or([eb('key', '>', after), eb.and([eb('key', '=', after), eb('id', '>', afterId)])]),
    )
  }
  const rows = await query.orderBy('key').orderBy('id').limit(limit).execute()
  return rows.map(({ upload }) => JSON.parse(upload))
}
