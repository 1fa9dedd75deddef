import type { Constraint } from './constraints.ts'
import { PATTERN_CHARACTERS_MAX, toRegExp } from './patterns.ts'

/** One thing that a value must fulfil, and how AWS says so. */
export interface Rule {
  readonly text: string
  readonly isMet: (value: unknown) => boolean
}

/** How the rule begins that a text breaks by being too long. */
export const TOO_LONG = 'Member must have length less than or equal to'

/** The rules for a value itself, not for what it holds. `isNumber` decides what `min` and `max` measure. */
export function rulesOf(constraint: Constraint, isNumber: boolean): Rule[] {
  const measured = isNumber ? 'value' : 'length'
  const rules: Rule[] = []
  const { max, min, pattern, enum: names } = constraint
  if (max !== undefined) {
    rules.push({
      text: `Member must have ${measured} less than or equal to ${max}`,
      isMet: (value) => sizeOf(value) <= max,
    })
  }
  if (min !== undefined) {
    rules.push({
      text: `Member must have ${measured} greater than or equal to ${min}`,
      isMet: (value) => sizeOf(value) >= min,
    })
  }
  if (pattern !== undefined) rules.push(patternRule(pattern))
  if (names !== undefined) rules.push(enumRule(names))
  return rules
}

function patternRule(pattern: string): Rule {
  const regExp = toRegExp(pattern)
  return {
    text: `Member must satisfy regular expression pattern: ${pattern}`,
    isMet: (value) =>
      regExp === undefined ||
      typeof value !== 'string' ||
      value.length > PATTERN_CHARACTERS_MAX ||
      regExp.test(value),
  }
}

function enumRule(names: readonly string[]): Rule {
  const allowed = new Set<unknown>(names)
  return {
    text: `Member must satisfy enum value set: [${names.join(', ')}]`,
    isMet: (value) => allowed.has(value),
  }
}

/** A number's value, or how long a text, a blob, a list or a map is. */
function sizeOf(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string' || Array.isArray(value)) return value.length
  if (value instanceof Uint8Array) return value.byteLength
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0
}
