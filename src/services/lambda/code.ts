import { createHash } from 'node:crypto'
import type { Call } from '../../aws/operation.ts'
import { inspectZip, LAMBDA_ZIP_LIMITS, ZipError } from '../../base/zip/index.ts'
import { fetchFromS3 } from './code-from-s3.ts'
import type { LambdaDeps } from './deps.ts'
import { badZip, invalidParameter, notSupported, unzippedTooLarge, zippedTooLarge } from './errors.ts'
import type { Code } from './function.ts'
import type { AccountLimits } from './limits.ts'
import type { LambdaInput } from './types.ts'

type CodeSource = Partial<
  Pick<
    LambdaInput<'UpdateFunctionCode'>,
    | 'ZipFile'
    | 'S3Bucket'
    | 'S3Key'
    | 'S3ObjectVersion'
    | 'S3ObjectStorageMode'
    | 'ImageUri'
    | 'SourceKMSKeyArn'
  >
>

/** How long an upload may take from its blob to its version, before it counts as cut short by a crash. */
const UPLOAD_MS_MAX = 15 * 60_000

/** Bytes; some 2 ms. */
const HASHED_AT_ONCE = 2 * 1024 * 1024

/** The zip that the caller sent, or that lies where the caller says; `sourceArn` is what it is for. */
export async function readPackage(
  deps: Pick<LambdaDeps, 'switchboard' | 'limits'>,
  source: CodeSource,
  call: Pick<Call, 'accountId'>,
  sourceArn: string,
): Promise<Buffer> {
  const { ZipFile, S3Bucket, S3Key, S3ObjectVersion, S3ObjectStorageMode, ImageUri } = source
  const fromS3 = S3Bucket ?? S3Key ?? S3ObjectVersion ?? S3ObjectStorageMode
  if (ZipFile !== undefined && (fromS3 ?? ImageUri) !== undefined) throw oneSourceOnly()
  if (ImageUri !== undefined) throw imageForZip()
  if (source.SourceKMSKeyArn) throw notSupported('SourceKMSKeyArn')
  if (fromS3 === undefined) return readZipFile(ZipFile, deps.limits)
  if (!S3Bucket || !S3Key) throw invalidParameter('Please provide both S3Bucket and S3Key.')
  // The other mode runs what lies in the bucket, without a copy of Lambda's own.
  if (S3ObjectStorageMode !== undefined && S3ObjectStorageMode !== 'COPY')
    throw notSupported(`S3ObjectStorageMode ${S3ObjectStorageMode}`)
  const place = {
    bucket: S3Bucket,
    key: S3Key,
    ...(S3ObjectVersion !== undefined && { versionId: S3ObjectVersion }),
  }
  return fetchFromS3(deps, place, call, sourceArn)
}

function readZipFile(zip: Uint8Array | undefined, limits: AccountLimits): Buffer {
  if (zip === undefined) throw invalidParameter('Please provide a source for function code.')
  if (zip.byteLength === 0) throw invalidParameter('Uploaded file must be a non-empty zip')
  if (zip.byteLength > limits.zippedBytes) throw zippedTooLarge(limits.zippedBytes)
  // Blobs inside a structure arrive as a plain Uint8Array.
  return Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength)
}

/** Reads the whole package, so that what is accepted can be unpacked. Returns its unzipped size, in bytes. */
export async function checkPackage(zip: Buffer, limits: AccountLimits): Promise<number> {
  try {
    const { unzippedBytes } = await inspectZip(zip, {
      ...LAMBDA_ZIP_LIMITS,
      unzippedBytes: limits.unzippedBytes,
    })
    if (unzippedBytes >= limits.unzippedBytes) throw unzippedTooLarge(limits.unzippedBytes)
    return unzippedBytes
  } catch (error) {
    if (!(error instanceof ZipError)) throw error
    throw error.reason === 'too-large' ? unzippedTooLarge(limits.unzippedBytes) : badZip()
  }
}

/**
 * Checks and keeps a package while `use` gives it to a version. Where `use` throws, or the process dies
 * before it has ended, nothing stays behind but what other versions have too.
 */
export async function withPackage<Result>(
  deps: Pick<LambdaDeps, 'functions' | 'blobs' | 'clock' | 'random' | 'limits'>,
  zip: Buffer,
  use: (code: Code) => Promise<Result>,
): Promise<Result> {
  const unzippedSize = await checkPackage(zip, deps.limits)
  const sha256 = await sha256Of(zip)
  const id = deps.random.uuid()
  await deps.functions.pinCode({ id, sha256, until: deps.clock.now() + UPLOAD_MS_MAX })
  try {
    await deps.blobs.put(zip)
    return await use({ sha256, size: zip.byteLength, unzippedSize })
  } finally {
    await collectCode(deps, [sha256], id)
  }
}

/** Deletes packages that no version has any more. `unpin` ends an upload of them. */
export async function collectCode(
  { functions, blobs, clock }: Pick<LambdaDeps, 'functions' | 'blobs' | 'clock'>,
  hashes: Iterable<string>,
  unpin?: string,
): Promise<void> {
  for (const sha256 of new Set(hashes)) {
    const code = { sha256, now: clock.now(), ...(unpin !== undefined && { unpin }) }
    await functions.collectCode(code, async () => {
      await blobs.delete(sha256)
    })
  }
}

/** As AWS shows it: base64, where the blobs have hex; of an image the digest in hex. */
export function codeSha256(code: Code): string {
  if (code.image !== undefined) return code.sha256
  return Buffer.from(code.sha256, 'hex').toString('base64')
}

function imageForZip() {
  return invalidParameter("Please don't provide ImageUri when creating a function with packageType Zip.")
}

function oneSourceOnly() {
  return invalidParameter('Please do not provide other FunctionCode parameters when providing a ZipFile.')
}

/** Lower-case hex. Lets others have the event loop now and then: 50 MB take a tenth of a second. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256')
  for (let start = 0; start < bytes.byteLength; start += HASHED_AT_ONCE) {
    if (start > 0) await new Promise((resolve) => setImmediate(resolve))
    hash.update(bytes.subarray(start, start + HASHED_AT_ONCE))
  }
  return hash.digest('hex')
}
