import type { Bucket } from './bucket.ts'
import {
  accessDenied,
  invalidVersionId,
  methodNotAllowed,
  noSuchBucket,
  noSuchKey,
  noSuchVersion,
} from './errors.ts'
import { NO_VERSION } from './object.ts'
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

interface AskedVersion {
  readonly key: string
  readonly versionId: string | undefined
  /** The HTTP method, which the refusal of a delete marker names. */
  readonly method?: string
}

/** The version that is asked for, or the newest, where that is no delete marker. */
export async function findVersion(
  store: S3Reader,
  bucket: Bucket,
  { key, versionId, method = 'GET' }: AskedVersion,
): Promise<PlacedVersion> {
  if (versionId !== undefined) refuseBadVersionId(bucket, versionId)
  const found =
    versionId === undefined
      ? await store.latest(bucket.name, key)
      : await store.version(bucket.name, key, versionId)
  if (found === undefined) throw versionId === undefined ? noSuchKey(key) : noSuchVersion(key, versionId)
  const { version } = found
  if (!version.isDeleteMarker) return found
  throw versionId === undefined ? noSuchKey(key, version) : methodNotAllowed(method, version)
}

/** @throws InvalidArgument */
export function refuseBadVersionId({ versioning }: Bucket, versionId: string): void {
  if (versionId === NO_VERSION) return
  if (versioning === undefined || !/^[\w.-]{32}$/.test(versionId)) throw invalidVersionId(versionId)
}

/** What answers say of a version's id: nothing where the bucket never had versions. */
export function shownVersion(
  { versioning }: Bucket,
  { versionId }: { readonly versionId: string },
): { VersionId?: string } {
  return versioning === undefined ? {} : { VersionId: versionId }
}
