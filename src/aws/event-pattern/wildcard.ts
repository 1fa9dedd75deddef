import { PatternError } from './pattern.ts'

/** The literal texts between the stars of a pattern; `\*` and `\\` stand for themselves. */
export function parseWildcard(pattern: string): readonly string[] {
  const parts: string[] = []
  let literal = ''
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]
    if (character === '*') {
      if (pattern[at + 1] === '*') throw new PatternError(`Consecutive wildcard characters at pos ${at}`)
      parts.push(literal)
      literal = ''
    } else if (character === '\\') {
      const escaped = pattern[++at]
      if (escaped !== '*' && escaped !== '\\') {
        throw new PatternError(`Invalid escape character at pos ${at - 1}`)
      }
      literal += escaped
    } else literal += character
  }
  return [...parts, literal]
}

/** In time proportional to the text: the leftmost place of each part is never worse than a later one. */
export function matchesWildcard(parts: readonly string[], text: string): boolean {
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (parts.length === 1) return text === first
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false
  let from = first.length
  const end = text.length - last.length
  for (const part of parts.slice(1, -1)) {
    const at = text.indexOf(part, from)
    if (at < 0 || at + part.length > end) return false
    from = at + part.length
  }
  return true
}
