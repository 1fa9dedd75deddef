import type { Transaction } from 'kysely'
import type { Tables } from '../../store/database.ts'
import type { Bucket } from './bucket.ts'
import type { ObjectVersion, StoredFile } from './object.ts'
import type { Part, Upload } from './upload.ts'

export interface KeyRange {
  readonly prefix: string
  /** Only keys after this one; with `from`, from it on. */
  readonly after?: string
  readonly limit: number
}

export interface VersionRange extends KeyRange {
  /** With `after`: the versions of that key that are older than this one, too. */
  readonly afterSeq?: number
}

/** A version with its place among those of its key: the newest has the highest. */
export interface PlacedVersion {
  readonly version: ObjectVersion
  readonly seq: number
}

export interface S3Reader {
  bucket(name: string): Promise<Bucket | undefined>
  /** The newest version, which may be a delete marker. */
  latest(bucket: string, key: string): Promise<PlacedVersion | undefined>
  version(bucket: string, key: string, versionId: string): Promise<PlacedVersion | undefined>
  upload(bucket: string, key: string, id: string): Promise<Upload | undefined>
  /** By number. */
  parts(uploadId: string, range?: { readonly after: number; readonly limit: number }): Promise<Part[]>
}

/** What a write may change. All that is done in one `change` happens, or nothing of it. */
export interface S3Editor extends S3Reader {
  /** For what happens in other tables at the same time. */
  readonly transaction: Transaction<Tables>
  saveBucket(bucket: Bucket): Promise<void>
  /** With its uploads; returns the files that were theirs. */
  removeBucket(name: string): Promise<StoredFile[]>
  hasObjects(bucket: string): Promise<boolean>
  countBuckets(accountId: string): Promise<number>
  /** Puts a version on top of the others of its key. One that has the same id is replaced: its files come back. */
  addVersion(bucket: string, version: ObjectVersion): Promise<StoredFile[]>
  /** Changes what is said of a version, and not its bytes. */
  saveVersion(bucket: string, placed: PlacedVersion): Promise<void>
  /** The next one becomes the newest where it was the newest; returns its files. */
  removeVersion(bucket: string, placed: PlacedVersion): Promise<StoredFile[]>
  saveUpload(upload: Upload): Promise<void>
  /** Replaces the part of the same number, whose file comes back. */
  savePart(uploadId: string, part: Part): Promise<StoredFile[]>
  /** Forgets an upload with its parts: the files of those that no object has taken come back. */
  removeUpload(upload: Upload, taken: readonly StoredFile[]): Promise<StoredFile[]>
}

/** What S3 keeps beside the bytes of objects. */
export interface S3Store extends S3Reader {
  change<Result>(work: (editor: S3Editor) => Promise<Result>): Promise<Result>
  /** Those that have lifecycle rules, by name. */
  agingBuckets(): Promise<Bucket[]>
  /** By name. */
  buckets(accountId: string, range: KeyRange): Promise<Bucket[]>
  /** The objects that are there, by key. */
  objects(bucket: string, range: KeyRange): Promise<ObjectVersion[]>
  /** All versions and delete markers: by key, the newest first. */
  versions(bucket: string, range: VersionRange): Promise<PlacedVersion[]>
  /** By key, then id. */
  uploads(bucket: string, range: KeyRange & { readonly afterId?: string }): Promise<Upload[]>
  /** Which of these files an object or a part has. */
  filesInUse(names: readonly string[]): Promise<ReadonlySet<string>>
}
