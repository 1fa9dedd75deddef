import { validationError } from './errors.ts'

export interface PageInput {
  readonly NextToken?: string | undefined
  readonly Limit?: number | undefined
}

const LIMIT = 100

/** How many are asked for, and behind which name. */
export function pageStart(input: PageInput): { readonly limit: number; readonly after?: string } {
  const limit = input.Limit ?? LIMIT
  if (input.NextToken === undefined) return { limit }
  const text = Buffer.from(input.NextToken, 'base64url').toString()
  if (!text.startsWith(PREFIX)) throw validationError('The specified NextToken is not valid.')
  return { limit, after: text.slice(PREFIX.length) }
}

const PREFIX = 'after:'

/** Of `items`, of which one more was read than is shown: those that are shown, and where the rest begins. */
export function pageOf<Item extends { readonly name: string }>(
  items: readonly Item[],
  limit: number,
): { readonly shown: readonly Item[]; readonly rest: { NextToken?: string } } {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  if (items.length <= limit || last === undefined) return { shown, rest: {} }
  return { shown, rest: { NextToken: Buffer.from(PREFIX + last.name).toString('base64url') } }
}
