import { invalidParameter, tagLimitExceeded } from './errors.ts'
import type { Tags } from './scope.ts'

interface Tag {
  readonly Key: string | undefined
  readonly Value: string | undefined
}

const TAGS_MAX = 50

export function tagsFrom(tags: readonly Tag[] | undefined, before: Tags = {}): Tags {
  const added = Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
  if (Object.keys(added).length < (tags ?? []).length) {
    throw invalidParameter('Duplicated keys are not allowed.')
  }
  if (Object.keys(added).some((key) => key.toLowerCase().startsWith('aws:'))) {
    throw invalidParameter('aws: prefixed tag key names are not allowed for external use.')
  }
  const all = { ...before, ...added }
  if (Object.keys(all).length > TAGS_MAX) throw tagLimitExceeded()
  return all
}

export function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}
