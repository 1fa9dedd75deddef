import type { Transaction } from 'kysely'
import type { Tables } from './database.ts'

type Run = () => void

const pending = new WeakMap<Transaction<Tables>, Run[]>()

/**
 * Calls `run` once `transaction` is durable and before its `write` resolves: the place to invalidate what is
 * kept in memory. It is not called where the write fails. It must not throw: the write has succeeded.
 */
export function afterCommit(transaction: Transaction<Tables>, run: Run): void {
  const runs = pending.get(transaction)
  if (runs === undefined) throw new Error('afterCommit: this transaction was not begun by Database.write')
  runs.push(run)
}

/** Runs `work` so that it may call `afterCommit`; what it left there comes back beside its result. */
export async function collectAfterCommit<Result>(
  transaction: Transaction<Tables>,
  work: (transaction: Transaction<Tables>) => Promise<Result>,
): Promise<{ result: Result; runs: readonly Run[] }> {
  const runs: Run[] = []
  pending.set(transaction, runs)
  try {
    return { result: await work(transaction), runs }
  } finally {
    pending.delete(transaction)
  }
}

/** Where one throws, it is a defect that the process warns of; the others run. */
export function runAll(runs: Iterable<Run>): void {
  for (const run of runs) {
    try {
      run()
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error))
    }
  }
}
