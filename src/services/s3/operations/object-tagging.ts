import type { Cause } from '../announce.ts'
import type { Bucket, Tags } from '../bucket.ts'
import type { S3Deps, S3Operation } from '../deps.ts'
import { findBucket, findVersion, shownVersion } from '../find.ts'
import type { EventName } from '../notification.ts'
import { OBJECT_TAGS_MAX, readTagSet, tagSetOf } from '../tags.ts'

interface Asked {
  readonly Key: string | undefined
  readonly VersionId?: string | undefined
  readonly tags: Tags
  readonly event: EventName
  readonly cause: Cause
}

export const getObjectTagging: S3Operation<'GetObjectTagging'> = async ({ store }, input, call) => {
  const bucket = await findBucket(store, input, call)
  const { version } = await findVersion(store, bucket.name, input.Key ?? '', input.VersionId)
  return { ...shownVersion(bucket, version), TagSet: tagSetOf(version.tags) }
}

export const putObjectTagging: S3Operation<'PutObjectTagging'> = async (deps, input, call) => {
  const tags = readTagSet(input.Tagging?.TagSet ?? [], OBJECT_TAGS_MAX)
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
    const { version, seq } = await findVersion(editor, bucket.name, asked.Key ?? '', asked.VersionId)
    await announce(editor.transaction, bucket, { event, version, cause })
    await editor.saveVersion(bucket.name, { version: { ...version, tags }, seq })
    return shownVersion(bucket, version)
  })
}
