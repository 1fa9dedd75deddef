import { AwsError } from '../../../aws/error.ts'
import type { Cause } from '../announce.ts'
import type { Bucket } from '../bucket.ts'
import { refuseUnlessPut } from '../conditions.ts'
import type { S3Deps, S3Operation } from '../deps.ts'
import { malformedXml, noSuchBucket, noSuchVersion, notImplemented } from '../errors.ts'
import { findBucket, refuseBadVersionId } from '../find.ts'
import { NO_VERSION } from '../object.ts'
import { refuseUnsupported } from '../refusals.ts'
import { addDeleteMarker, type Removed, removeVersion } from '../remove.ts'
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
    isListed: false,
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
      const removed = await remove(deps, input.Bucket ?? '', {
        key,
        versionId,
        etag,
        isListed: true,
        cause: call,
      })
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
  /** Of a list of keys: each that names a version must name one that is there. */
  readonly isListed: boolean
  readonly cause: Cause
}

async function remove(deps: S3Deps, bucketName: string, doomed: Doomed): Promise<Removed> {
  const { key, versionId, etag } = doomed
  const removed = await deps.store.change(async (editor) => {
    const bucket = await editor.bucket(bucketName)
    if (bucket === undefined) throw noSuchBucket(bucketName)
    const latest = await editor.latest(bucketName, key)
    if (etag !== undefined) refuseUnlessPut({ IfMatch: etag }, latest?.version, key)
    if (versionId !== undefined) await refuseBadVersion(editor, bucket, { ...doomed, versionId })
    if (versionId === undefined && bucket.versioning !== undefined) {
      return addDeleteMarker(deps, editor, bucket, { ...doomed, event: 'ObjectRemoved:DeleteMarkerCreated' })
    }
    const named = { ...doomed, versionId: versionId ?? NO_VERSION, event: 'ObjectRemoved:Delete' } as const
    return removeVersion(deps, editor, bucket, named)
  })
  await deps.files.remove(removed.files)
  return removed
}

async function refuseBadVersion(
  editor: S3Editor,
  bucket: Bucket,
  { key, versionId, isListed }: Doomed & { readonly versionId: string },
): Promise<void> {
  if (!isListed) return refuseBadVersionId(bucket, versionId)
  if (versionId === NO_VERSION || (await editor.version(bucket.name, key, versionId)) !== undefined) return
  throw noSuchVersion(key, versionId)
}
