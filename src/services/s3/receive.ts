import type { Readable } from 'node:stream'
import { AwsError } from '../../aws/error.ts'
import { ALGORITHMS, type Algorithm, type Checksums, isAlgorithm } from './checksums.ts'
import type { S3Deps } from './deps.ts'
import { badDigest, entityTooLarge, invalidRequest, notImplemented } from './errors.ts'
import type { WrittenFile } from './files.ts'
import type { Content } from './object.ts'

/** The members of PutObject and UploadPart that are about the body. */
export interface BodyInput {
  readonly Body?: Readable | undefined
  readonly ContentLength?: number | undefined
  readonly ContentMD5?: string | undefined
  readonly ChecksumAlgorithm?: string | undefined
  readonly ChecksumCRC32?: string | undefined
  readonly ChecksumCRC32C?: string | undefined
  readonly ChecksumCRC64NVME?: string | undefined
  readonly ChecksumSHA1?: string | undefined
  readonly ChecksumSHA256?: string | undefined
}

interface ReceiveOptions {
  readonly bytesMax: number
  /** To be computed in any case. */
  readonly algorithm?: Algorithm | undefined
  /** Filled once the body has been read. */
  readonly trailers: Readonly<Record<string, string>>
}

/** Writes a body into a file, and checks it against what the client said of it. @throws BadDigest, InvalidDigest */
export async function receive(
  { files }: Pick<S3Deps, 'files'>,
  input: BodyInput,
  { bytesMax, algorithm, trailers }: ReceiveOptions,
): Promise<WrittenFile> {
  const claimed = claimedChecksums(input)
  if ((input.ContentLength ?? 0) > bytesMax) throw entityTooLarge()
  if (input.ContentMD5 !== undefined && !/^[\w+/]{22}==$/.test(input.ContentMD5)) {
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified was invalid.', {
      status: 400,
      members: { 'Content-MD5': input.ContentMD5 },
    })
  }
  const asked = readAlgorithm(input.ChecksumAlgorithm)
  const algorithms = ALGORITHMS.filter(
    (name) => name === asked || name === algorithm || claimed[name] !== undefined,
  )
  const written = await files.write(input.Body ?? emptyBody(), { bytesMax, algorithms })
  try {
    refuseMd5(input.ContentMD5, written.md5)
    refuseWrong(claimed, written.checksums)
    refuseWrong(trailingChecksums(trailers), written.checksums)
    return written
  } catch (error) {
    await files.remove([written.file])
    throw error
  }
}

/** What an object holds that was written in one piece. */
export function wholeContent({ file, md5, checksums }: WrittenFile): Content {
  return { files: [file], etag: md5, checksums, checksumType: 'FULL_OBJECT' }
}

export function readAlgorithm(name: string | undefined): Algorithm | undefined {
  if (name === undefined) return undefined
  if (!isAlgorithm(name)) throw notImplemented(`The checksum algorithm ${name}`)
  return name
}

/** What the headers say. @throws InvalidRequest where they say several. */
export function claimedChecksums(input: Omit<BodyInput, 'Body'>): Checksums {
  const given = input as Readonly<Record<string, string | undefined>>
  const claimed = ALGORITHMS.filter((name) => given[`Checksum${name}`] !== undefined)
  if (claimed.length > 1) {
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    )
  }
  for (const name of claimed) {
    const value = given[`Checksum${name}`] ?? ''
    const bytes = Buffer.from(value.replace(/-\d+$/, ''), 'base64')
    if (bytes.length === BYTES[name] && value.startsWith(bytes.toString('base64'))) continue
    throw invalidRequest(`Value for x-amz-checksum-${name.toLowerCase()} header is invalid.`)
  }
  return Object.fromEntries(claimed.map((name) => [name, given[`Checksum${name}`]]))
}

const BYTES: Readonly<Record<Algorithm, number>> = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 }

const TRAILER = 'x-amz-checksum-'

function trailingChecksums(trailers: Readonly<Record<string, string>>): Checksums {
  const found = Object.entries(trailers).filter(([name]) => name.startsWith(TRAILER))
  return Object.fromEntries(found.map(([name, value]) => [name.slice(TRAILER.length).toUpperCase(), value]))
}

function refuseMd5(claimed: string | undefined, md5: string): void {
  if (claimed !== undefined && Buffer.from(claimed, 'base64').toString('hex') !== md5) {
    throw badDigest('Content-MD5')
  }
}

function refuseWrong(claimed: Checksums, computed: Checksums): void {
  for (const [name, value] of Object.entries(claimed)) {
    const found = isAlgorithm(name) ? computed[name] : undefined
    if (found === undefined) {
      throw notImplemented(`A trailing ${name} that x-amz-sdk-checksum-algorithm does not announce`)
    }
    if (found !== value) throw badDigest(name)
  }
}

async function* emptyBody(): AsyncIterable<Uint8Array> {}

/** `ChecksumCRC32` and so on, as answers have them. */
export function shownChecksums(checksums: Checksums): Record<string, string> {
  return Object.fromEntries(Object.entries(checksums).map(([name, value]) => [`Checksum${name}`, value]))
}
