import { AwsError } from '../../aws/error.ts'
import type { Tags } from './bucket.ts'
import { invalidArgument } from './errors.ts'

interface Tag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

const TAGS_MAX = { Object: 10, Bucket: 50 }
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** Tags of a `<Tagging>`. @throws InvalidTag, BadRequest */
export function readTagSet(set: readonly Tag[], of: keyof typeof TAGS_MAX): Tags {
  const max = TAGS_MAX[of]
  if (set.length > max) {
    throw new AwsError('BadRequest', `${of} tags cannot be greater than ${max}`, { status: 400 })
  }
  const tags: Record<string, string> = Object.create(null)
  for (const { Key = '', Value = '' } of set) {
    const key = { TagKey: Key }
    if (Key === '' || Key.length > 128 || !ALLOWED.test(Key)) {
      throw invalidTag('The TagKey you have provided is invalid', key)
    }
    if (Value.length > 256 || !ALLOWED.test(Value)) {
      throw invalidTag('The TagValue you have provided is invalid', { ...key, TagValue: Value })
    }
    if (Key.startsWith('aws:')) throw invalidTag(SYSTEM_TAG[of], key)
    if (Key in tags) throw invalidTag('Cannot provide multiple Tags with the same key', key)
    tags[Key] = Value
  }
  return { ...tags }
}

const SYSTEM_TAG = {
  Object: 'Your TagKey cannot be prefixed with aws:',
  Bucket: 'System tags cannot be added/updated by requester',
}

/** Tags of the header `x-amz-tagging`: a query string. */
export function readTagHeader(header: string | undefined): Tags {
  if (header === undefined || header === '') return {}
  const set = [...new URLSearchParams(header)].map(([Key, Value]) => ({ Key, Value }))
  const isTwice = new Set(set.map(({ Key }) => Key)).size < set.length
  if (isTwice || set.some(({ Key, Value }) => Key === '' || !ALLOWED.test(Key + Value))) {
    throw invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
      'x-amz-tagging',
      header,
    )
  }
  return readTagSet(set, 'Object')
}

/** By key, as S3 has them. */
export function tagSetOf(tags: Tags): { Key: string; Value: string }[] {
  const sorted = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([Key, Value]) => ({ Key, Value }))
}

function invalidTag(message: string, members: Readonly<Record<string, string>>): AwsError {
  return new AwsError('InvalidTag', message, { status: 400, members })
}
