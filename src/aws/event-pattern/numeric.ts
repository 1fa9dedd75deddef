import { type NumericRange, PatternError } from './pattern.ts'

const OPERATORS = new Set(['=', '<', '<=', '>', '>='])

/** Reads `["=", 3]`, `["<", 10]`, `[">", 0, "<=", 5]`: a lower bound comes first. */
export function parseNumericRange(value: unknown): NumericRange {
  if (!Array.isArray(value)) throw new PatternError('Value of numeric must be an array.')
  const [operator, bound, second, ...rest] = value as unknown[]
  const first = { operator: operatorOf(operator), bound: boundOf(operator, bound) }
  if (first.operator === '=') {
    if (second !== undefined) throw new PatternError('Too many terms in numeric match expression')
    return { low: first.bound, isLowIncluded: true, high: first.bound, isHighIncluded: true }
  }
  if (second === undefined) return halfOpen(first.operator, first.bound)
  if (!first.operator.startsWith('>')) throw new PatternError('Too many elements in numeric expression')
  return between(first, second, rest)
}

function halfOpen(operator: string, bound: number): NumericRange {
  const isIncluded = operator.endsWith('=')
  return operator.startsWith('>')
    ? { low: bound, isLowIncluded: isIncluded, high: Infinity, isHighIncluded: true }
    : { low: -Infinity, isLowIncluded: true, high: bound, isHighIncluded: isIncluded }
}

function between(
  lower: { readonly operator: string; readonly bound: number },
  second: unknown,
  [high, ...tooMany]: readonly unknown[],
): NumericRange {
  if (typeof second !== 'string') throw new PatternError(`Bad value in numeric range: ${second}`)
  if (second !== '<' && second !== '<=') throw new PatternError(`Bad numeric range operator: ${second}`)
  const operator = second
  const top = boundOf(operator, high)
  if (tooMany.length > 0) throw new PatternError('Too many terms in numeric range expression')
  if (lower.bound >= top) throw new PatternError('Bottom must be less than top')
  return {
    low: lower.bound,
    isLowIncluded: lower.operator.endsWith('='),
    high: top,
    isHighIncluded: operator.endsWith('='),
  }
}

function operatorOf(value: unknown): string {
  if (typeof value !== 'string') throw new PatternError(`Invalid member in numeric match: ${value ?? ']'}`)
  if (!OPERATORS.has(value)) throw new PatternError(`Unrecognized numeric range operator: ${value}`)
  return value
}

function boundOf(operator: unknown, value: unknown): number {
  if (typeof value === 'number') return value
  throw new PatternError(`Value of ${operator === '=' ? 'equals' : operator} must be numeric`)
}
