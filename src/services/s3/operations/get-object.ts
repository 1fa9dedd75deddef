import type { Readable } from 'node:stream'
import type { Call } from '../../../aws/operation.ts'
import type { Bucket } from '../bucket.ts'
import { refuseUnlessWanted } from '../conditions.ts'
import type { S3Deps, S3Input, S3Operation } from '../deps.ts'
import { noSuchKey } from '../errors.ts'
import { findBucket, findVersion, shownVersion } from '../find.ts'
import { shownExpiration } from '../lifecycle/due.ts'
import { isMultipart, type ObjectVersion, quoted, sizeOf } from '../object.ts'
import { type Selection, selectBytes } from '../range.ts'
import { shownChecksums } from '../receive.ts'
import { refuseUnsupported } from '../refusals.ts'

export const getObject: S3Operation<'GetObject'> = async (deps, input, call) => {
  refuseUnsupported({ ...input, ServerSideEncryption: undefined })
  const { bucket, version, selection, body } = await openObject(deps, input, call)
  return {
    ...describe(bucket, version, selection, input),
    ...responseHeaders(input),
    ...(Object.keys(version.tags).length > 0 && { TagCount: Object.keys(version.tags).length }),
    Body: body,
  }
}

export const headObject: S3Operation<'HeadObject'> = async ({ store, clock }, input, call) => {
  refuseUnsupported({ ...input, ServerSideEncryption: undefined })
  const bucket = await findBucket(store, input, call)
  const asked = { key: input.Key ?? '', versionId: input.VersionId, method: 'HEAD' }
  const { version } = await findVersion(store, bucket, asked)
  refuseUnlessWanted(input, version, clock.now())
  return { ...describe(bucket, version, selectBytes(version, input), input), ...responseHeaders(input) }
}

interface Opened {
  readonly bucket: Bucket
  readonly version: ObjectVersion
  readonly selection: Selection
  readonly body: Readable
}

/** As often as an object may be replaced between being found and being opened. */
const ATTEMPTS_MAX = 10

async function openObject(
  { store, files, clock }: S3Deps,
  input: S3Input<'GetObject'>,
  call: Pick<Call, 'accountId'>,
): Promise<Opened> {
  const bucket = await findBucket(store, input, call)
  const key = input.Key ?? ''
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const { version } = await findVersion(store, bucket, { key, versionId: input.VersionId })
    refuseUnlessWanted(input, version, clock.now())
    const selection = selectBytes(version, input)
    const body = await files.read(version.files, selection.span)
    if (body !== undefined) return { bucket, version, selection, body }
    const now = await store.version(bucket.name, key, version.versionId)
    if (now !== undefined && now.version.files[0]?.name === version.files[0]?.name) {
      throw new Error(`the file of ${bucket.name}/${key} is gone`)
    }
  }
  throw noSuchKey(key)
}

/** What Get and Head have in common. */
function describe(
  bucket: Bucket,
  version: ObjectVersion,
  { span, isPart, partsCount }: Selection,
  { ChecksumMode, VersionId }: Pick<S3Input<'GetObject'>, 'ChecksumMode' | 'VersionId'>,
) {
  const bytes = span.end - span.start + 1
  const isWhole = bytes === sizeOf(version)
  return {
    AcceptRanges: 'bytes',
    ContentLength: bytes,
    ETag: quoted(version.etag),
    LastModified: new Date(version.modifiedAt),
    Metadata: version.metadata,
    ServerSideEncryption: 'AES256' as const,
    ContentType: 'binary/octet-stream',
    ...version.headers,
    ...shownVersion(bucket, version),
    ...(VersionId === undefined && shownExpiration(bucket, version)),
    ...(version.storageClass !== 'STANDARD' && { StorageClass: version.storageClass as never }),
    ...(isPart && { ContentRange: `bytes ${span.start}-${span.end}/${sizeOf(version)}` }),
    ...(partsCount !== undefined && isMultipart(version) && { PartsCount: partsCount }),
    ...(ChecksumMode === 'ENABLED' && isWhole && shownChecksumsOf(version)),
  } as object
}

function shownChecksumsOf({ checksums, checksumType }: ObjectVersion) {
  const shown = shownChecksums(checksums)
  return Object.keys(shown).length === 0 ? {} : { ...shown, ChecksumType: checksumType }
}

/** What presigned URLs ask to be answered in place of the object's own headers. */
function responseHeaders(input: S3Input<'GetObject'> | S3Input<'HeadObject'>) {
  const { ResponseExpires } = input
  const asked = {
    CacheControl: input.ResponseCacheControl,
    ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding,
    ContentLanguage: input.ResponseContentLanguage,
    ContentType: input.ResponseContentType,
    Expires: ResponseExpires?.toUTCString(),
  }
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
}
