import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, realClock } from '../base/clock.ts'
import { StoreError } from './errors.ts'

/**
 * How long the work of one write may take. It holds the only write transaction of SQLite, or row locks and a
 * connection of PostgreSQL: one that waits for something outside would stop everybody.
 */
export const WRITE_MS_MAX = 10_000

const current = new AsyncLocalStorage<{ open: boolean }>()

/** A write that was begun inside another one's work would wait for itself. */
export function refuseNestedWrite(): void {
  if (current.getStore()?.open) {
    throw new Error(
      'Database.write inside the work of a Database.write: use the transaction that it was given',
    )
  }
}

/** Runs the work of one write, until it ends or its time is over. */
export async function runOneWrite<Result>(
  work: () => Promise<Result>,
  options: { readonly limitMs?: number | undefined; readonly clock?: Clock } = {},
): Promise<Result> {
  const { limitMs = WRITE_MS_MAX, clock = realClock } = options
  const state = { open: true }
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const timer = clock.after(limitMs, () => reject(tooSlow(limitMs)))
  try {
    return await Promise.race([current.run(state, work), tooLate])
  } finally {
    state.open = false
    timer.cancel()
  }
}

function tooSlow(limitMs: number): StoreError {
  return new StoreError('WriteTooSlow', `a write took longer than ${limitMs} ms and was undone`)
}
