/** Longer values are not matched: some of AWS's patterns take time that grows faster than what they match. */
export const PATTERN_CHARACTERS_MAX = 16_384

/** What Java writes otherwise than JavaScript, as far as AWS's models have it. */
const TRANSLATIONS: readonly (readonly [java: RegExp, ours: string])[] = [
  [/\(\?i\)/g, ''],
  [/\\p\{Print\}/g, '[\\x20-\\x7e]'],
  // Pairs of surrogates: to Java, which sees through them, the characters beyond the first plane.
  [/\\uD800\\uDC00-\\uDBFF\\uDFFF/g, '\\u{10000}-\\u{10FFFF}'],
  // `[\p{Z}-_]` is a range to JavaScript, and a refusal; Java takes the hyphen for itself.
  [/(\\p\{\w+\})-/g, '$1\\-'],
]

/**
 * A pattern of AWS's models, which are Java's, as one of ours. AWS matches the whole value, whether or not the
 * pattern says so. Undefined for what JavaScript cannot express: then the value is not refused for it.
 */
export function toRegExp(pattern: string): RegExp | undefined {
  const source = TRANSLATIONS.reduce((text, [java, ours]) => text.replaceAll(java, ours), pattern)
  // Only where it must be: with it, needless backslashes are errors, which the models are full of.
  const unicode = /\\p\{|\\u\{/.test(source) ? 'u' : ''
  try {
    return new RegExp(`^(?:${source})$`, `${pattern.includes('(?i)') ? 'i' : ''}${unicode}`)
  } catch {
    return undefined
  }
}
