import type { PatternRegex } from './regex.ts'

/** A filter pattern, read (CloudWatch Logs User Guide, "Filter pattern syntax"). */
export type FilterPattern =
  | { readonly kind: 'everything' }
  | TermsPattern
  | { readonly kind: 'json'; readonly condition: Condition }
  | ColumnsPattern

/** `ERROR -timeout`, `?WARN ?ERROR`, `"a phrase"`, `%regex%`. */
export interface TermsPattern {
  readonly kind: 'terms'
  readonly required: readonly Term[]
  readonly excluded: readonly Term[]
  /** One of them must be there; they count only where there are no others. */
  readonly optional: readonly Term[]
}

export type Term = string | PatternRegex

/** `[ip, user, ..., status = 4*]`. */
export interface ColumnsPattern {
  readonly kind: 'columns'
  readonly before: readonly Column[]
  /** Present where there is an ellipsis: what stands behind it is counted from the end. */
  readonly after: readonly Column[] | undefined
}

export interface Column {
  readonly name?: string
  readonly condition?: Condition
}

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[] }
  | Comparison
  | { readonly kind: 'is'; readonly selector: Selector; readonly value: true | false | null }
  | { readonly kind: 'not-exists'; readonly selector: Selector }

export interface Comparison {
  readonly kind: 'compare'
  /** Empty for the column that the condition stands in. */
  readonly selector: Selector
  readonly operator: Operator
  readonly value: Literal
}

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>='

export type Literal =
  | { readonly kind: 'number'; readonly value: number; readonly text: string }
  /** `*` in it stands for anything. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'regex'; readonly regex: PatternRegex }

/** `$.a.b[0]`: names and indexes; `*` is every element of an array. */
export type Selector = readonly (string | number | { readonly every: true })[]
