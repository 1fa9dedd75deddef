import { AwsError } from '../../../aws/error.ts'
import { ALL_BLOCKED, type Bucket } from '../bucket.ts'
import { readCorsRules } from '../cors.ts'
import type { S3Deps, S3Operation } from '../deps.ts'
import {
  invalidArgument,
  invalidRequest,
  malformedXml,
  noSuchBucket,
  notImplemented,
  notSet,
} from '../errors.ts'
import { findBucket } from '../find.ts'
import { readTagSet, tagSetOf } from '../tags.ts'

type BucketCall = { readonly accountId: string }
type BucketInput = { readonly Bucket: string | undefined; readonly ExpectedBucketOwner?: string | undefined }

/** Changes what is set on a bucket of the caller's; a member that becomes undefined is not set any more. */
export async function change(
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
  if (Status === undefined) {
    const message = 'The Versioning element must be specified'
    throw new AwsError('IllegalVersioningConfigurationException', message, { status: 400 })
  }
  await change(deps, input, call, { versioning: Status })
  return {}
}

export const getBucketVersioning: S3Operation<'GetBucketVersioning'> = async ({ store }, input, call) => {
  const { versioning } = await findBucket(store, input, call)
  return versioning === undefined ? {} : { Status: versioning }
}

export const putBucketTagging: S3Operation<'PutBucketTagging'> = async (deps, input, call) => {
  await change(deps, input, call, { tags: readTagSet(input.Tagging?.TagSet ?? [], 'Bucket') })
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
  const { name, publicAccessBlock = ALL_BLOCKED } = await findBucket(store, input, call)
  if (publicAccessBlock === null) {
    const message = 'The public access block configuration was not found'
    throw notSet('NoSuchPublicAccessBlockConfiguration', message, name)
  }
  return { PublicAccessBlockConfiguration: publicAccessBlock }
}

export const deletePublicAccessBlock: S3Operation<'DeletePublicAccessBlock'> = async (deps, input, call) => {
  await change(deps, input, call, { publicAccessBlock: null })
  return {}
}

export const putBucketEncryption: S3Operation<'PutBucketEncryption'> = async (deps, input, call) => {
  await findBucket(deps.store, input, call)
  const [rule, ...others] = input.ServerSideEncryptionConfiguration?.Rules ?? []
  if (rule === undefined || others.length > 0) throw malformedXml()
  const { ApplyServerSideEncryptionByDefault: byDefault, BucketKeyEnabled: bucketKey } = rule
  if (byDefault !== undefined && byDefault.SSEAlgorithm !== 'AES256') {
    throw notImplemented(`Encryption by ${byDefault.SSEAlgorithm}`)
  }
  if (byDefault?.KMSMasterKeyID !== undefined) {
    throw invalidArgument(
      'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
      'ApplyServerSideEncryptionByDefault',
    )
  }
  await change(deps, input, call, { bucketKey })
  return {}
}

/** What all buckets have that name no key of theirs. */
export const getBucketEncryption: S3Operation<'GetBucketEncryption'> = async ({ store }, input, call) => {
  const { bucketKey = false } = await findBucket(store, input, call)
  const byDefault = { SSEAlgorithm: 'AES256' as const }
  const rule = { ApplyServerSideEncryptionByDefault: byDefault, BucketKeyEnabled: bucketKey }
  return { ServerSideEncryptionConfiguration: { Rules: [rule] } }
}

export const deleteBucketEncryption: S3Operation<'DeleteBucketEncryption'> = async (deps, input, call) => {
  await change(deps, input, call, { bucketKey: undefined })
  return {}
}

export const putBucketAccelerateConfiguration: S3Operation<'PutBucketAccelerateConfiguration'> = async (
  deps,
  input,
  call,
) => {
  const { name } = await findBucket(deps.store, input, call)
  if (name.includes('.')) {
    throw invalidRequest(
      'S3 Transfer Acceleration is not supported for buckets with periods (.) in their names',
    )
  }
  const { Status: accelerate } = input.AccelerateConfiguration ?? {}
  if (accelerate === undefined) throw malformedXml()
  await change(deps, input, call, { accelerate })
  return {}
}

/** There is nothing to be faster: all endpoints are one. */
export const getBucketAccelerateConfiguration: S3Operation<'GetBucketAccelerateConfiguration'> = async (
  { store },
  input,
  call,
) => {
  const { accelerate } = await findBucket(store, input, call)
  return accelerate === undefined ? {} : { Status: accelerate }
}

export const putBucketRequestPayment: S3Operation<'PutBucketRequestPayment'> = async (
  { store },
  input,
  call,
) => {
  await findBucket(store, input, call)
  if (input.RequestPaymentConfiguration?.Payer === 'Requester') throw notImplemented('Requester Pays')
  return {}
}

/** Whether a statement lets everybody in without any condition. AWS also weighs what conditions ask for. */
export const getBucketPolicyStatus: S3Operation<'GetBucketPolicyStatus'> = async ({ store }, input, call) => {
  const { name, policy } = await findBucket(store, input, call)
  if (policy === undefined) throw notSet('NoSuchBucketPolicy', 'The bucket policy does not exist', name)
  const { Statement } = JSON.parse(policy)
  const statements: PolicyStatement[] = Array.isArray(Statement) ? Statement : [Statement]
  return { PolicyStatus: { IsPublic: statements.some(isPublic) } }
}

interface PolicyStatement {
  readonly Effect?: unknown
  readonly Principal?: unknown
  readonly Condition?: unknown
}

function isPublic({ Effect, Principal, Condition }: PolicyStatement): boolean {
  const named = Principal as { readonly AWS?: unknown } | undefined
  const isEverybody = Principal === '*' || [named?.AWS].flat().includes('*')
  return Effect === 'Allow' && isEverybody && Condition === undefined
}
