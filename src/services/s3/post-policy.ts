import { AwsError } from '../../aws/error.ts'
import type { WebHeaders } from '../../aws/web-access.ts'

// Amazon S3 API Reference, "Creating a POST Policy".

/** How long the file may be. */
export interface LengthRange {
  readonly min: number
  readonly max: number
}

type Condition =
  | {
      readonly kind: 'eq' | 'starts-with'
      readonly field: string
      readonly value: string
      readonly text: string
    }
  | ({ readonly kind: 'content-length-range' } & LengthRange)

/** Fields that no condition need name. */
const UNCONDITIONAL = new Set(['policy', 'x-amz-signature', 'signature', 'awsaccesskeyid', 'file'])

/**
 * Holds a form to its policy.
 * @param policy in base64, as the form has it
 * @param fields names in lower case; with `bucket`, and the key as it was given
 * @throws InvalidPolicyDocument, AccessDenied
 */
export function checkPolicy(policy: string, fields: WebHeaders, now: number): LengthRange | undefined {
  const { expiresAt, conditions } = readPolicy(policy)
  if (expiresAt <= now) throw unlike('Policy expired.')
  let range: LengthRange | undefined
  const named = new Set<string>()
  for (const condition of conditions) {
    if (condition.kind === 'content-length-range') range = condition
    else if (holds(condition, fields)) named.add(condition.field)
    else throw unlike(`Policy Condition failed: ${condition.text}`)
  }
  const extra = Object.keys(fields).find(
    (name) => !named.has(name) && !UNCONDITIONAL.has(name) && !name.startsWith('x-ignore-'),
  )
  if (extra !== undefined) throw unlike(`Extra input fields: ${extra}`)
  return range
}

function holds(condition: Exclude<Condition, { kind: 'content-length-range' }>, fields: WebHeaders): boolean {
  const { kind, field, value } = condition
  const given = fields[field]
  if (given === undefined) return false
  if (kind === 'eq') return given === value
  // A comma separates several types, each of which must begin so.
  if (field === 'content-type') return given.split(',').every((type) => type.trim().startsWith(value))
  return given.startsWith(value)
}

function readPolicy(policy: string): { expiresAt: number; conditions: Condition[] } {
  let document: { expiration?: unknown; conditions?: unknown } | null
  try {
    document = JSON.parse(Buffer.from(policy, 'base64').toString('utf8'))
  } catch {
    throw invalid('Invalid JSON.')
  }
  if (typeof document !== 'object' || document === null) throw invalid('Invalid JSON.')
  const { expiration, conditions } = document
  if (expiration === undefined) throw invalid('Policy missing expiration.')
  const expiresAt = typeof expiration === 'string' && ISO_8601.test(expiration) ? Date.parse(expiration) : NaN
  if (Number.isNaN(expiresAt)) throw invalid(`Invalid 'expiration' value: '${expiration}'`)
  if (conditions === undefined) throw invalid('Policy missing conditions.')
  if (!Array.isArray(conditions)) throw invalid("Invalid 'conditions' value: must be a List.")
  return { expiresAt, conditions: conditions.flatMap(readCondition) }
}

const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

function readCondition(given: unknown): Condition[] {
  if (Array.isArray(given)) return [readList(given)]
  if (typeof given !== 'object' || given === null)
    throw invalid('Invalid Condition: must be a List or an Object.')
  const entries = Object.entries(given)
  if (entries.length !== 1)
    throw invalid('Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.')
  return entries.map(([name, value]) => {
    if (typeof value !== 'string') throw invalid('Invalid Simple-Condition: value must be a string.')
    return equality('eq', `$${name}`, value)
  })
}

function readList(list: readonly unknown[]): Condition {
  const [operator, first, second] = list
  const kind = typeof operator === 'string' ? operator.toLowerCase() : ''
  if (list.length !== 3) throw invalid(`Invalid ${operator}: wrong number of arguments.`)
  if (kind === 'content-length-range') {
    const [min, max] = [Number(first), Number(second)]
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max)) {
      throw invalid('Invalid content-length-range: arguments must be integers.')
    }
    return { kind, min, max }
  }
  if (kind !== 'eq' && kind !== 'starts-with') throw invalid(`Invalid operator: ${operator}`)
  if (typeof first !== 'string' || typeof second !== 'string' || !first.startsWith('$')) {
    throw invalid(`Invalid ${kind}: arguments must be a field, as $key, and a string.`)
  }
  return equality(kind, first, second)
}

function equality(kind: 'eq' | 'starts-with', field: string, value: string): Condition {
  const text = `[${[kind, field, value].map((part) => JSON.stringify(part)).join(', ')}]`
  return { kind, field: field.slice(1).toLowerCase(), value, text }
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidPolicyDocument', `Invalid Policy: ${reason}`, { status: 400 })
}

function unlike(reason: string): AwsError {
  return new AwsError('AccessDenied', `Invalid according to Policy: ${reason}`, { status: 403 })
}
