/** Longer values are not matched: some of AWS's patterns take time that grows faster than what they match. */
export const PATTERN_CHARACTERS_MAX = 16_384

/**
 * A pattern of AWS's models, which are Java's, as one of ours. AWS matches the whole value, whether or not the
 * pattern says so. Undefined for what JavaScript cannot express: then the value is not refused for it.
 */
export function toRegExp(pattern: string): RegExp | undefined {
  const ignoresCase = pattern.includes('(?i)')
  const hasClasses = /\\p\{/.test(pattern)
  const source = (ignoresCase ? pattern.replaceAll('(?i)', '') : pattern)
    // `[\p{Z}-_]` is a range to JavaScript, and a refusal; Java takes the hyphen for itself.
    .replaceAll(/(\\p\{\w+\})-/g, '$1\\-')
  try {
    return new RegExp(`^(?:${source})$`, `${ignoresCase ? 'i' : ''}${hasClasses ? 'u' : ''}`)
  } catch {
    return undefined
  }
}
