import { validationError } from './errors.ts'

const LIMIT = 100
const PREFIX = 'after:'

/** How many are asked for, and behind which key. */
export function pageStart(input: {
  readonly NextToken?: string | undefined
  readonly Limit?: number | undefined
}): { readonly limit: number; readonly after?: string } {
  const limit = input.Limit ?? LIMIT
  if (input.NextToken === undefined) return { limit }
  const text = Buffer.from(input.NextToken, 'base64url').toString()
  if (!text.startsWith(PREFIX)) throw validationError('Invalid NextToken.')
  return { limit, after: text.slice(PREFIX.length) }
}

/** Of `items`, of which one more was read than is shown: those that are shown, and where the rest begins. */
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
