import type { Bucket } from './bucket.ts'
import { accessDenied, methodNotAllowed, noSuchBucket, noSuchKey, noSuchVersion } from './errors.ts'
import type { PlacedVersion, S3Reader } from './store.ts'

interface Named {
  readonly Bucket: string | undefined
  readonly ExpectedBucketOwner?: string | undefined
}

/** The bucket, where it is the caller's. */
export async function findBucket(
  store: S3Reader,
  { Bucket: name = '', ExpectedBucketOwner }: Named,
  { accountId }: { readonly accountId: string },
): Promise<Bucket> {
  const bucket = await store.bucket(name)
  if (bucket === undefined) throw noSuchBucket(name)
  if (bucket.accountId !== accountId) throw accessDenied()
  if (ExpectedBucketOwner !== undefined && ExpectedBucketOwner !== bucket.accountId) throw accessDenied()
  return bucket
}

/** The version that is asked for, or the newest, where that is no delete marker. */
export async function findVersion(
  store: S3Reader,
  bucket: string,
  key: string,
  versionId: string | undefined,
): Promise<PlacedVersion> {
  const found =
    versionId === undefined ? await store.latest(bucket, key) : await store.version(bucket, key, versionId)
  if (found === undefined) throw versionId === undefined ? noSuchKey(key) : noSuchVersion()
  if (found.version.isDeleteMarker) throw versionId === undefined ? noSuchKey(key) : methodNotAllowed()
  return found
}

/** What answers say of a version's id: nothing where the bucket never had versions. */
export function shownVersion(
  { versioning }: Bucket,
  { versionId }: { readonly versionId: string },
): { VersionId?: string } {
  return versioning === undefined ? {} : { VersionId: versionId }
}
