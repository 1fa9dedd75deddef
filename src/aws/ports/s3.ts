import type { Readable } from 'node:stream'
import type { Sender } from './delivery.ts'

export interface FoundObject {
  readonly body: Readable
  readonly bytes: number
  readonly versionId?: string
  /** Without quotes. */
  readonly etag: string
}

/** What other services ask of S3. All throw `DeliveryError`, with S3's code: NoSuchBucket, NoSuchKey, AccessDenied. */
export interface S3Port {
  get(
    bucket: string,
    key: string,
    options: { readonly versionId?: string; readonly sender: Sender },
  ): Promise<FoundObject>
  /** Durable when it resolves. */
  put(
    bucket: string,
    key: string,
    body: Uint8Array,
    options: { readonly contentType: string; readonly sender: Sender },
  ): Promise<{ readonly versionId?: string }>
  bucketExists(bucket: string): Promise<boolean>
}
