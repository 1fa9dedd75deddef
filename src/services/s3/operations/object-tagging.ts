import type { Cause } from '../announce.ts'
import type { Bucket, Tags } from '../bucket.ts'
import type { S3Deps, S3Operation } from '../deps.ts'
import { methodNotAllowed } from '../errors.ts'
import { findBucket, findVersion, shownVersion } from '../find.ts'
import type { EventName } from '../notification.ts'
import type { PlacedVersion, S3Reader } from '../store.ts'
import { readTagSet, tagSetOf } from '../tags.ts'

interface Asked {
  readonly Key: string | undefined
  readonly VersionId?: string | undefined
  readonly tags: Tags
  readonly event: EventName
  readonly cause: Cause
}

export const getObjectTagging: S3Operation<'GetObjectTagging'> = async ({ store }, input, call) => {
  const bucket = await findBucket(store, input, call)
  const { version } = await findTagged(store, bucket, { ...input, method: 'GET' })
  return { ...shownVersion(bucket, version), TagSet: tagSetOf(version.tags) }
}

export const putObjectTagging: S3Operation<'PutObjectTagging'> = async (deps, input, call) => {
  const tags = readTagSet(input.Tagging?.TagSet ?? [], 'Object')
  const bucket = await findBucket(deps.store, input, call)
  return retag(deps, bucket, { ...input, tags, event: 'ObjectTagging:Put', cause: call })
}

export const deleteObjectTagging: S3Operation<'DeleteObjectTagging'> = async (deps, input, call) => {
  const bucket = await findBucket(deps.store, input, call)
  return retag(deps, bucket, { ...input, tags: {}, event: 'ObjectTagging:Delete', cause: call })
}

async function retag({ store, announce }: S3Deps, bucket: Bucket, asked: Asked) {
  const { tags, event, cause } = asked
  return store.change(async (editor) => {
    const method = event === 'ObjectTagging:Put' ? 'PUT' : 'DELETE'
    const { version, seq } = await findTagged(editor, bucket, { ...asked, method })
    await announce(editor.transaction, bucket, { event, version, cause })
    await editor.saveVersion(bucket.name, { version: { ...version, tags }, seq })
    return shownVersion(bucket, version)
  })
}

/** Of tags, a delete marker that is the newest version is refused as one that is named. */
async function findTagged(
  store: S3Reader,
  bucket: Bucket,
  { Key: key = '', VersionId: versionId, method }: Pick<Asked, 'Key' | 'VersionId'> & { method: string },
): Promise<PlacedVersion> {
  const latest = versionId === undefined ? await store.latest(bucket.name, key) : undefined
  if (latest?.version.isDeleteMarker) throw methodNotAllowed(method, latest.version)
  return findVersion(store, bucket, { key, versionId, method })
}
