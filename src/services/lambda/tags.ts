import { invalidParameter, validationError } from './errors.ts'

/** Lambda's limit for each resource. */
const TAGS_MAX = 50
/** Those of tags everywhere (Developer Guide, "Using tags on Lambda functions"). */
const KEY_LENGTH_MAX = 128
const VALUE_LENGTH_MAX = 256

/** `current` with `added`, which win; refuses what no resource can be tagged with. */
export function withTags(
  current: Readonly<Record<string, string>>,
  added: Readonly<Record<string, string>>,
): Record<string, string> {
  for (const [key, value] of Object.entries(added)) checkTag(key, value)
  const tags = { ...current, ...added }
  if (Object.keys(tags).length > TAGS_MAX)
    throw invalidParameter('Number of tags exceeds resource tag limit.')
  return tags
}

function checkTag(key: string, value: string): void {
  if (key === '') throw validationError('tags', key, 'Member must have length greater than or equal to 1')
  if (key.length > KEY_LENGTH_MAX) throw validationError('tags', key, atMost(KEY_LENGTH_MAX))
  if (value.length > VALUE_LENGTH_MAX)
    throw validationError(`tags.${key}.member`, value, atMost(VALUE_LENGTH_MAX))
  if (/^aws:/i.test(key)) throw invalidParameter('System tags cannot be added/updated by requester.')
}

function atMost(length: number): string {
  return `Member must have length less than or equal to ${length}`
}
