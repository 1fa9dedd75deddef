import { parseCidr } from './cidr.ts'
import { parseNumericRange } from './numeric.ts'
import { type Dialect, type Matcher, PatternError } from './pattern.ts'
import { parseWildcard } from './wildcard.ts'

type OperatorParser = (value: unknown, dialect: Dialect) => Matcher

const PARSERS: Readonly<Record<string, OperatorParser>> = {
  prefix: (value, dialect) => parseAffix('prefix', value, dialect),
  suffix: (value, dialect) => parseAffix('suffix', value, dialect),
  'equals-ignore-case': (value) => ({
    kind: 'equals-ignore-case',
    text: textOf('equals-ignore-case', value).toLowerCase(),
  }),
  wildcard: (value) => ({ kind: 'wildcard', parts: parseWildcard(textOf('wildcard', value)) }),
  numeric: (value) => ({ kind: 'numeric', range: parseNumericRange(value) }),
  // AWS itself speaks of a prefix here (recorded in December 2024).
  cidr: (value) => ({ kind: 'cidr', block: parseCidr(textOf('prefix', value)) }),
  exists: parseExists,
  'anything-but': parseAnythingBut,
}

/** Reads `{"prefix": "us-"}` and its like. */
export function parseOperator(object: Record<string, unknown>, dialect: Dialect): Matcher {
  const [entry, ...others] = Object.entries(object)
  if (entry === undefined) throw new PatternError('Empty objects are not allowed')
  if (others.length > 0) throw new PatternError('Only one key allowed in match expression')
  const [name, value] = entry
  const parse = Object.hasOwn(PARSERS, name) ? PARSERS[name] : undefined
  if (parse === undefined || !dialect.operators.has(name)) {
    throw new PatternError(`Unrecognized match type ${name}`)
  }
  return parse(value, dialect)
}

function parseExists(value: unknown): Matcher {
  if (typeof value !== 'boolean') {
    throw new PatternError('exists match pattern must be either true or false.')
  }
  return { kind: value ? 'exists' : 'absent' }
}

function parseAffix(kind: 'prefix' | 'suffix', value: unknown, dialect: Dialect): Matcher {
  if (!isObject(value)) return { kind, text: textOf(kind, value) }
  const [[name, text] = [], ...others] = Object.entries(value)
  if (name !== 'equals-ignore-case' || others.length > 0 || !dialect.allowsNestedIgnoreCase) {
    throw new PatternError(`Unsupported expression in ${kind} match`)
  }
  return { kind: `${kind}-ignore-case`, text: textOf(kind, text).toLowerCase() }
}

function parseAnythingBut(value: unknown, dialect: Dialect): Matcher {
  if (isObject(value)) return { kind: 'anything-but', matchers: parseNested(value, dialect) }
  if (!Array.isArray(value)) return { kind: 'anything-but', matchers: [exact(value)] }
  const [first] = value
  if (first === undefined) throw new PatternError('Empty arrays are not allowed')
  if (value.some((one) => typeof one !== typeof first)) {
    throw new PatternError(
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    )
  }
  return { kind: 'anything-but', matchers: value.map(exact) }
}

function exact(value: unknown): Matcher {
  if (typeof value === 'string' || typeof value === 'number') return { kind: 'exact', value }
  throw new PatternError('Inside anything but list, start|null|boolean is not supported.')
}

/** `{"anything-but": {"prefix": "us-"}}`: one text, or several. */
function parseNested(object: Record<string, unknown>, dialect: Dialect): readonly Matcher[] {
  const [[name, value] = [], ...others] = Object.entries(object)
  if (name === undefined || others.length > 0) {
    throw new PatternError('Only one key allowed in match expression')
  }
  if (!dialect.insideAnythingBut.has(name)) {
    throw new PatternError(`Unsupported anything-but pattern: ${name}`)
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.length === 0) throw new PatternError('Empty arrays are not allowed')
  return values.map((one) => {
    checkNested(name, one)
    return parseOperator({ [name]: one }, dialect)
  })
}

/** In words of its own, as recorded from AWS in December 2024. */
function checkNested(name: string, value: unknown): void {
  if (name === 'equals-ignore-case' && typeof value !== 'string')
    throw new PatternError(
      'Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.',
    )
  if (name !== 'prefix' && name !== 'suffix') return
  if (isObject(value))
    throw new PatternError('Value of anything-but must be an array or single string/number value.')
  if (typeof value !== 'string') throw new PatternError('prefix/suffix match pattern must be a string')
  if (value === '') throw new PatternError(`Null ${name} not allowed`)
}

function textOf(operator: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw new PatternError(`${operator} match pattern must be a string`)
}

/** A JSON object: no array, and not null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
