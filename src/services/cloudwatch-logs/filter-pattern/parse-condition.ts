import type { Condition, Literal, Operator, Selector } from './pattern.ts'
import { InvalidPattern, type Scanner } from './scanner.ts'

/** Parentheses within parentheses; a pattern has 1024 characters, and the stack must not. */
const DEPTH_MAX = 100

/** `{ ($.a = 1) && $.b IS NULL }` */
export function parseJsonCondition(scanner: Scanner): Condition {
  scanner.expectToken('{')
  const condition = parseAny(scanner, parseJsonPrimary)
  scanner.expectToken('}')
  return condition
}

/** `primary && primary || …`; `&&` binds more closely. */
export function parseAny(scanner: Scanner, parsePrimary: ParsePrimary, depth = 0): Condition {
  if (depth > DEPTH_MAX) throw new InvalidPattern()
  return several('or', '||', scanner, () =>
    several('and', '&&', scanner, () => {
      if (!scanner.takeToken('(')) return parsePrimary(scanner)
      const condition = parseAny(scanner, parsePrimary, depth + 1)
      scanner.expectToken(')')
      return condition
    }),
  )
}

export type ParsePrimary = (scanner: Scanner) => Condition

function several(kind: 'and' | 'or', sign: string, scanner: Scanner, parseOne: () => Condition): Condition {
  const conditions = [parseOne()]
  while (scanner.takeToken(sign)) conditions.push(parseOne())
  return conditions.length === 1 && conditions[0] !== undefined ? conditions[0] : { kind, conditions }
}

function parseJsonPrimary(scanner: Scanner): Condition {
  const selector = parseSelector(scanner)
  scanner.skipSpace()
  if (scanner.match(/NOT\s+EXISTS\b/iy) !== undefined) return { kind: 'not-exists', selector }
  const is = scanner.match(/IS\s+(TRUE|FALSE|NULL)\b/iy)
  if (is !== undefined) return { kind: 'is', selector, value: valueOfIs(is) }
  return parseComparison(scanner, selector)
}

function valueOfIs(text: string): true | false | null {
  if (/null$/i.test(text)) return null
  return /true$/i.test(text)
}

/** `= value`, with any of the operators. */
export function parseComparison(scanner: Scanner, selector: Selector): Condition {
  scanner.skipSpace()
  const operator = scanner.match(/!=|<=|>=|=|<|>/y)
  if (operator === undefined) throw new InvalidPattern()
  scanner.skipSpace()
  const value = parseLiteral(scanner)
  const isOrdering = operator !== '=' && operator !== '!='
  if (isOrdering && value.kind !== 'number') throw new InvalidPattern()
  return { kind: 'compare', selector, operator: operator as Operator, value }
}

function parseLiteral(scanner: Scanner): Literal {
  const quoted = scanner.quoted()
  if (quoted !== undefined) return { kind: 'text', text: quoted }
  const regex = scanner.regex()
  if (regex !== undefined) return { kind: 'regex', regex }
  const text = scanner.match(/[^\s"%(){}[\],=<>!&|]+/y)
  if (text === undefined) throw new InvalidPattern()
  return isNumber(text) ? { kind: 'number', value: Number(text), text } : { kind: 'text', text }
}

export function isNumber(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)
}

function parseSelector(scanner: Scanner): Selector {
  scanner.skipSpace()
  if (!scanner.take('$')) throw new InvalidPattern()
  const steps: (string | number | { every: true })[] = []
  for (;;) {
    if (scanner.take('.')) {
      const name = scanner.match(/[\p{L}\p{N}_-]+/uy)
      if (name === undefined && scanner.peek() !== '[') throw new InvalidPattern()
      if (name !== undefined) steps.push(name)
    } else if (scanner.take('[')) steps.push(parseIndex(scanner))
    else break
  }
  if (steps.length === 0) throw new InvalidPattern()
  return steps
}

function parseIndex(scanner: Scanner): string | number | { every: true } {
  scanner.skipSpace()
  const name = scanner.quoted() ?? scanner.match(/'[^']+'/y)?.slice(1, -1)
  const index = name === undefined ? scanner.match(/\d{1,9}|\*/y) : undefined
  scanner.expectToken(']')
  if (name !== undefined) return name
  if (index === undefined) throw new InvalidPattern()
  return index === '*' ? { every: true } : Number(index)
}
