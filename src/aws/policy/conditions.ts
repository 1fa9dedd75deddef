import { isLike, isLikeArn } from './like.ts'

/** What is known of a request, by condition keys in lower case. What is absent no condition finds. */
export type Context = ReadonlyMap<string, string>

/**
 * Whether all operators and all keys of a statement's `Condition` hold (AWS IAM User Guide, "Condition
 * operators").
 *
 * @param ifUnknown - what counts where an operator is not understood: such a statement must never allow, and
 *   must always deny
 */
export function conditionsHold(condition: unknown, context: Context, ifUnknown: boolean): boolean {
  if (condition === undefined) return true
  if (typeof condition !== 'object' || condition === null) return ifUnknown
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries((keys ?? {}) as object).every(([key, wanted]) =>
      holds(operator, context.get(key.toLowerCase()), textsOf(wanted), ifUnknown),
    ),
  )
}

function holds(
  operator: string,
  value: string | undefined,
  wanted: readonly string[],
  ifUnknown: boolean,
): boolean {
  const [, name = '', ifExists] = /^(?:ForAnyValue:|ForAllValues:)?(\w+?)(IfExists)?$/.exec(operator) ?? []
  if (name === 'Null') return wanted.includes(String(value === undefined))
  const isNegated = /^(String|Arn)Not/.test(name)
  const compare = COMPARISONS.get(name.replace(/^(String|Arn)Not/, '$1'))
  if (compare === undefined) return ifUnknown
  // A key that is not there is not equal to anything.
  if (value === undefined) return ifExists !== undefined || isNegated
  return wanted.some((one) => compare(one, value)) !== isNegated
}

const COMPARISONS: ReadonlyMap<string, (wanted: string, value: string) => boolean> = new Map([
  ['StringEquals', (wanted, value) => wanted === value],
  ['StringEqualsIgnoreCase', (wanted, value) => wanted.toLowerCase() === value.toLowerCase()],
  ['StringLike', isLike],
  ['Bool', (wanted, value) => wanted.toLowerCase() === value],
  // Both take wildcards.
  ['ArnEquals', isLikeArn],
  ['ArnLike', isLikeArn],
])

/** One text or a list, as policies have it everywhere. */
export function textsOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  return (Array.isArray(value) ? value : [value]).map(String)
}
