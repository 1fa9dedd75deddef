import { invalidParameterValue, invalidValue } from './errors.ts'
import type { QueueRecord } from './queue.ts'

/** API reference, "ListQueues": as many without being asked, and then no token. */
const PAGE_MAX = 1000

interface Page {
  readonly size: number
  /** The name of the last queue of the page before. */
  readonly after: string | undefined
  readonly hasToken: boolean
}

interface PageInput {
  readonly MaxResults?: number | undefined
  readonly NextToken?: string | undefined
}

export function readPage({ MaxResults, NextToken }: PageInput): Page {
  if (MaxResults !== undefined && (MaxResults < 1 || MaxResults > PAGE_MAX))
    throw invalidValue(MaxResults, 'MaxResults', `MaxResults must be an integer between 1 and ${PAGE_MAX}.`)
  const after = NextToken === undefined ? undefined : readToken(NextToken)
  return { size: MaxResults ?? PAGE_MAX, after, hasToken: MaxResults !== undefined }
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8')
  if (!text.startsWith('after:')) throw invalidParameterValue('Invalid or expired next token.')
  return text.slice('after:'.length)
}

/** @param found - one more than the page holds, where there are more */
export function pageOf(found: readonly QueueRecord[], { size, hasToken }: Page) {
  const items = found.slice(0, size)
  const isLast = found.length <= size || !hasToken
  const token = Buffer.from(`after:${items.at(-1)?.name}`).toString('base64url')
  return { items, NextToken: isLast ? {} : { NextToken: token } }
}
