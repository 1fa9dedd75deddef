import type { Kysely, Transaction } from 'kysely'
import { collectAfterCommit, runAll } from './after-commit.ts'
import type { Tables } from './database.ts'
import { StoreError } from './errors.ts'
import { refuseNestedWrite, runOneWrite } from './one-write.ts'

type Work<Result> = (transaction: Transaction<Tables>) => Promise<Result>

interface Job {
  readonly work: Work<unknown>
  readonly limitMs: number | undefined
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
}

/** The transaction that a batch of writers shares. */
export interface Batches {
  begin(): Promise<void>
  commit(): void
  rollback(): void
  /** False once the database has given the batch up by itself. */
  readonly isOpen: boolean
}

/** Writers that share a commit; more wait for the next one, so that no caller waits for an endless batch. */
const BATCH_MAX = 256

/** Writers that wait at most: beyond it they are refused, since memory would be next to run out. */
const WAITING_MAX = 16_384

/**
 * Writers that arrive together share one commit, and so one fsync. Each runs in a savepoint of its own: what
 * one of them breaks is undone for it alone. All hear of their success only after the commit.
 */
export class GroupCommit {
  readonly #kysely: Kysely<Tables>
  readonly #batches: Batches
  readonly #waitingMax: number
  #waiting: Job[] = []
  #running: Promise<void> | undefined
  #closed = false

  /** @param kysely - its transactions are savepoints in what `batches` begins */
  constructor(kysely: Kysely<Tables>, batches: Batches, waitingMax: number = WAITING_MAX) {
    this.#kysely = kysely
    this.#batches = batches
    this.#waitingMax = waitingMax
  }

  async write<Result>(work: Work<Result>, options: { limitMs?: number } = {}): Promise<Result> {
    refuseNestedWrite()
    if (this.#closed) throw new Error('the database is closed')
    if (this.#waiting.length >= this.#waitingMax) throw tooManyWaiting(this.#waitingMax)
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#waiting.push({
      work,
      limitMs: options.limitMs,
      resolve: resolve as (result: never) => void,
      reject,
    })
    this.#running ??= this.#run()
    return promise
  }

  /** Takes no more writers, and resolves when those that were taken have been answered. */
  async close(): Promise<void> {
    this.#closed = true
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
    try {
      await this.#batches.begin()
    } catch (error) {
      for (const job of jobs) job.reject(error)
      return
    }
    const settle: (() => void)[] = []
    try {
      for (const job of jobs) settle.push(await this.#inSavepoint(job))
      this.#batches.commit()
    } catch (error) {
      this.#batches.rollback()
      const [job, ...others] = jobs
      if (others.length === 0) return job?.reject(error)
      // Each by itself, so that only those fail who are the cause of it.
      for (const job of jobs) await this.#commit([job])
      return
    }
    for (const tell of settle) tell()
  }

  /** Returns how to tell the caller once the batch is durable; throws where the batch is lost. */
  async #inSavepoint(job: Job): Promise<() => void> {
    try {
      const { result, runs } = await this.#kysely
        .transaction()
        .execute((transaction) =>
          runOneWrite(() => collectAfterCommit(transaction, job.work), { limitMs: job.limitMs }),
        )
      return () => {
        runAll(runs)
        job.resolve(result as never)
      }
    } catch (error) {
      if (!this.#batches.isOpen) throw error
      return () => job.reject(error)
    }
  }
}

function tooManyWaiting(waiting: number): StoreError {
  return new StoreError('StoreBusy', `${waiting} writes wait for the disk already`)
}
