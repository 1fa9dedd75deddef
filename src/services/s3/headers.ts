import { AwsError } from '../../aws/error.ts'
import type { ObjectFacts, ObjectHeaders } from './object.ts'
import { readTagHeader } from './tags.ts'

const HEADERS = [
  'ContentType',
  'ContentEncoding',
  'ContentDisposition',
  'ContentLanguage',
  'CacheControl',
] as const

interface FactsInput {
  readonly ContentType?: string | undefined
  readonly ContentEncoding?: string | undefined
  readonly ContentDisposition?: string | undefined
  readonly ContentLanguage?: string | undefined
  readonly CacheControl?: string | undefined
  readonly Expires?: Date | string | undefined
  readonly Metadata?: Readonly<Record<string, string>> | undefined
  readonly StorageClass?: string | undefined
  readonly Tagging?: string | undefined
}

/** Of names and values together (Amazon S3 User Guide, "User-defined object metadata"). */
const METADATA_BYTES_MAX = 2048

/** What a request says of the object beside its bytes. @throws MetadataTooLarge, InvalidTag */
export function factsOf(input: FactsInput): ObjectFacts {
  const metadata = { ...input.Metadata }
  const bytes = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  )
  if (bytes > METADATA_BYTES_MAX) {
    const message = 'Your metadata headers exceed the maximum allowed metadata size'
    throw new AwsError('MetadataTooLarge', message, { status: 400 })
  }
  return {
    headers: headersOf(input),
    metadata,
    tags: readTagHeader(input.Tagging),
    storageClass: input.StorageClass ?? 'STANDARD',
  }
}

function headersOf(input: FactsInput): ObjectHeaders {
  const given = HEADERS.filter((name) => input[name] !== undefined && input[name] !== '')
  const { Expires: expires } = input
  return {
    ...Object.fromEntries(given.map((name) => [name, input[name]])),
    ...(expires !== undefined && { Expires: expires instanceof Date ? expires.toUTCString() : expires }),
  }
}
