import type { Algorithm, Checksums } from './checksums.ts'
import type { ObjectFacts, StoredFile } from './object.ts'

/** An object that is being put in parts. */
export interface Upload {
  readonly bucket: string
  readonly key: string
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly facts: ObjectFacts
  readonly algorithm?: Algorithm
  readonly checksumType?: 'FULL_OBJECT' | 'COMPOSITE'
}

export interface Part {
  /** 1 to 10,000. */
  readonly number: number
  readonly file: StoredFile
  readonly etag: string
  readonly checksums: Checksums
  readonly modifiedAt: number
}

// Amazon S3 User Guide, "Amazon S3 multipart upload limits".
export const PARTS_MAX = 10_000
export const PART_BYTES_MIN = 5 * 1024 ** 2
export const PUT_BYTES_MAX = 5 * 1024 ** 3
