import { AwsError } from '../../../aws/error.ts'
import { BUCKETS_MAX, type Bucket, isOwnership, type ObjectOwnership, refuseBadName } from '../bucket.ts'
import type { S3Operation } from '../deps.ts'
import { invalidArgument, noSuchBucket, notImplemented } from '../errors.ts'
import { findBucket } from '../find.ts'
import { refuseUnsupported } from '../refusals.ts'
import { readTagSet } from '../tags.ts'

/** Where buckets are that name no region. */
const FIRST_REGION = 'us-east-1'

export const createBucket: S3Operation<'CreateBucket'> = async ({ store, clock }, input, call) => {
  const { Bucket: name = '', CreateBucketConfiguration: configuration = {}, ObjectOwnership } = input
  refuseBadName(name)
  refuseUnsupported(input)
  const objectOwnership = readOwnership(ObjectOwnership)
  if (input.BucketNamespace === 'account-regional') throw notImplemented('The account-regional namespace')
  if (configuration.Bucket !== undefined || configuration.Location !== undefined) {
    throw notImplemented('A directory bucket')
  }
  const region = regionOf(configuration.LocationConstraint, call.region)
  const tags = readTagSet(configuration.Tags ?? [], 'Bucket')
  await store.change(async (editor) => {
    const other = await editor.bucket(name)
    if (other !== undefined) return refuseExisting(other, call.accountId, region)
    if ((await editor.countBuckets(call.accountId)) >= BUCKETS_MAX) throw tooManyBuckets()
    await editor.saveBucket({
      name,
      accountId: call.accountId,
      region,
      createdAt: clock.now(),
      ...(Object.keys(tags).length > 0 && { tags }),
      ...(objectOwnership !== undefined && { objectOwnership }),
    })
  })
  return { Location: region === FIRST_REGION ? `/${name}` : `${call.endpoint}/${name}/` }
}

function readOwnership(header: string | undefined): ObjectOwnership | undefined {
  if (header === undefined || isOwnership(header)) return header
  throw invalidArgument(`Invalid x-amz-object-ownership header: ${header}`, 'x-amz-object-ownership')
}

/** Amazon S3 API Reference, CreateBucket: the region in the request must be the one that is called. */
function regionOf(constraint: string | undefined, called: string): string {
  const asked = constraint === 'EU' ? 'eu-west-1' : (constraint ?? FIRST_REGION)
  if (asked === called || called === FIRST_REGION) return asked
  const message =
    constraint === undefined
      ? 'The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.'
      : `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`
  throw new AwsError('IllegalLocationConstraintException', message, { status: 400 })
}

/** In us-east-1 one may make one's own bucket again. */
function refuseExisting(bucket: Bucket, accountId: string, region: string): void {
  if (bucket.accountId !== accountId) {
    const message =
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.'
    throw new AwsError('BucketAlreadyExists', message, { status: 409, members: { BucketName: bucket.name } })
  }
  if (bucket.region === FIRST_REGION && region === FIRST_REGION) return
  const message = 'Your previous request to create the named bucket succeeded and you already own it.'
  throw new AwsError('BucketAlreadyOwnedByYou', message, {
    status: 409,
    members: { BucketName: bucket.name },
  })
}

function tooManyBuckets(): AwsError {
  return new AwsError('TooManyBuckets', 'You have attempted to create more buckets than allowed', {
    status: 400,
  })
}

export const deleteBucket: S3Operation<'DeleteBucket'> = async ({ store, files }, input, call) => {
  const { name } = await findBucket(store, input, call)
  const unwanted = await store.change(async (editor) => {
    const bucket = await editor.bucket(name)
    if (bucket === undefined) throw noSuchBucket(name)
    if (await editor.hasObjects(name)) throw notEmpty(bucket)
    return editor.removeBucket(name)
  })
  await files.remove(unwanted)
  return {}
}

function notEmpty({ name, versioning }: Bucket): AwsError {
  const all = versioning === undefined ? '' : '. You must delete all versions in the bucket.'
  return new AwsError('BucketNotEmpty', `The bucket you tried to delete is not empty${all}`, {
    status: 409,
    members: { BucketName: name },
  })
}

export const headBucket: S3Operation<'HeadBucket'> = async ({ store }, input, call) => {
  const { region } = await findBucket(store, input, call)
  return { BucketRegion: region, AccessPointAlias: false }
}

export const getBucketLocation: S3Operation<'GetBucketLocation'> = async ({ store }, input, call) => {
  const { region } = await findBucket(store, input, call)
  return region === FIRST_REGION ? {} : { LocationConstraint: region as 'eu-west-1' }
}

const BUCKETS_PAGE_MAX = 10_000

export const listBuckets: S3Operation<'ListBuckets'> = async ({ store }, input, { accountId }) => {
  const { MaxBuckets: limit = BUCKETS_PAGE_MAX, ContinuationToken: token, Prefix: prefix = '' } = input
  const after = token === undefined ? undefined : Buffer.from(token, 'base64').toString()
  if (after !== undefined && Buffer.from(after).toString('base64') !== token) {
    throw invalidArgument('The continuation token provided is incorrect')
  }
  const found = await store.buckets(accountId, {
    prefix,
    limit: BUCKETS_MAX,
    ...(after !== undefined && { after }),
  })
  const here = found.filter(({ region }) => input.BucketRegion === undefined || region === input.BucketRegion)
  const page = here.slice(0, limit)
  const last = page.at(-1)
  return {
    Buckets: page.map(({ name, region, createdAt }) => ({
      Name: name,
      BucketRegion: region,
      CreationDate: new Date(createdAt),
      BucketArn: `arn:aws:s3:::${name}`,
    })),
    Owner: { ID: accountId },
    ...(input.Prefix !== undefined && { Prefix: prefix }),
    ...(last !== undefined &&
      here.length > page.length && { ContinuationToken: Buffer.from(last.name).toString('base64') }),
  }
}
