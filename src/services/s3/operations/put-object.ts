import { refuseBadConditions } from '../conditions.ts'
import type { S3Operation } from '../deps.ts'
import { findBucket } from '../find.ts'
import { factsOf } from '../headers.ts'
import { shownExpiration } from '../lifecycle/due.ts'
import { quoted } from '../object.ts'
import { placeNew } from '../place.ts'
import { receive, shownChecksums, wholeContent } from '../receive.ts'
import { refuseBadKey, refuseUnsupported } from '../refusals.ts'
import { PUT_BYTES_MAX } from '../upload.ts'

export const putObject: S3Operation<'PutObject'> = async (deps, input, call) => {
  const { Bucket: bucket = '', Key: key = '', IfMatch, IfNoneMatch } = input
  await findBucket(deps.store, input, call)
  refuseBadKey(key)
  refuseUnsupported(input)
  refuseBadConditions(input)
  const facts = factsOf(input)

  const { trailers } = call
  const written = await receive(deps, input, { bytesMax: PUT_BYTES_MAX, trailers })
  const { md5, checksums } = written
  const placed = await placeNew(deps, {
    bucket,
    key,
    content: wholeContent(written),
    facts,
    conditions: { IfMatch, IfNoneMatch },
    event: 'ObjectCreated:Put',
    cause: call,
  })

  return {
    ETag: quoted(md5),
    ServerSideEncryption: 'AES256',
    ...shownExpiration(placed.bucket, placed.version),
    ...shownChecksums(checksums),
    ...(Object.keys(checksums).length > 0 && { ChecksumType: 'FULL_OBJECT' }),
    ...(placed.bucket.versioning === 'Enabled' && { VersionId: placed.version.versionId }),
  }
}
