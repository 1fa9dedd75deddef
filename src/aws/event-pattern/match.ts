import { isInBlock } from './cidr.ts'
import type { Field, LeafField, Matcher, NumericRange, Pattern, Scalar } from './pattern.ts'
import { matchesWildcard } from './wildcard.ts'

/**
 * Whether a parsed event matches. Every field that the pattern names must be there with one of its values;
 * fields that it does not name do not count. Of an array one element must match, and what a pattern asks of
 * an object in an array it asks of one and the same element (README of aws/event-ruler).
 *
 * Numbers are compared as numbers: 300, 300.0 and 3e2 are the same.
 */
export function matches(pattern: Pattern, event: unknown): boolean {
  return isObject(event) && holds(pattern, event, event)
}

const NOTHING = {}

function holds(pattern: Pattern, object: object, root: object): boolean {
  return (
    pattern.fields.every((field) => fieldHolds(field, object, root)) &&
    pattern.alternatives.every((oneOf) => oneOf.some((one) => holds(one, object, root)))
  )
}

function fieldHolds(field: Field, object: object, root: object): boolean {
  const value: unknown = Object.hasOwn(object, field.name) ? Reflect.get(object, field.name) : undefined
  if ('pattern' in field) return patternHolds(field.pattern, value, root)
  return leafHolds(field.anyOf, value) || isAskedToBeAbsent(field, root)
}

/** What is no object has no fields: a pattern that only asks for absent ones matches it. */
function patternHolds(pattern: Pattern, value: unknown, root: object): boolean {
  if (!Array.isArray(value)) return holds(pattern, isObject(value) ? value : NOTHING, root)
  if (value.length === 0) return holds(pattern, NOTHING, root)
  return value.some((element) => patternHolds(pattern, element, root))
}

function leafHolds(anyOf: readonly Matcher[], value: unknown): boolean {
  if (Array.isArray(value)) return value.some((element) => leafHolds(anyOf, element))
  if (value === undefined || isObject(value)) return false
  return anyOf.some((matcher) => isMatch(matcher, value as Scalar))
}

/** Whether one matcher takes a value that is there. */
export function isMatch(matcher: Matcher, value: Scalar): boolean {
  switch (matcher.kind) {
    case 'exact':
      return matcher.value === value
    case 'exists':
      return true
    case 'absent':
      return false
    case 'numeric':
      return typeof value === 'number' && isInRange(matcher.range, value)
    case 'anything-but':
      return !matcher.matchers.some((one) => isMatch(one, value))
    default:
      return typeof value === 'string' && isTextMatch(matcher, value)
  }
}

type TextMatcher = Exclude<Matcher, { kind: 'exact' | 'exists' | 'absent' | 'numeric' | 'anything-but' }>

function isTextMatch(matcher: TextMatcher, value: string): boolean {
  switch (matcher.kind) {
    case 'prefix':
      return value.startsWith(matcher.text)
    case 'suffix':
      return value.endsWith(matcher.text)
    case 'prefix-ignore-case':
      return value.toLowerCase().startsWith(matcher.text)
    case 'suffix-ignore-case':
      return value.toLowerCase().endsWith(matcher.text)
    case 'equals-ignore-case':
      return value.toLowerCase() === matcher.text
    case 'wildcard':
      return matchesWildcard(matcher.parts, value)
    case 'cidr':
      return isInBlock(matcher.block, value)
  }
}

function isInRange({ low, isLowIncluded, high, isHighIncluded }: NumericRange, value: number): boolean {
  return (isLowIncluded ? value >= low : value > low) && (isHighIncluded ? value <= high : value < high)
}

function isAskedToBeAbsent({ anyOf, path }: LeafField, root: object): boolean {
  return anyOf.some(({ kind }) => kind === 'absent') && !hasLeaf(root, path)
}

/** Whether there is a value at a path, in whatever element of the arrays on the way. An object is no value. */
function hasLeaf(value: unknown, path: readonly string[], depth = 0): boolean {
  if (Array.isArray(value)) return value.some((element) => hasLeaf(element, path, depth))
  if (!isObject(value)) return value !== undefined && depth === path.length
  const name = path[depth]
  return (
    name !== undefined && Object.hasOwn(value, name) && hasLeaf(Reflect.get(value, name), path, depth + 1)
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
