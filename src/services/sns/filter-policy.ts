import { matches } from '../../aws/event-pattern/match.ts'
import { parsePattern } from '../../aws/event-pattern/parse.ts'
import { type Dialect, type Pattern, PatternError } from '../../aws/event-pattern/pattern.ts'
import type { QueueMessageAttribute } from '../../aws/ports/sqs.ts'
import { withoutDots } from './dots.ts'
import { invalidParameter } from './errors.ts'

export const SCOPES = ['MessageAttributes', 'MessageBody'] as const
export type FilterScope = (typeof SCOPES)[number]

/** Amazon SNS Developer Guide, "Amazon SNS subscription filter policies". */
const DIALECT: Dialect = {
  operators: new Set(['prefix', 'suffix', 'equals-ignore-case', 'anything-but', 'numeric', 'exists', 'cidr']),
  // As recorded on AWS: of rules' four only this one.
  insideAnythingBut: new Set(['prefix']),
  allowsNestedIgnoreCase: false,
}

// Amazon SNS Developer Guide, "Filter policy constraints in Amazon SNS".
const BYTES_MAX = 256 * 1024
const KEYS_MAX = 5
const COMBINATIONS_MAX = 150
const NUMBER_MAX = 1e9

/** Reads a policy that was taken, or is to be. */
export function parseFilterPolicy(text: string, scope: FilterScope): Pattern {
  if (Buffer.byteLength(text) > BYTES_MAX) throw refused('Filter policy is too large')
  if (!isJson(text)) throw refused('failed to parse JSON.')
  const pattern = parsed(text, scope)
  const isNested = pattern.fields.some((field) => 'pattern' in field)
  if (scope === 'MessageAttributes' && isNested) {
    throw invalidParameter('Filter policy scope MessageAttributes does not support nested filter policy')
  }
  const { keys, combinations } = measure(JSON.parse(text), 1)
  if (keys > KEYS_MAX) throw refused(`Filter policy can not have more than ${KEYS_MAX} keys`)
  if (combinations > COMBINATIONS_MAX) throw refused('Filter policy is too complex')
  return pattern
}

function parsed(text: string, scope: FilterScope): Pattern {
  try {
    const whole = scope === 'MessageBody' ? JSON.stringify(withoutDots(text)) : text
    return parsePattern(whole, DIALECT)
  } catch (error) {
    // Rules are refused in newer words.
    if (error instanceof PatternError)
      throw refused(error.message.replace('prefix/suffix match', 'prefix match'))
    // What nests deeper than the stack is deep.
    if (error instanceof RangeError) throw refused('Filter policy is too complex')
    throw error
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function refused(reason: string) {
  return invalidParameter(`FilterPolicy: ${reason}`)
}

interface Size {
  readonly keys: number
  readonly combinations: number
}

/** Values are multiplied, each array's by how deep it lies; of alternatives they are added. */
function measure(value: unknown, depth: number): Size {
  if (Array.isArray(value)) {
    checkNumbers(value)
    return { keys: 1, combinations: value.length * (depth - 1) }
  }
  return Object.entries(value as object)
    .map(([name, part]) => (isOr(name, part) ? measureOr(part, depth) : measure(part, depth + 1)))
    .reduce(
      (sum, one) => ({ keys: sum.keys + one.keys, combinations: sum.combinations * one.combinations }),
      { keys: 0, combinations: 1 },
    )
}

function isOr(name: string, value: unknown): value is readonly object[] {
  return name === '$or' && Array.isArray(value) && value.every((one) => typeof one === 'object')
}

function measureOr(alternatives: readonly object[], depth: number): Size {
  const sizes = alternatives.map((one) => measure(one, depth))
  return {
    keys: Math.max(...sizes.map(({ keys }) => keys)),
    combinations: sizes.reduce((sum, { combinations }) => sum + combinations, 0),
  }
}

function checkNumbers(value: unknown): void {
  if (typeof value === 'number' && Math.abs(value) > NUMBER_MAX) {
    throw refused('Value must be between -1.0E9 and 1.0E9')
  }
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(checkNumbers)
}

export interface Filtered {
  readonly message: string
  readonly attributes: Readonly<Record<string, QueueMessageAttribute>>
}

/** Whether a subscription gets a message. A body that is no JSON object matches no policy. */
export function passes(pattern: Pattern, scope: FilterScope, { message, attributes }: Filtered): boolean {
  if (scope === 'MessageAttributes') return matches(pattern, valuesOf(attributes))
  try {
    return matches(pattern, withoutDots(message))
  } catch {
    return false
  }
}

/** Attributes as filter policies see them; Binary ones are ignored. */
function valuesOf(attributes: Filtered['attributes']): object {
  const values = Object.entries(attributes).flatMap(([name, { dataType, stringValue }]) => {
    if (stringValue === undefined) return []
    if (dataType === 'String.Array') return [[name, elementsOf(stringValue)]]
    return [[name, dataType.startsWith('Number') ? Number(stringValue) : stringValue]]
  })
  return Object.fromEntries(values)
}

function elementsOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
