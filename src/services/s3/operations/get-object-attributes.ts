import type { S3Operation } from '../deps.ts'
import { findBucket, findVersion, shownVersion } from '../find.ts'
import { isMultipart, sizeOf } from '../object.ts'
import { shownChecksums } from '../receive.ts'
import { refuseUnsupported } from '../refusals.ts'

const PARTS_PAGE_MAX = 1000

export const getObjectAttributes: S3Operation<'GetObjectAttributes'> = async ({ store }, input, call) => {
  refuseUnsupported(input)
  const bucket = await findBucket(store, input, call)
  const { version } = await findVersion(store, bucket, { key: input.Key ?? '', versionId: input.VersionId })
  const wants = new Set<string>(input.ObjectAttributes)
  const { checksums, checksumType: ChecksumType } = version
  const hasChecksum = Object.keys(checksums).length > 0
  const max = Math.min(input.MaxParts ?? PARTS_PAGE_MAX, PARTS_PAGE_MAX)
  const marker = Number(input.PartNumberMarker ?? 0)
  const parts = version.files.slice(marker, marker + max)
  const hasPartChecksums = parts.some(({ checksums: ofPart }) => Object.keys(ofPart ?? {}).length > 0)
  const ObjectParts = {
    TotalPartsCount: version.files.length,
    // Parts are listed where they have checksums (Amazon S3 API Reference, GetObjectAttributes).
    ...(hasPartChecksums && {
      PartNumberMarker: String(marker),
      NextPartNumberMarker: String(marker + parts.length),
      MaxParts: max,
      IsTruncated: marker + parts.length < version.files.length,
      Parts: parts.map(({ bytes, checksums: ofPart = {} }, index) => ({
        PartNumber: marker + index + 1,
        Size: bytes,
        ...shownChecksums(ofPart),
      })),
    }),
  }
  return {
    ...shownVersion(bucket, version),
    LastModified: new Date(version.modifiedAt),
    ...(wants.has('ETag') && { ETag: version.etag }),
    ...(wants.has('Checksum') && hasChecksum && { Checksum: { ...shownChecksums(checksums), ChecksumType } }),
    ...(wants.has('ObjectParts') && isMultipart(version) && { ObjectParts }),
    ...(wants.has('StorageClass') && { StorageClass: version.storageClass as 'STANDARD' }),
    ...(wants.has('ObjectSize') && { ObjectSize: sizeOf(version) }),
  }
}
