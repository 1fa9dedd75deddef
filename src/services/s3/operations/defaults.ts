import type { S3Deps, S3Operation } from '../deps.ts'
import { noObjectLock, notSet } from '../errors.ts'
import { findBucket, findVersion } from '../find.ts'

// What tools ask of every bucket, of settings that cannot be made: AWS's answers where nothing is set.

type Asked = { readonly Bucket: string | undefined; readonly ExpectedBucketOwner?: string | undefined }

function never(code: string, message: string) {
  return async ({ store }: S3Deps, input: Asked, call: { readonly accountId: string }): Promise<never> => {
    await findBucket(store, input, call)
    throw notSet(code, message, input.Bucket)
  }
}

export const getBucketReplication: S3Operation<'GetBucketReplication'> = never(
  'ReplicationConfigurationNotFoundError',
  'The replication configuration was not found',
)
export const getBucketWebsite: S3Operation<'GetBucketWebsite'> = never(
  'NoSuchWebsiteConfiguration',
  'The specified bucket does not have a website configuration',
)
export const getObjectLockConfiguration: S3Operation<'GetObjectLockConfiguration'> = never(
  'ObjectLockConfigurationNotFoundError',
  'Object Lock configuration does not exist for this bucket',
)

async function nothing(
  { store }: S3Deps,
  input: Asked,
  call: { readonly accountId: string },
): Promise<object> {
  await findBucket(store, input, call)
  return {}
}

export const getBucketLogging: S3Operation<'GetBucketLogging'> = nothing

export const getBucketRequestPayment: S3Operation<'GetBucketRequestPayment'> = async (
  { store },
  input,
  call,
) => {
  await findBucket(store, input, call)
  return { Payer: 'BucketOwner' }
}

// What is removed though it cannot be set, as tools do before they remove a bucket.
export const deleteBucketReplication: S3Operation<'DeleteBucketReplication'> = nothing
export const deleteBucketWebsite: S3Operation<'DeleteBucketWebsite'> = nothing

/** No bucket has object lock. */
async function unlocked(
  { store }: S3Deps,
  input: Asked & { readonly Key: string | undefined; readonly VersionId?: string | undefined },
  call: { readonly accountId: string },
): Promise<never> {
  const bucket = await findBucket(store, input, call)
  await findVersion(store, bucket, { key: input.Key ?? '', versionId: input.VersionId })
  throw noObjectLock()
}

export const getObjectLegalHold: S3Operation<'GetObjectLegalHold'> = unlocked
export const getObjectRetention: S3Operation<'GetObjectRetention'> = unlocked
export const putObjectLegalHold: S3Operation<'PutObjectLegalHold'> = unlocked
export const putObjectRetention: S3Operation<'PutObjectRetention'> = unlocked
