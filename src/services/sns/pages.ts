import { invalidParameter } from './errors.ts'
import type { Page } from './store.ts'

const PAGE = 100
const PREFIX = 'after:'

/** One page of AWS's length, and one more to see whether there is another. */
export function pageFrom(token: string | undefined): Page {
  if (token === undefined) return { limit: PAGE + 1 }
  const text = Buffer.from(token, 'base64url').toString()
  if (!text.startsWith(PREFIX)) throw invalidParameter('NextToken')
  return { limit: PAGE + 1, after: text.slice(PREFIX.length) }
}

/** Of what was read, the page, and where the rest begins. */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): { readonly shown: readonly Item[]; readonly rest: { NextToken?: string } } {
  const shown = items.slice(0, PAGE)
  const last = shown.at(-1)
  if (items.length <= PAGE || last === undefined) return { shown, rest: {} }
  return { shown, rest: { NextToken: Buffer.from(PREFIX + keyOf(last)).toString('base64url') } }
}
