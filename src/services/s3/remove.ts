import type { Cause } from './announce.ts'
import type { Bucket } from './bucket.ts'
import type { S3Deps } from './deps.ts'
import type { EventName } from './notification.ts'
import { NO_VERSION, type ObjectVersion, type StoredFile } from './object.ts'
import { newVersionId } from './place.ts'
import type { S3Editor } from './store.ts'

export interface Doomed {
  readonly key: string
  readonly cause: Cause
  readonly event: EventName
}

export interface Removed {
  /** What was made, or removed, is a delete marker. */
  readonly isDeleteMarker: boolean
  readonly versionId?: string
  readonly files: readonly StoredFile[]
}

/** What is not there is as good as removed. */
export async function removeVersion(
  { announce }: Pick<S3Deps, 'announce'>,
  editor: S3Editor,
  bucket: Bucket,
  { key, versionId, cause, event }: Doomed & { readonly versionId: string },
): Promise<Removed> {
  const { name, versioning } = bucket
  const shown = versioning === undefined ? {} : { versionId }
  const placed = await editor.version(name, key, versionId)
  if (placed === undefined) return { isDeleteMarker: false, files: [], ...shown }
  const files = await editor.removeVersion(name, placed)
  const { version } = placed
  await announce(editor.transaction, bucket, { event, version, cause })
  return { isDeleteMarker: version.isDeleteMarker, files, ...shown }
}

export async function addDeleteMarker(
  { clock, random, announce }: Pick<S3Deps, 'clock' | 'random' | 'announce'>,
  editor: S3Editor,
  bucket: Bucket,
  { key, cause, event }: Doomed,
): Promise<Removed> {
  const { name, versioning } = bucket
  const versionId = versioning === 'Enabled' ? newVersionId(random) : NO_VERSION
  const version: ObjectVersion = {
    key,
    versionId,
    isDeleteMarker: true,
    modifiedAt: clock.now(),
    files: [],
    etag: '',
    checksums: {},
    checksumType: 'FULL_OBJECT',
    headers: {},
    metadata: {},
    tags: {},
    storageClass: 'STANDARD',
  }
  const files = await editor.addVersion(name, version)
  await announce(editor.transaction, bucket, { event, version, cause })
  return { isDeleteMarker: true, versionId, files }
}
