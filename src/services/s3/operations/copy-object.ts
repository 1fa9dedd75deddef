import { type ReadConditions, refuseBadConditions, refuseUnlessCopied } from '../conditions.ts'
import { readCopySource } from '../copy-source.ts'
import type { S3Input, S3Operation } from '../deps.ts'
import { invalidRequest, noSuchKey } from '../errors.ts'
import { findBucket, findVersion, shownVersion } from '../find.ts'
import { factsOf } from '../headers.ts'
import { shownExpiration } from '../lifecycle/due.ts'
import { type ObjectFacts, type ObjectVersion, quoted, sizeOf } from '../object.ts'
import { placeNew } from '../place.ts'
import { readAlgorithm, receive, shownChecksums, wholeContent } from '../receive.ts'
import { refuseBadKey, refuseUnsupported } from '../refusals.ts'
import { readTagHeader } from '../tags.ts'
import { PUT_BYTES_MAX } from '../upload.ts'

export const copyObject: S3Operation<'CopyObject'> = async (deps, input, call) => {
  refuseUnsupported(input)
  refuseBadConditions(input)
  const { Bucket: bucket = '', Key: key = '' } = input
  const { store, files } = deps
  await findBucket(store, input, call)
  refuseBadKey(key)
  const source = readCopySource(input.CopySource)
  const sourceOwner = { Bucket: source.bucket, ExpectedBucketOwner: input.ExpectedSourceBucketOwner }
  const sourceBucket = await findBucket(store, sourceOwner, call)
  const { version } = await findVersion(store, sourceBucket, source)
  refuseUnlessCopied(copyConditions(input), version, deps.clock.now())
  if (sizeOf(version) > PUT_BYTES_MAX) {
    throw invalidRequest(
      `The specified copy source is larger than the maximum allowable size for a copy source: ${PUT_BYTES_MAX}`,
    )
  }
  const isSame = source.bucket === bucket && source.key === key && source.versionId === undefined
  if (isSame && changesNothing(input)) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    )
  }
  const facts = copiedFacts(input, version)

  const Body = await files.read(version.files, { start: 0, end: sizeOf(version) - 1 })
  if (Body === undefined) throw noSuchKey(source.key)
  const [kept] = Object.keys(version.checksums)
  const algorithm = readAlgorithm(input.ChecksumAlgorithm ?? kept)
  const written = await receive(deps, { Body }, { bytesMax: PUT_BYTES_MAX, algorithm, trailers: {} })
  const { md5, checksums } = written
  const { IfMatch, IfNoneMatch } = input
  const placed = await placeNew(deps, {
    bucket,
    key,
    content: wholeContent(written),
    facts,
    conditions: { IfMatch, IfNoneMatch },
    event: 'ObjectCreated:Copy',
    cause: call,
  })

  const { VersionId: CopySourceVersionId } = shownVersion(sourceBucket, version)
  return {
    ServerSideEncryption: 'AES256',
    ...shownExpiration(placed.bucket, placed.version),
    ...(CopySourceVersionId !== undefined && { CopySourceVersionId }),
    ...(placed.bucket.versioning === 'Enabled' && { VersionId: placed.version.versionId }),
    CopyObjectResult: {
      ETag: quoted(md5),
      LastModified: new Date(placed.version.modifiedAt),
      ...shownChecksums(checksums),
    },
  }
}

function changesNothing(input: S3Input<'CopyObject'>): boolean {
  return (
    input.MetadataDirective !== 'REPLACE' &&
    input.StorageClass === undefined &&
    input.TaggingDirective !== 'REPLACE'
  )
}

function copiedFacts(input: S3Input<'CopyObject'>, version: ObjectVersion): ObjectFacts {
  const { headers, metadata } = input.MetadataDirective === 'REPLACE' ? factsOf(input) : version
  return {
    headers,
    metadata,
    tags: input.TaggingDirective === 'REPLACE' ? readTagHeader(input.Tagging) : version.tags,
    storageClass: input.StorageClass ?? 'STANDARD',
  }
}

/** Of a copy's source, in the names of a read. */
export function copyConditions(input: {
  readonly CopySourceIfMatch?: string | undefined
  readonly CopySourceIfNoneMatch?: string | undefined
  readonly CopySourceIfModifiedSince?: Date | undefined
  readonly CopySourceIfUnmodifiedSince?: Date | undefined
}): ReadConditions {
  return {
    IfMatch: input.CopySourceIfMatch,
    IfNoneMatch: input.CopySourceIfNoneMatch,
    IfModifiedSince: input.CopySourceIfModifiedSince,
    IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  }
}
