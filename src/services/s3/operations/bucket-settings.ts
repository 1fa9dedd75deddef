import { AwsError } from '../../../aws/error.ts'
import { ALL_BLOCKED, type Bucket } from '../bucket.ts'
import { readCorsRules } from '../cors.ts'
import type { S3Deps, S3Operation } from '../deps.ts'
import { malformedXml, noSuchBucket, notImplemented, notSet } from '../errors.ts'
import { findBucket } from '../find.ts'
import { aclNotSupported } from '../refusals.ts'
import { BUCKET_TAGS_MAX, readTagSet, tagSetOf } from '../tags.ts'

type BucketCall = { readonly accountId: string }
type BucketInput = { readonly Bucket: string | undefined; readonly ExpectedBucketOwner?: string | undefined }

/** Changes what is set on a bucket of the caller's; a member that becomes undefined is not set any more. */
async function change(
  { store }: S3Deps,
  input: BucketInput,
  call: BucketCall,
  changed: { readonly [Member in keyof Bucket]?: Bucket[Member] | undefined },
): Promise<void> {
  const { name } = await findBucket(store, input, call)
  await store.change(async (editor) => {
    const bucket = await editor.bucket(name)
    if (bucket === undefined) throw noSuchBucket(name)
    // JSON leaves out what is undefined.
    await editor.saveBucket({ ...bucket, ...changed } as Bucket)
  })
}

export const putBucketVersioning: S3Operation<'PutBucketVersioning'> = async (deps, input, call) => {
  const { Status, MFADelete } = input.VersioningConfiguration ?? {}
  if (MFADelete === 'Enabled' || input.MFA !== undefined) throw notImplemented('MFA delete')
  if (Status === undefined) throw malformedXml()
  await change(deps, input, call, { versioning: Status })
  return {}
}

export const getBucketVersioning: S3Operation<'GetBucketVersioning'> = async ({ store }, input, call) => {
  const { versioning } = await findBucket(store, input, call)
  return versioning === undefined ? {} : { Status: versioning }
}

export const putBucketTagging: S3Operation<'PutBucketTagging'> = async (deps, input, call) => {
  await change(deps, input, call, { tags: readTagSet(input.Tagging?.TagSet ?? [], BUCKET_TAGS_MAX) })
  return {}
}

export const getBucketTagging: S3Operation<'GetBucketTagging'> = async ({ store }, input, call) => {
  const { tags } = await findBucket(store, input, call)
  if (tags === undefined) throw notSet('NoSuchTagSet', 'The TagSet does not exist', input.Bucket)
  return { TagSet: tagSetOf(tags) }
}

export const deleteBucketTagging: S3Operation<'DeleteBucketTagging'> = async (deps, input, call) => {
  await change(deps, input, call, { tags: undefined })
  return {}
}

const POLICY_BYTES_MAX = 20 * 1024

export const putBucketPolicy: S3Operation<'PutBucketPolicy'> = async (deps, input, call) => {
  const { Policy: policy = '' } = input
  refuseBadPolicy(policy)
  await change(deps, input, call, { policy })
  return {}
}

function refuseBadPolicy(policy: string): void {
  const malformed = (message: string) => new AwsError('MalformedPolicy', message, { status: 400 })
  if (Buffer.byteLength(policy) > POLICY_BYTES_MAX) throw malformed('Policy exceeds the maximum allowed size')
  let document: { readonly Statement?: unknown } | null
  try {
    document = JSON.parse(policy)
  } catch {
    throw malformed("Policies must be valid JSON and the first byte must be '{'")
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw malformed("Policies must be valid JSON and the first byte must be '{'")
  }
  if (typeof document.Statement !== 'object' || document.Statement === null) {
    throw malformed('Missing required field Statement')
  }
}

export const getBucketPolicy: S3Operation<'GetBucketPolicy'> = async ({ store }, input, call) => {
  const { policy } = await findBucket(store, input, call)
  if (policy === undefined)
    throw notSet('NoSuchBucketPolicy', 'The bucket policy does not exist', input.Bucket)
  return { Policy: policy }
}

export const deleteBucketPolicy: S3Operation<'DeleteBucketPolicy'> = async (deps, input, call) => {
  await change(deps, input, call, { policy: undefined })
  return {}
}

export const putBucketCors: S3Operation<'PutBucketCors'> = async (deps, input, call) => {
  await change(deps, input, call, { cors: readCorsRules(input.CORSConfiguration?.CORSRules ?? []) })
  return {}
}

export const getBucketCors: S3Operation<'GetBucketCors'> = async ({ store }, input, call) => {
  const { cors } = await findBucket(store, input, call)
  if (cors === undefined) {
    throw notSet('NoSuchCORSConfiguration', 'The CORS configuration does not exist', input.Bucket)
  }
  // The client's types would have its arrays mutable.
  return { CORSRules: cors as never }
}

export const deleteBucketCors: S3Operation<'DeleteBucketCors'> = async (deps, input, call) => {
  await change(deps, input, call, { cors: undefined })
  return {}
}

export const putPublicAccessBlock: S3Operation<'PutPublicAccessBlock'> = async (deps, input, call) => {
  const given = input.PublicAccessBlockConfiguration ?? {}
  const publicAccessBlock = {
    BlockPublicAcls: given.BlockPublicAcls ?? false,
    IgnorePublicAcls: given.IgnorePublicAcls ?? false,
    BlockPublicPolicy: given.BlockPublicPolicy ?? false,
    RestrictPublicBuckets: given.RestrictPublicBuckets ?? false,
  }
  await change(deps, input, call, { publicAccessBlock })
  return {}
}

export const getPublicAccessBlock: S3Operation<'GetPublicAccessBlock'> = async ({ store }, input, call) => {
  const { publicAccessBlock = ALL_BLOCKED } = await findBucket(store, input, call)
  return { PublicAccessBlockConfiguration: publicAccessBlock }
}

export const putBucketOwnershipControls: S3Operation<'PutBucketOwnershipControls'> = async (
  { store },
  input,
  call,
) => {
  await findBucket(store, input, call)
  const rules = input.OwnershipControls?.Rules ?? []
  if (rules.length !== 1) throw malformedXml()
  if (rules[0]?.ObjectOwnership !== 'BucketOwnerEnforced') throw aclNotSupported()
  return {}
}

export const getBucketOwnershipControls: S3Operation<'GetBucketOwnershipControls'> = async (
  { store },
  input,
  call,
) => {
  await findBucket(store, input, call)
  return { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } }
}

export const putBucketEncryption: S3Operation<'PutBucketEncryption'> = async ({ store }, input, call) => {
  await findBucket(store, input, call)
  const rules = input.ServerSideEncryptionConfiguration?.Rules ?? []
  if (rules.length !== 1) throw malformedXml()
  const { ApplyServerSideEncryptionByDefault: byDefault } = rules[0] ?? {}
  if (byDefault !== undefined && byDefault.SSEAlgorithm !== 'AES256') {
    throw notImplemented(`Encryption by ${byDefault.SSEAlgorithm}`)
  }
  return {}
}

/** What all buckets have that name no key of theirs. */
export const getBucketEncryption: S3Operation<'GetBucketEncryption'> = async ({ store }, input, call) => {
  await findBucket(store, input, call)
  const byDefault = { SSEAlgorithm: 'AES256' as const }
  const rule = { ApplyServerSideEncryptionByDefault: byDefault, BucketKeyEnabled: false }
  return { ServerSideEncryptionConfiguration: { Rules: [rule] } }
}
