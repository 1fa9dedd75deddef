/** A JSON value that has no parts. */
export type Scalar = string | number | boolean | null

/** What one entry of a leaf's array asks of a value. */
export type Matcher =
  | { readonly kind: 'exact'; readonly value: Scalar }
  | { readonly kind: 'prefix'; readonly text: string }
  | { readonly kind: 'suffix'; readonly text: string }
  | { readonly kind: 'prefix-ignore-case'; readonly text: string }
  | { readonly kind: 'suffix-ignore-case'; readonly text: string }
  | { readonly kind: 'equals-ignore-case'; readonly text: string }
  | { readonly kind: 'wildcard'; readonly parts: readonly string[] }
  | { readonly kind: 'numeric'; readonly range: NumericRange }
  | { readonly kind: 'cidr'; readonly block: CidrBlock }
  | { readonly kind: 'exists' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'anything-but'; readonly matchers: readonly Matcher[] }

export interface NumericRange {
  readonly low: number
  readonly isLowIncluded: boolean
  readonly high: number
  readonly isHighIncluded: boolean
}

export interface CidrBlock {
  readonly isIpv6: boolean
  readonly first: bigint
  readonly last: bigint
}

/** An object of a pattern: each field must match, and one pattern of each `$or`. */
export interface Pattern {
  readonly fields: readonly Field[]
  readonly alternatives: readonly (readonly Pattern[])[]
}

export type Field = PatternField | LeafField

export interface PatternField {
  readonly name: string
  readonly pattern: Pattern
}

export interface LeafField {
  readonly name: string
  /** From the root of the event: `exists: false` asks about the whole event, whatever array element is looked at. */
  readonly path: readonly string[]
  /** One must match. */
  readonly anyOf: readonly Matcher[]
}

/**
 * Where the pattern languages of AWS differ. EventBridge's rules know every operator; filters of event source
 * mappings and pipes know those that their guides list (AWS Lambda Developer Guide, "Control which events
 * Lambda sends to your function"; Amazon EventBridge User Guide, "Comparison operators").
 */
export interface Dialect {
  readonly operators: ReadonlySet<string>
  /** The operators that `anything-but` may hold. */
  readonly insideAnythingBut: ReadonlySet<string>
  /** Whether `prefix` and `suffix` may hold `equals-ignore-case`. */
  readonly allowsNestedIgnoreCase: boolean
}

const LISTED_FOR_MAPPINGS = ['equals-ignore-case', 'anything-but', 'numeric', 'exists', 'prefix', 'suffix']

/** Rules of event buses, archives and `TestEventPattern`. */
export const EVENT_BUS: Dialect = {
  operators: new Set([...LISTED_FOR_MAPPINGS, 'wildcard', 'cidr']),
  insideAnythingBut: new Set(['prefix', 'suffix', 'equals-ignore-case', 'wildcard']),
  allowsNestedIgnoreCase: true,
}

/** `FilterCriteria` of event source mappings. */
export const MAPPING: Dialect = {
  operators: new Set(LISTED_FOR_MAPPINGS),
  insideAnythingBut: new Set(),
  allowsNestedIgnoreCase: false,
}

/** `FilterCriteria` of EventBridge Pipes. */
export const PIPE: Dialect = {
  operators: new Set([...LISTED_FOR_MAPPINGS, 'cidr']),
  insideAnythingBut: new Set(),
  allowsNestedIgnoreCase: true,
}

/** The pattern is none. The message is the reason that EventBridge shows after "Event pattern is not valid. Reason: ". */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}
