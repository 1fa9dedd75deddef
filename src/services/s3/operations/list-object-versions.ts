import type { S3Operation } from '../deps.ts'
import { invalidArgument } from '../errors.ts'
import { findBucket } from '../find.ts'
import { encoder, entry, readMaxKeys, rollUp } from '../listing.ts'
import type { PlacedVersion } from '../store.ts'

export const listObjectVersions: S3Operation<'ListObjectVersions'> = async ({ store }, input, call) => {
  const { Bucket: bucket = '', Prefix = '', Delimiter = '', EncodingType } = input
  const { KeyMarker = '', VersionIdMarker = '' } = input
  const { accountId } = await findBucket(store, input, call)
  if (VersionIdMarker !== '' && KeyMarker === '') {
    const message = 'A version-id marker cannot be specified without a key marker.'
    throw invalidArgument(message, 'version-id-marker', VersionIdMarker)
  }
  const maxKeys = readMaxKeys(input.MaxKeys)
  const marked = VersionIdMarker === '' ? undefined : await store.version(bucket, KeyMarker, VersionIdMarker)
  if (VersionIdMarker !== '' && marked === undefined)
    throw invalidArgument('Invalid version id specified', 'version-id-marker', VersionIdMarker)
  const page = await rollUp<PlacedVersion>({
    prefix: Prefix,
    delimiter: Delimiter,
    maxKeys,
    after: KeyMarker === '' ? undefined : KeyMarker,
    isAfterPrefix: true,
    keyOf: ({ version }) => version.key,
    read: (after, limit, last = marked) =>
      store.versions(bucket, {
        prefix: Prefix,
        limit,
        ...(after !== undefined && { after }),
        ...(last !== undefined && last.version.key === after && { afterSeq: last.seq }),
      }),
  })
  const newest = await newestOf(page.items, (key) => store.latest(bucket, key))
  const encode = encoder(EncodingType)
  const shown = (placed: PlacedVersion) => ({
    Key: encode(placed.version.key),
    VersionId: placed.version.versionId,
    IsLatest: newest.get(placed.version.key) === placed.seq,
    LastModified: new Date(placed.version.modifiedAt),
    Owner: { ID: accountId },
  })
  const versions = page.items.filter(({ version }) => !version.isDeleteMarker)
  const markers = page.items.filter(({ version }) => version.isDeleteMarker)
  return {
    Name: bucket,
    Prefix: encode(Prefix),
    KeyMarker: encode(KeyMarker),
    VersionIdMarker,
    ...(Delimiter !== '' && { Delimiter: encode(Delimiter) }),
    MaxKeys: maxKeys,
    IsTruncated: page.isTruncated,
    ...(EncodingType !== undefined && { EncodingType }),
    ...(page.isTruncated && page.last !== undefined && { NextKeyMarker: encode(page.last) }),
    ...(page.isTruncated && page.lastItem && { NextVersionIdMarker: page.lastItem.version.versionId }),
    ...(versions.length > 0 && {
      Versions: versions.map((placed) => ({
        ...entry(placed.version),
        StorageClass: placed.version.storageClass as 'STANDARD',
        ...shown(placed),
      })),
    }),
    ...(markers.length > 0 && { DeleteMarkers: markers.map(shown) }),
    ...(page.prefixes.length > 0 && {
      CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    }),
  }
}

/** The place of each key's newest version: of all but the first key of a page, it is the first one there. */
async function newestOf(
  items: readonly PlacedVersion[],
  latest: (key: string) => Promise<PlacedVersion | undefined>,
): Promise<Map<string, number>> {
  const newest = new Map<string, number>()
  for (const { version, seq } of items) if (!newest.has(version.key)) newest.set(version.key, seq)
  const [first] = items
  if (first === undefined) return newest
  return newest.set(first.version.key, (await latest(first.version.key))?.seq ?? first.seq)
}
