import { invalidInput, limitExceeded } from './errors.ts'
import { TAGS_MAX } from './limits.ts'
import type { Tag } from './role.ts'

export interface TagInput {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

/** Keys of roles' tags differ by more than their case; those of policies need not. */
export type KeyCase = 'ignored' | 'kept'

/** The tags of an input. Two of the same key are refused. */
export function readTags(tags: readonly TagInput[] | undefined, keyCase: KeyCase): Tag[] {
  const seen = new Set<string>()
  return (tags ?? []).map(({ Key = '', Value = '' }) => {
    const folded = fold(Key, keyCase)
    if (seen.has(folded))
      throw invalidInput(
        keyCase === 'ignored'
          ? 'Duplicate tag keys found. Please note that Tag keys are case insensitive.'
          : 'Duplicate tag keys found.',
      )
    seen.add(folded)
    return { key: Key, value: Value }
  })
}

/** New values take the place of old ones. */
export function mergeTags(old: readonly Tag[], added: readonly Tag[], keyCase: KeyCase): Tag[] {
  const replaced = new Set(added.map(({ key }) => fold(key, keyCase)))
  const kept = old.filter(({ key }) => !replaced.has(fold(key, keyCase)))
  const merged = [...kept, ...added]
  if (merged.length > TAGS_MAX) throw limitExceeded('The number of tags has reached the maximum limit.')
  return merged
}

export function withoutTags(old: readonly Tag[], keys: readonly string[], keyCase: KeyCase): Tag[] {
  const gone = new Set(keys.map((key) => fold(key, keyCase)))
  return old.filter(({ key }) => !gone.has(fold(key, keyCase)))
}

export function toOutput({ key, value }: Tag): { Key: string; Value: string } {
  return { Key: key, Value: value }
}

function fold(key: string, keyCase: KeyCase): string {
  return keyCase === 'ignored' ? key.toLowerCase() : key
}
