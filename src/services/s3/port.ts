import { Readable } from 'node:stream'
import { AwsError } from '../../aws/error.ts'
import { DeliveryError, type Sender } from '../../aws/ports/delivery.ts'
import type { S3Port } from '../../aws/ports/s3.ts'
import type { S3Deps } from './deps.ts'
import { findBucket, findVersion, shownVersion } from './find.ts'
import { sizeOf } from './object.ts'
import { placeNew } from './place.ts'
import { receive } from './receive.ts'
import { refuseBadKey } from './refusals.ts'
import { PUT_BYTES_MAX } from './upload.ts'

/** What other services read and write: in buckets of the sender's account. */
export function createPort(deps: S3Deps): S3Port {
  const { store, files } = deps
  return {
    get: (name, key, { versionId, sender }) =>
      asDelivery(async () => {
        const bucket = await findBucket(store, { Bucket: name }, sender)
        const { version } = await findVersion(store, bucket, { key, versionId })
        const bytes = sizeOf(version)
        const body = await files.read(version.files, { start: 0, end: bytes - 1 })
        if (body === undefined) throw new AwsError('SlowDown', 'Please reduce your request rate.')
        const { VersionId } = shownVersion(bucket, version)
        return { body, bytes, etag: version.etag, ...(VersionId !== undefined && { versionId: VersionId }) }
      }),
    put: (name, key, body, { contentType, sender }) =>
      asDelivery(() => put(deps, { bucket: name, key, body, contentType, sender })),
    bucketExists: async (name) => (await store.bucket(name)) !== undefined,
  }
}

interface PortPut {
  readonly bucket: string
  readonly key: string
  readonly body: Uint8Array
  readonly contentType: string
  readonly sender: Sender
}

async function put(deps: S3Deps, { bucket, key, body, contentType, sender }: PortPut) {
  await findBucket(deps.store, { Bucket: bucket }, sender)
  refuseBadKey(key)
  const Body = Readable.from([body])
  const { file, md5 } = await receive(deps, { Body }, { bytesMax: PUT_BYTES_MAX, trailers: {} })
  const placed = await placeNew(deps, {
    bucket,
    key,
    content: { files: [file], etag: md5, checksums: {}, checksumType: 'FULL_OBJECT' },
    facts: { headers: { ContentType: contentType }, metadata: {}, tags: {}, storageClass: 'STANDARD' },
    event: 'ObjectCreated:Put',
    cause: { accountId: sender.accountId, requestId: deps.random.uuid() },
  })
  return placed.bucket.versioning === 'Enabled' ? { versionId: placed.version.versionId } : {}
}

async function asDelivery<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    throw new DeliveryError(faultOf(error), error.code, error.message, error)
  }
}

function faultOf({ status, code }: AwsError) {
  if (code === 'SlowDown') return 'Throttled'
  if (status === 404) return 'NotFound'
  return status === 403 ? 'AccessDenied' : 'Invalid'
}
