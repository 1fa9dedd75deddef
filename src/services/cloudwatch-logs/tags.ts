import { invalidParameter } from './errors.ts'

/** Tags that a caller may set: those that begin with `aws:` are AWS's own. */
export function checkTags(tags: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(tags).find((key) => key.toLowerCase().startsWith('aws:'))
  if (reserved !== undefined)
    throw invalidParameter('aws: prefixed tag key names are not allowed for external use.')
}
