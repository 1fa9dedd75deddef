import type { S3Deps, S3Operation } from '../deps.ts'
import { notSet } from '../errors.ts'
import { findBucket } from '../find.ts'

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
