import type { Tags } from './bucket.ts'
import type { Checksums } from './checksums.ts'

/** A file of the data folder that holds an object, or one part of it. */
export interface StoredFile {
  readonly name: string
  readonly bytes: number
  /** Of a part that has some. */
  readonly checksums?: Checksums
}

/** The headers that a client gives an object, and gets back with it. */
export interface ObjectHeaders {
  readonly ContentType?: string
  readonly ContentEncoding?: string
  readonly ContentDisposition?: string
  readonly ContentLanguage?: string
  readonly CacheControl?: string
  readonly Expires?: string
}

/** What comes with an object beside its bytes. */
export interface ObjectFacts {
  readonly headers: ObjectHeaders
  readonly metadata: Readonly<Record<string, string>>
  readonly tags: Tags
  /** Kept and shown; all are stored alike. */
  readonly storageClass: string
}

/** An object's bytes, as they were stored. */
export interface Content {
  readonly files: readonly StoredFile[]
  /** Without quotes: the MD5 in hex; of an upload in parts, that of the parts' MD5s and their number. */
  readonly etag: string
  readonly checksums: Checksums
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE'
}

/** One version of an object, or a delete marker. */
export interface ObjectVersion extends ObjectFacts, Content {
  readonly key: string
  /** `null` where the bucket had no versions when it was put. */
  readonly versionId: string
  readonly isDeleteMarker: boolean
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
}

export const NO_VERSION = 'null'

export function sizeOf({ files }: Pick<Content, 'files'>): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Put in several parts, each of which is a file. */
export function isMultipart({ etag }: Pick<Content, 'etag'>): boolean {
  return etag.includes('-')
}

export function quoted(etag: string): string {
  return `"${etag}"`
}
