import { AwsError } from '../../aws/error.ts'
import type { Tags } from './bucket.ts'
import { invalidArgument } from './errors.ts'

interface Tag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

export const OBJECT_TAGS_MAX = 10
export const BUCKET_TAGS_MAX = 50

/** Tags of a `<Tagging>`. @throws InvalidTag, BadRequest */
export function readTagSet(set: readonly Tag[], max: number): Tags {
  if (set.length > max) {
    throw new AwsError('BadRequest', `Object tags cannot be greater than ${max}`, { status: 400 })
  }
  const tags: Record<string, string> = Object.create(null)
  for (const { Key = '', Value = '' } of set) {
    if (Key === '' || Key.length > 128) throw invalidTag('The TagKey you have provided is invalid')
    if (Value.length > 256) throw invalidTag('The TagValue you have provided is invalid')
    if (Key.startsWith('aws:')) throw invalidTag('System tags cannot be added/updated by requester')
    if (Key in tags) throw invalidTag('Cannot provide multiple Tags with the same key')
    tags[Key] = Value
  }
  return { ...tags }
}

/** Tags of the header `x-amz-tagging`: a query string. */
export function readTagHeader(header: string | undefined): Tags {
  if (header === undefined || header === '') return {}
  const set = [...new URLSearchParams(header)].map(([Key, Value]) => ({ Key, Value }))
  if (set.some(({ Key }) => Key === '')) {
    throw invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    )
  }
  return readTagSet(set, OBJECT_TAGS_MAX)
}

export function tagSetOf(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

function invalidTag(message: string): AwsError {
  return new AwsError('InvalidTag', message, { status: 400 })
}
