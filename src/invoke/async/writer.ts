import { StoreError } from '../../store/errors.ts'
import { bytesOf } from './entry.ts'
import type { AsyncQueueStore, EntryUpdate, NewEntry, QueueChange } from './store.ts'

/** New entries that wait for the disk; beyond it callers are refused, before memory runs out. */
const WAITING_MAX = 16_384
const WAITING_BYTES_MAX = 64 * 1024 * 1024
/** Changes in one commit: more wait for the next one, so that nobody waits for an endless one. */
const BATCH_MAX = 512

interface Waiting {
  readonly change: Partial<QueueChange>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Changes that come while one commit is under way share the next one. */
export class QueueWriter {
  readonly #store: Pick<AsyncQueueStore, 'apply'>
  #waiting: Waiting[] = []
  #newEntries = 0
  #newBytes = 0
  #isRunning = false

  constructor(store: Pick<AsyncQueueStore, 'apply'>) {
    this.#store = store
  }

  /**
   * Resolves when it is durable.
   *
   * @throws StoreError `StoreBusy` where too much waits already; what the store throws.
   */
  async insert(inserts: readonly NewEntry[]): Promise<void> {
    const bytes = inserts.reduce((sum, { entry }) => sum + bytesOf(entry), 0)
    if (this.#newEntries >= WAITING_MAX || this.#newBytes >= WAITING_BYTES_MAX) throw busy(this.#newEntries)
    this.#newEntries += inserts.length
    this.#newBytes += bytes
    try {
      await this.change({ inserts })
    } finally {
      this.#newEntries -= inserts.length
      this.#newBytes -= bytes
    }
  }

  /** A change by those who work on entries: there are only so many of them, so that they are never refused. */
  change(change: Partial<QueueChange>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ change, resolve, reject })
    if (!this.#isRunning) void this.#run()
    return promise
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.length > 0) {
      await this.#apply(this.#waiting.splice(0, BATCH_MAX))
    }
    this.#isRunning = false
  }

  async #apply(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#store.apply(merged(batch))
    } catch (error) {
      const finishing = batch.filter(({ change }) => !change.inserts?.length)
      if (finishing.length === 0 || finishing.length === batch.length) return reject(batch, error)
      // On a full disk it is only what makes room that may still succeed.
      await this.#apply(finishing)
      await this.#apply(batch.filter(({ change }) => change.inserts?.length))
      return
    }
    for (const { resolve } of batch) resolve()
  }
}

function merged(batch: readonly Waiting[]): QueueChange {
  const inserts: NewEntry[] = []
  const updates: EntryUpdate[] = []
  const deletes: string[] = []
  for (const { change } of batch) {
    inserts.push(...(change.inserts ?? []))
    updates.push(...(change.updates ?? []))
    deletes.push(...(change.deletes ?? []))
  }
  return { inserts, updates, deletes }
}

function reject(batch: readonly Waiting[], error: unknown): void {
  for (const { reject } of batch) reject(error)
}

function busy(entries: number): StoreError {
  return new StoreError('StoreBusy', `${entries} events wait for the disk already`)
}
