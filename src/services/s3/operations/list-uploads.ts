import type { S3Operation } from '../deps.ts'
import { invalidArgument, noSuchUpload } from '../errors.ts'
import { findBucket } from '../find.ts'
import { shownAbort } from '../lifecycle/due.ts'
import { encoder, readMaxKeys, rollUp } from '../listing.ts'
import { quoted } from '../object.ts'
import { shownChecksums } from '../receive.ts'
import { refuseUnsupported } from '../refusals.ts'
import type { Upload } from '../upload.ts'

export const listParts: S3Operation<'ListParts'> = async ({ store }, input, call) => {
  refuseUnsupported(input)
  const { Bucket: bucket = '', Key: key = '', UploadId: id = '', PartNumberMarker: marker = '0' } = input
  const placedIn = await findBucket(store, input, call)
  const { accountId } = placedIn
  const upload = await store.upload(bucket, key, id)
  if (upload === undefined) throw noSuchUpload(id)
  if (!/^\d{1,9}$/.test(marker)) throw invalidArgument('Argument part-number-marker must be an integer')
  const max = readMaxKeys(input.MaxParts, 'max-parts')
  const parts = await store.parts(id, { after: Number(marker), limit: max + 1 })
  const page = parts.slice(0, max)
  const last = page.at(-1)
  return {
    Bucket: bucket,
    Key: key,
    UploadId: id,
    ...shownAbort(placedIn, upload),
    PartNumberMarker: marker,
    MaxParts: max,
    IsTruncated: parts.length > page.length,
    StorageClass: upload.facts.storageClass as 'STANDARD',
    Owner: { ID: accountId },
    Initiator: { ID: accountId },
    ...(upload.algorithm !== undefined && {
      ChecksumAlgorithm: upload.algorithm,
      ChecksumType: upload.checksumType,
    }),
    NextPartNumberMarker: String(last?.number ?? 0),
    ...(page.length > 0 && {
      Parts: page.map(({ number, file, etag, checksums, modifiedAt }) => ({
        PartNumber: number,
        Size: file.bytes,
        ETag: quoted(etag),
        LastModified: new Date(modifiedAt),
        ...shownChecksums(checksums),
      })),
    }),
  }
}

export const listMultipartUploads: S3Operation<'ListMultipartUploads'> = async ({ store }, input, call) => {
  const { Bucket: bucket = '', Prefix = '', Delimiter = '', EncodingType } = input
  const { KeyMarker = '', UploadIdMarker = '' } = input
  const { accountId } = await findBucket(store, input, call)
  const maxUploads = readMaxKeys(input.MaxUploads, 'max-uploads')
  const page = await rollUp<Upload>({
    prefix: Prefix,
    delimiter: Delimiter,
    maxKeys: maxUploads,
    after: KeyMarker === '' ? undefined : KeyMarker,
    isAfterPrefix: true,
    keyOf: ({ key }) => key,
    read: (after, limit, last) => {
      const afterId = last?.id ?? (after === KeyMarker && UploadIdMarker !== '' ? UploadIdMarker : undefined)
      return store.uploads(bucket, {
        prefix: Prefix,
        limit,
        ...(after !== undefined && { after }),
        ...(afterId !== undefined && { afterId }),
      })
    },
  })
  const encode = encoder(EncodingType)
  return {
    Bucket: bucket,
    Prefix: encode(Prefix),
    KeyMarker: encode(KeyMarker),
    UploadIdMarker,
    ...(Delimiter !== '' && { Delimiter: encode(Delimiter) }),
    MaxUploads: maxUploads,
    IsTruncated: page.isTruncated,
    ...(EncodingType !== undefined && { EncodingType }),
    NextKeyMarker: encode(page.last ?? ''),
    NextUploadIdMarker: page.lastItem?.id ?? '',
    ...(page.items.length > 0 && {
      Uploads: page.items.map(({ key, id, createdAt, facts }) => ({
        Key: encode(key),
        UploadId: id,
        Initiated: new Date(createdAt),
        StorageClass: facts.storageClass as 'STANDARD',
        Owner: { ID: accountId },
        Initiator: { ID: accountId },
      })),
    }),
    ...(page.prefixes.length > 0 && {
      CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    }),
  }
}
