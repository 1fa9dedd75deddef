import { isObject, parseOperator } from './operators.ts'
import { type Dialect, type Field, type Matcher, type Pattern, PatternError } from './pattern.ts'

/** Deeper than any event: what nests further is an attack on the stack. */
const DEPTH_MAX = 100

/**
 * Reads a pattern (Amazon EventBridge User Guide, "Creating event patterns").
 *
 * @throws PatternError where the text is no pattern of that dialect.
 */
export function parsePattern(text: string, dialect: Dialect): Pattern {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new PatternError(`Invalid JSON: ${(error as Error).message}`)
  }
  if (!isObject(parsed)) throw new PatternError('Filter is not an object')
  return parseObject(parsed, [], dialect)
}

function parseObject(object: Record<string, unknown>, path: readonly string[], dialect: Dialect): Pattern {
  if (path.length > DEPTH_MAX) throw new PatternError(`Patterns nest at most ${DEPTH_MAX} levels deep`)
  const entries = Object.entries(object)
  if (entries.length === 0) throw new PatternError('Empty objects are not allowed')
  const fields: Field[] = []
  const alternatives: (readonly Pattern[])[] = []
  for (const [name, value] of entries) {
    if (name === '$or' && isOr(value)) alternatives.push(value.map((one) => parseObject(one, path, dialect)))
    else fields.push(parseField(name, value, path, dialect))
  }
  return { fields, alternatives }
}

function parseField(name: string, value: unknown, above: readonly string[], dialect: Dialect): Field {
  const path = [...above, name]
  if (Array.isArray(value)) return { name, path, anyOf: parseLeaf(value, dialect) }
  if (isObject(value)) return { name, pattern: parseObject(value, path, dialect) }
  throw new PatternError(`"${name}" must be an object or an array`)
}

function parseLeaf(values: readonly unknown[], dialect: Dialect): readonly Matcher[] {
  if (values.length === 0) throw new PatternError('Empty arrays are not allowed')
  return values.map((value) => {
    if (isObject(value)) return parseOperator(value, dialect)
    if (Array.isArray(value)) {
      throw new PatternError('Match value must be String, number, true, false, or null')
    }
    return { kind: 'exact', value: value as string | number | boolean | null }
  })
}

/** Names that make of `$or` a field's name again, for patterns older than the operator. */
const OPERATORS = new Set([
  'exactly',
  'prefix',
  'suffix',
  'numeric',
  'anything-but',
  'exists',
  'cidr',
  'equals-ignore-case',
  'wildcard',
])

/**
 * `$or` is an operator where its value is an array of two objects and more that hold no operators themselves;
 * otherwise it is the name of a field (README of aws/event-ruler, "Or matching").
 */
function isOr(value: unknown): value is Record<string, unknown>[] {
  if (!Array.isArray(value) || value.length < 2) return false
  return value.every((one) => isObject(one) && !Object.keys(one).some((key) => OPERATORS.has(key)))
}
