import type { S3Deps, S3Operation } from '../deps.ts'
import { notSet } from '../errors.ts'
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

export const getBucketAccelerateConfiguration: S3Operation<'GetBucketAccelerateConfiguration'> = nothing
export const getBucketLogging: S3Operation<'GetBucketLogging'> = nothing

export const getBucketRequestPayment: S3Operation<'GetBucketRequestPayment'> = async (
  { store },
  input,
  call,
) => {
  await findBucket(store, input, call)
  return { Payer: 'BucketOwner' }
}

export const getBucketAcl: S3Operation<'GetBucketAcl'> = async ({ store }, input, call) => {
  const { accountId } = await findBucket(store, input, call)
  return ownersAcl(accountId)
}

export const getObjectAcl: S3Operation<'GetObjectAcl'> = async ({ store }, input, call) => {
  const { name, accountId } = await findBucket(store, input, call)
  await findVersion(store, name, input.Key ?? '', input.VersionId)
  return ownersAcl(accountId)
}

/** Where the bucket's owner is enforced, there is no other. */
function ownersAcl(accountId: string) {
  const Grantee = { Type: 'CanonicalUser' as const, ID: accountId }
  return { Owner: { ID: accountId }, Grants: [{ Grantee, Permission: 'FULL_CONTROL' as const }] }
}
