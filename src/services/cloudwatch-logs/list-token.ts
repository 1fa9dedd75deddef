import { invalidNextToken } from './errors.ts'

/**
 * Where a listing goes on: what was last on the page before, and a fingerprint of what was asked for. A token
 * of another question is refused, as AWS does.
 */
export function formatToken(question: readonly unknown[], last: unknown): string {
  return Buffer.from(JSON.stringify([fingerprint(question), last])).toString('base64url')
}

export function parseToken<Last>(
  token: string | undefined,
  question: readonly unknown[],
  isLast: (last: unknown) => last is Last,
): Last | undefined {
  if (token === undefined) return undefined
  const [asked, last] = decoded(token)
  if (asked !== fingerprint(question) || !isLast(last)) throw invalidNextToken()
  return last
}

export function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function decoded(token: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (Array.isArray(value)) return value
  } catch {}
  throw invalidNextToken()
}

function fingerprint(question: readonly unknown[]): string {
  return JSON.stringify(question)
}
