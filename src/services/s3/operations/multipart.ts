import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { AwsError } from '../../../aws/error.ts'
import { type Algorithm, type Checksums, createHasher, isAlgorithm } from '../checksums.ts'
import { refuseBadConditions, refuseUnlessCopied } from '../conditions.ts'
import { readCopySource } from '../copy-source.ts'
import type { S3Deps, S3Operation } from '../deps.ts'
import {
  badDigest,
  invalidArgument,
  invalidPart,
  invalidRequest,
  malformedXml,
  noSuchKey,
  noSuchUpload,
  notImplemented,
} from '../errors.ts'
import type { WrittenFile } from '../files.ts'
import { findBucket, findVersion } from '../find.ts'
import { factsOf } from '../headers.ts'
import { shownAbort, shownExpiration } from '../lifecycle/due.ts'
import { quoted, sizeOf } from '../object.ts'
import { newVersionId, place } from '../place.ts'
import { selectBytes } from '../range.ts'
import { claimedChecksums, readAlgorithm, receive, shownChecksums } from '../receive.ts'
import { refuseBadKey, refuseUnsupported } from '../refusals.ts'
import { PART_BYTES_MIN, PARTS_MAX, type Part, PUT_BYTES_MAX, type Upload } from '../upload.ts'
import { copyConditions } from './copy-object.ts'

/** CRC-64 has no composite form, the SHAs no other (Amazon S3 User Guide, "Checking object integrity"). */
const ONLY_TYPE: Partial<Record<Algorithm, 'FULL_OBJECT' | 'COMPOSITE'>> = {
  CRC64NVME: 'FULL_OBJECT',
  SHA1: 'COMPOSITE',
  SHA256: 'COMPOSITE',
}

export const createMultipartUpload: S3Operation<'CreateMultipartUpload'> = async (deps, input, call) => {
  const { Bucket: bucket = '', Key: key = '' } = input
  const placedIn = await findBucket(deps.store, input, call)
  refuseBadKey(key)
  refuseUnsupported(input)
  const algorithm = readAlgorithm(input.ChecksumAlgorithm)
  const checksumType = checksumTypeOf(algorithm, input.ChecksumType)
  const upload: Upload = {
    bucket,
    key,
    id: newVersionId(deps.random),
    createdAt: deps.clock.now(),
    facts: factsOf(input),
    ...(algorithm !== undefined && { algorithm, checksumType }),
  }
  await deps.store.change((editor) => editor.saveUpload(upload))
  return {
    Bucket: bucket,
    Key: key,
    UploadId: upload.id,
    ...shownAbort(placedIn, upload),
    ServerSideEncryption: 'AES256',
    ...(algorithm !== undefined && { ChecksumAlgorithm: algorithm, ChecksumType: checksumType }),
  }
}

