import { AwsError } from '../../../aws/error.ts'
import type { Cause } from '../announce.ts'
import type { Bucket } from '../bucket.ts'
import { refuseUnlessPut } from '../conditions.ts'
import type { S3Deps, S3Operation } from '../deps.ts'
import { malformedXml, noSuchBucket, notImplemented } from '../errors.ts'
import { findBucket } from '../find.ts'
import { NO_VERSION, type ObjectVersion, type StoredFile } from '../object.ts'
import { newVersionId } from '../place.ts'
import { refuseUnsupported } from '../refusals.ts'
import type { S3Editor } from '../store.ts'

export const deleteObject: S3Operation<'DeleteObject'> = async (deps, input, call) => {
  refuseUnsupported(input)
  if (input.IfMatchLastModifiedTime ?? input.IfMatchSize)
    throw notImplemented('x-amz-if-match-size and its like')
  await findBucket(deps.store, input, call)
  const { isDeleteMarker, versionId } = await remove(deps, input.Bucket ?? '', {
    key: input.Key ?? '',
    versionId: input.VersionId,
    etag: input.IfMatch,
    cause: call,
  })
  return { ...(isDeleteMarker && { DeleteMarker: true }), ...(versionId && { VersionId: versionId }) }
}

/** As many as one request may name. */
const KEYS_MAX = 1000

export const deleteObjects: S3Operation<'DeleteObjects'> = async (deps, input, call) => {
  refuseUnsupported(input)
  const { Objects = [], Quiet = false } = input.Delete ?? {}
  if (Objects.length === 0 || Objects.length > KEYS_MAX) throw malformedXml()
  await findBucket(deps.store, input, call)
  const Deleted: object[] = []
  const Errors: object[] = []
  for (const { Key: key = '', VersionId: versionId, ETag: etag } of Objects) {
    const named = { Key: key, ...(versionId !== undefined && { VersionId: versionId }) }
    try {
      const removed = await remove(deps, input.Bucket ?? '', { key, versionId, etag, cause: call })
      const marker = removed.isDeleteMarker && {
        DeleteMarker: true,
        ...(removed.versionId && { DeleteMarkerVersionId: removed.versionId }),
      }
      Deleted.push({ ...named, ...marker })
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      Errors.push({ ...named, Code: error.code, Message: error.message })
    }
  }
  return { ...(!Quiet && { Deleted }), ...(Errors.length > 0 && { Errors }) }
}

interface Doomed {
  readonly key: string
  readonly versionId: string | undefined
  readonly etag: string | undefined
  readonly cause: Cause
}

interface Removed {
  /** What was made, or removed, is a delete marker. */
  readonly isDeleteMarker: boolean
  readonly versionId?: string
  readonly files: readonly StoredFile[]
}

async function remove(deps: S3Deps, bucketName: string, doomed: Doomed): Promise<Removed> {
  const { key, versionId, etag } = doomed
  const removed = await deps.store.change(async (editor) => {
    const bucket = await editor.bucket(bucketName)
    if (bucket === undefined) throw noSuchBucket(bucketName)
    const latest = await editor.latest(bucketName, key)
    if (etag !== undefined) refuseUnlessPut({ IfMatch: etag }, latest?.version, key)
    if (versionId !== undefined) return removeVersion(deps, editor, bucket, { ...doomed, versionId })
    if (bucket.versioning === undefined) {
      return removeVersion(deps, editor, bucket, { ...doomed, versionId: NO_VERSION })
    }
    return addDeleteMarker(deps, editor, bucket, doomed)
  })
  await deps.files.remove(removed.files)
  return removed
}

/** What is not there is as good as removed. */
async function removeVersion(
  { announce }: S3Deps,
  editor: S3Editor,
  bucket: Bucket,
  { key, versionId, cause }: Doomed & { readonly versionId: string },
): Promise<Removed> {
  const { name, versioning } = bucket
  const shown = versioning === undefined ? {} : { versionId }
  const placed = await editor.version(name, key, versionId)
  if (placed === undefined) return { isDeleteMarker: false, files: [], ...shown }
  const files = await editor.removeVersion(name, placed)
  const { version } = placed
  await announce(editor.transaction, bucket, { event: 'ObjectRemoved:Delete', version, cause })
  return { isDeleteMarker: placed.version.isDeleteMarker, files, ...shown }
}

async function addDeleteMarker(
  { clock, random, announce }: S3Deps,
  editor: S3Editor,
  bucket: Bucket,
  { key, cause }: Doomed,
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
  await announce(editor.transaction, bucket, { event: 'ObjectRemoved:DeleteMarkerCreated', version, cause })
  return { isDeleteMarker: true, versionId, files }
}
