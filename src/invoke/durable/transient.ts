import type { AwsError } from '../../aws/error.ts'

const FIRST_MS = 500
const MAX_MS = 60_000

/** Whether what kept a function from being called passes by itself: it waits for concurrency, or is being updated. */
export function isTransient({ code, status = 500 }: AwsError): boolean {
  return status === 429 || status >= 500 || code === 'ResourceConflictException'
}

/** How long to wait after so many vain attempts before this one, milliseconds. */
export function waitAfter(attempts: number): number {
  return Math.min(MAX_MS, FIRST_MS * 2 ** attempts)
}