function checksumTypeOf(
  algorithm: Algorithm | undefined,
  asked: 'FULL_OBJECT' | 'COMPOSITE' | undefined,
): 'FULL_OBJECT' | 'COMPOSITE' {
  const only = algorithm && ONLY_TYPE[algorithm]
  if (asked !== undefined && only !== undefined && asked !== only) {
    throw invalidRequest(
      `The ${asked} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    )
  }
  return asked ?? only ?? 'COMPOSITE'
}

interface AskedUpload {
  readonly Bucket: string | undefined
  readonly Key: string | undefined
  readonly UploadId: string | undefined
  readonly ExpectedBucketOwner?: string | undefined
}

async function findUpload(
  { store }: S3Deps,
  input: AskedUpload,
  call: { readonly accountId: string },
): Promise<Upload> {
  const { name } = await findBucket(store, input, call)
  const upload = await store.upload(name, input.Key ?? '', input.UploadId ?? '')
  if (upload === undefined) throw noSuchUpload(input.UploadId)
  return upload
}

export const uploadPart: S3Operation<'UploadPart'> = async (deps, input, call) => {
  refuseUnsupported(input)
  refuseBadNumber(input.PartNumber)
  const upload = await findUpload(deps, input, call)
  const { trailers } = call
  const options = { bytesMax: PUT_BYTES_MAX, algorithm: upload.algorithm, trailers }
  const part = await keepPart(deps, upload, input.PartNumber ?? 0, await receive(deps, input, options))
  return { ETag: quoted(part.etag), ServerSideEncryption: 'AES256', ...shownChecksums(part.checksums) }
}

export const uploadPartCopy: S3Operation<'UploadPartCopy'> = async (deps, input, call) => {
  refuseUnsupported(input)
  refuseBadNumber(input.PartNumber)
  const upload = await findUpload(deps, input, call)
  const source = readCopySource(input.CopySource)
  const owner = { Bucket: source.bucket, ExpectedBucketOwner: input.ExpectedSourceBucketOwner }
  const sourceBucket = await findBucket(deps.store, owner, call)
  const { version } = await findVersion(deps.store, sourceBucket, source)
  refuseUnlessCopied(copyConditions(input), version, deps.clock.now())
  const { CopySourceRange: range } = input
  if (range !== undefined) refuseBadCopyRange(range, sizeOf(version))
  const Body = await deps.files.read(version.files, selectBytes(version, { Range: range }).span)
  if (Body === undefined) throw noSuchKey(source.key)
  const options = { bytesMax: PUT_BYTES_MAX, algorithm: upload.algorithm, trailers: {} }
  const part = await keepPart(deps, upload, input.PartNumber ?? 0, await receive(deps, { Body }, options))
  const LastModified = new Date(part.modifiedAt)
  return {
    ServerSideEncryption: 'AES256',
    CopyPartResult: { ETag: quoted(part.etag), LastModified, ...shownChecksums(part.checksums) },
  }
}

function refuseBadNumber(number: number | undefined): void {
  if (number !== undefined && number >= 1 && number <= PARTS_MAX) return
  const message = `Part number must be an integer between 1 and ${PARTS_MAX}, inclusive`
  throw invalidArgument(message, 'partNumber', String(number))
}

function refuseBadCopyRange(range: string, size: number): void {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? []
  if (first === undefined || Number(first) > Number(last)) {
    throw invalidArgument(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      'x-amz-copy-source-range',
      range,
    )
  }
  if (Number(first) >= size) {
    throw invalidRequest('The specified copy range is invalid for the source object size')
  }
  if (Number(last) >= size) {
    const message = `Range specified is not valid for source object of size: ${size}`
    throw invalidArgument(message, 'x-amz-copy-source-range', range)
  }
}

async function keepPart(
  { store, files, clock }: S3Deps,
  upload: Upload,
  number: number,
  { file, md5, checksums }: WrittenFile,
): Promise<Part> {
  const part = { number, file, etag: md5, checksums, modifiedAt: clock.now() }
  try {
    const replaced = await store.change(async (editor) => {
      const isThere = await editor.upload(upload.bucket, upload.key, upload.id)
      if (isThere === undefined) throw noSuchUpload(upload.id)
      return editor.savePart(upload.id, part)
    })
    files.kept(file)
    await files.remove(replaced)
    return part
  } catch (error) {
    if (error instanceof AwsError) await files.remove([file])
    throw error
  }
}

export const completeMultipartUpload: S3Operation<'CompleteMultipartUpload'> = async (deps, input, call) => {
  refuseUnsupported(input)
  refuseBadConditions(input)
  const upload = await findUpload(deps, input, call)
  const asked = input.MultipartUpload?.Parts ?? []
  if (asked.length === 0) throw malformedXml()
  const parts = chooseParts(upload, await deps.store.parts(upload.id), asked)
  const size = parts.reduce((sum, { file }) => sum + file.bytes, 0)
  if (input.MpuObjectSize !== undefined && input.MpuObjectSize !== size) {
    throw invalidRequest('The provided MpuObjectSize does not match the size of the object.')
  }
  const checksums = await wholeChecksums(deps, upload, parts)
  refuseOtherChecksum(claimedChecksums(input), checksums)

  const { bucket, key, facts } = upload
  const content = {
    files: parts.map(({ file, checksums: ofPart }) => ({ ...file, checksums: ofPart })),
    etag: wholeEtag(parts),
    checksums,
    checksumType: upload.checksumType ?? 'FULL_OBJECT',
  }
  const conditions = { IfMatch: input.IfMatch, IfNoneMatch: input.IfNoneMatch, since: upload.createdAt }
  const event = 'ObjectCreated:CompleteMultipartUpload'
  const object = { bucket, key, content, facts, conditions, event, cause: call } as const
  const placed = await place(deps, object, async (editor) => {
    if ((await editor.upload(bucket, key, upload.id)) === undefined) throw noSuchUpload(upload.id)
    const now = new Set((await editor.parts(upload.id)).map(({ file }) => file.name))
    if (parts.some(({ file }) => !now.has(file.name))) throw invalidPart()
    return editor.removeUpload(upload, content.files)
  })
  return {
    Location: `${call.endpoint}/${bucket}/${encodeURIComponent(key)}`,
    Bucket: bucket,
    Key: key,
    ETag: quoted(content.etag),
    ServerSideEncryption: 'AES256',
    ...shownExpiration(placed.bucket, placed.version),
    ...shownChecksums(checksums),
    ...(upload.algorithm !== undefined && { ChecksumType: content.checksumType }),
    ...(placed.bucket.versioning === 'Enabled' && { VersionId: placed.version.versionId }),
  }
}

interface AskedPart {
  readonly PartNumber?: number | undefined
  readonly ETag?: string | undefined
}

/** The parts that the client wants, in its order. @throws InvalidPartOrder, InvalidPart, EntityTooSmall */
function chooseParts({ id }: Upload, parts: readonly Part[], asked: readonly AskedPart[]): Part[] {
  const byNumber = new Map(parts.map((part) => [part.number, part]))
  let before = 0
  const chosen = asked.map((wanted) => {
    const { PartNumber: number = 0, ETag = '' } = wanted
    if (number <= before) {
      const message = 'The list of parts was not in ascending order. Parts must be ordered by part number.'
      throw new AwsError('InvalidPartOrder', message, { status: 400, members: { UploadId: id } })
    }
    before = number
    const part = byNumber.get(number)
    if (part === undefined || part.etag !== ETag.replace(/^"|"$/g, '')) throw invalidPart()
    refuseOtherChecksum(claimedChecksums(wanted as object), part.checksums)
    return part
  })
  if (chosen.slice(0, -1).some(({ file }) => file.bytes < PART_BYTES_MIN)) {
    const message = 'Your proposed upload is smaller than the minimum allowed size'
    throw new AwsError('EntityTooSmall', message, { status: 400 })
  }
  return chosen
}

function refuseOtherChecksum(claimed: Checksums, computed: Checksums): void {
  for (const [name, value] of Object.entries(claimed)) {
    const found = isAlgorithm(name) ? computed[name] : undefined
    if (found === undefined) throw notImplemented(`A ${name} that the upload was not created with`)
    if (found.replace(/-\d+$/, '') !== value.replace(/-\d+$/, '')) throw badDigest(name)
  }
}

/** The MD5 of the parts' MD5s, and how many they are. */
function wholeEtag(parts: readonly Part[]): string {
  const md5 = createHash('md5')
  for (const { etag } of parts) md5.update(Buffer.from(etag, 'hex'))
  return `${md5.digest('hex')}-${parts.length}`
}

async function wholeChecksums(
  { files }: S3Deps,
  { algorithm, checksumType }: Upload,
  parts: readonly Part[],
): Promise<Checksums> {
  if (algorithm === undefined) return {}
  const hasher = createHasher(algorithm)
  if (checksumType === 'COMPOSITE') {
    for (const { checksums } of parts) hasher.update(Buffer.from(checksums[algorithm] ?? '', 'base64'))
    return { [algorithm]: `${hasher.digest()}-${parts.length}` }
  }
  const body: Readable | undefined = await files.read(
    parts.map(({ file }) => file),
    { start: 0, end: Number.MAX_SAFE_INTEGER },
  )
  if (body === undefined) throw invalidPart()
  for await (const chunk of body) hasher.update(chunk)
  return { [algorithm]: hasher.digest() }
}

export const abortMultipartUpload: S3Operation<'AbortMultipartUpload'> = async (deps, input, call) => {
  if (input.IfMatchInitiatedTime !== undefined) throw notImplemented('x-amz-if-match-initiated-time')
  const upload = await findUpload(deps, input, call)
  await deps.files.remove(await deps.store.change((editor) => editor.removeUpload(upload, [])))
  return {}
}
