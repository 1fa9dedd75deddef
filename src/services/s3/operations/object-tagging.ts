import type { Bucket, Tags } from '../bucket.ts'
import type { S3Deps, S3Operation } from '../deps.ts'
import { findBucket, findVersion, shownVersion } from '../find.ts'
import { OBJECT_TAGS_MAX, readTagSet, tagSetOf } from '../tags.ts'

interface Asked {
  readonly Bucket: string | undefined
  readonly Key: string | undefined
  readonly VersionId?: string | undefined
  readonly ExpectedBucketOwner?: string | undefined
}

export const getObjectTagging: S3Operation<'GetObjectTagging'> = async ({ store }, input, call) => {
  const bucket = await findBucket(store, input, call)
  const { version } = await findVersion(store, bucket.name, input.Key ?? '', input.VersionId)
  return { ...shownVersion(bucket, version), TagSet: tagSetOf(version.tags) }
}

export const putObjectTagging: S3Operation<'PutObjectTagging'> = async (deps, input, call) => {
  const tags = readTagSet(input.Tagging?.TagSet ?? [], OBJECT_TAGS_MAX)
  const bucket = await findBucket(deps.store, input, call)
  return retag(deps, bucket, input, tags)
}

export const deleteObjectTagging: S3Operation<'DeleteObjectTagging'> = async (deps, input, call) => {
  const bucket = await findBucket(deps.store, input, call)
  return retag(deps, bucket, input, {})
}

async function retag({ store }: S3Deps, bucket: Bucket, input: Asked, tags: Tags) {
  return store.change(async (editor) => {
    const { version, seq } = await findVersion(editor, bucket.name, input.Key ?? '', input.VersionId)
    await editor.saveVersion(bucket.name, { version: { ...version, tags }, seq })
    return shownVersion(bucket, version)
  })
}
