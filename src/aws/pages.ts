const LIMIT = 100
/** Tells our tokens from others. */
const PREFIX = 'after:'

export interface PageInput {
  readonly NextToken?: string | undefined
  /** Services have one of the two names. */
  readonly Limit?: number | undefined
  readonly MaxResults?: number | undefined
}

/**
 * How many are asked for, 100 where nothing is said, and behind which key.
 *
 * @param invalid - what answers a token that is none of ours
 */
export function pageStart(
  input: PageInput,
  invalid: () => Error,
): { readonly limit: number; readonly after?: string } {
  const limit = input.Limit ?? input.MaxResults ?? LIMIT
  if (input.NextToken === undefined) return { limit }
  const text = Buffer.from(input.NextToken, 'base64url').toString()
  if (!text.startsWith(PREFIX)) throw invalid()
  return { limit, after: text.slice(PREFIX.length) }
}

/**
 * Of `items`, of which one more was read than is shown: those that are shown, and where the rest begins. A token
 * holds the last key, so that a page begins behind it even where it has gone since.
 */
export function pageOf<Item>(
  items: readonly Item[],
  limit: number,
  keyOf: (item: Item) => string,
): { readonly shown: readonly Item[]; readonly rest: { NextToken?: string } } {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  if (items.length <= limit || last === undefined) return { shown, rest: {} }
  return { shown, rest: { NextToken: Buffer.from(PREFIX + keyOf(last)).toString('base64url') } }
}
