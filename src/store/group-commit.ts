import { type Kysely, sql, type Transaction } from 'kysely'
import type { Tables } from './database.ts'

type Work<Result> = (transaction: Transaction<Tables>) => Promise<Result>

interface Job {
  readonly work: Work<unknown>
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
}

/** Writers that share a commit; more wait for the next one, so that no caller waits for an endless batch. */
const BATCH_MAX = 256

/**
 * Writers that arrive together share one commit, and so one fsync. Each runs in a savepoint of its own: what
 * one of them breaks is undone for it alone. All hear of their success only after the commit.
 */
export class GroupCommit {
  readonly #kysely: Kysely<Tables>
  #waiting: Job[] = []
  #running: Promise<void> | undefined

  constructor(kysely: Kysely<Tables>) {
    this.#kysely = kysely
  }

  write<Result>(work: Work<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (result: never) => void, reject })
      this.#running ??= this.#run()
    })
  }

  /** Until nothing is waiting or under way. */
  async drained(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // One turn of the event loop: requests that were read together come along.
      await new Promise((resolve) => setImmediate(resolve))
      await this.#commit(this.#waiting.splice(0, BATCH_MAX))
    }
    this.#running = undefined
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    const settle: (() => void)[] = []
    try {
      await this.#kysely.transaction().execute(async (transaction) => {
        for (const job of jobs) settle.push(await inSavepoint(transaction, job))
      })
    } catch (error) {
      for (const job of jobs) job.reject(error)
      return
    }
    for (const tell of settle) tell()
  }
}

async function inSavepoint(transaction: Transaction<Tables>, job: Job): Promise<() => void> {
  await sql`savepoint job`.execute(transaction)
  try {
    const result = await job.work(transaction)
    await sql`release job`.execute(transaction)
    return () => job.resolve(result as never)
  } catch (error) {
    await sql`rollback to job`.execute(transaction)
    await sql`release job`.execute(transaction)
    return () => job.reject(error)
  }
}
