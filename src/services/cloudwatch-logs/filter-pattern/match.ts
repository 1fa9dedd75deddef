import { parseFilterPattern } from './parse.ts'
import type {
  Column,
  ColumnsPattern,
  Comparison,
  Condition,
  FilterPattern,
  Literal,
  Selector,
  Term,
} from './pattern.ts'
import { matchesWildcard } from './wildcard.ts'

/** Tells for any message whether it matches. Throws `InvalidPattern` where `pattern` is none. */
export function compileFilterPattern(pattern: string): (message: string) => boolean {
  return compile(pattern) ?? (() => true)
}

/** The same, but undefined where every message does. */
export function compile(pattern: string): ((message: string) => boolean) | undefined {
  const parsed = parseFilterPattern(pattern)
  return parsed.kind === 'everything' ? undefined : (message) => matches(parsed, message)
}

export function matches(pattern: FilterPattern, message: string): boolean {
  switch (pattern.kind) {
    case 'everything':
      return true
    case 'terms': {
      const { required, excluded, optional } = pattern
      const isIn = (term: Term) => (typeof term === 'string' ? message.includes(term) : term.test(message))
      if (required.length === 0 && excluded.length === 0) return optional.some(isIn)
      return required.every(isIn) && !excluded.some(isIn)
    }
    case 'json': {
      const value = parseJson(message)
      return value !== undefined && holds(pattern.condition, value)
    }
    case 'columns':
      return matchesColumns(pattern, splitColumns(message))
  }
}

function parseJson(message: string): object | undefined {
  const start = message.trimStart()[0]
  if (start !== '{' && start !== '[') return undefined
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}

function holds(condition: Condition, root: unknown): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.every((one) => holds(one, root))
    case 'or':
      return condition.conditions.some((one) => holds(one, root))
    case 'not-exists':
      return select(root, condition.selector).length === 0
    case 'is':
      return select(root, condition.selector).includes(condition.value)
    case 'compare':
      return select(root, condition.selector).some((value) => compares(condition, value))
  }
}

/** What the selector leads to: nothing where it does not exist, several values where it says `[*]`. */
function select(root: unknown, selector: Selector): unknown[] {
  let values: unknown[] = [root]
  for (const step of selector)
    values = values.flatMap((value) => {
      if (typeof value !== 'object' || value === null) return []
      if (typeof step === 'object') return Array.isArray(value) ? value : []
      if (Array.isArray(value) !== (typeof step === 'number') || !Object.hasOwn(value, step)) return []
      return [(value as Record<string | number, unknown>)[step]]
    })
  return values
}

function compares({ operator, value: literal }: Comparison, value: unknown): boolean {
  if (typeof value === 'object') return false
  if (operator === '=') return equals(literal, value)
  if (operator === '!=') return !equals(literal, value)
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (literal.kind !== 'number' || typeof number !== 'number') return false
  if (operator === '<') return number < literal.value
  if (operator === '<=') return number <= literal.value
  if (operator === '>') return number > literal.value
  return number >= literal.value
}

function equals(literal: Literal, value: unknown): boolean {
  if (literal.kind === 'regex') return literal.regex.test(String(value))
  if (literal.kind === 'number' && typeof value === 'number') return value === literal.value
  return matchesWildcard(literal.text, String(value))
}

function matchesColumns({ before, after }: ColumnsPattern, columns: readonly string[]): boolean {
  const count = before.length + (after?.length ?? 0)
  if (after === undefined ? columns.length !== count : columns.length < count) return false
  const matchesAt = ({ condition }: Column, index: number) =>
    condition === undefined || holds(condition, columns[index])
  const afterAt = columns.length - (after?.length ?? 0)
  return (
    before.every((column, index) => matchesAt(column, index)) &&
    (after ?? []).every((column, index) => matchesAt(column, afterAt + index))
  )
}

/**
 * What a columns pattern takes from a message that it matches: `$name`, or `$7` where the column has no name; nothing
 * of other patterns (CloudWatch Logs API reference, TestMetricFilter).
 */
export function extractedValues(pattern: FilterPattern, message: string): Record<string, string> {
  if (pattern.kind !== 'columns') return {}
  const { before, after = [] } = pattern
  const columns = splitColumns(message)
  const nameAt = (index: number) => (before[index] ?? after[index - (columns.length - after.length)])?.name
  return Object.fromEntries(columns.map((value, index) => [`$${nameAt(index) ?? index + 1}`, value]))
}

/** At white space; what stands in double quotes or brackets is one column, without them. */
function splitColumns(message: string): string[] {
  return [...message.matchAll(/"([^"]*)"|\[([^\]]*)\]|\S+/g)].map(
    ([whole, quoted, bracketed]) => quoted ?? bracketed ?? whole,
  )
}
