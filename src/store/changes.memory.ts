import type { Transaction } from 'kysely'
import { afterCommit } from './after-commit.ts'
import { type ChangeListener, type Changes, Listeners, refuseLongChange } from './changes.ts'
import type { Tables } from './database.ts'
import { refuseNestedWrite } from './one-write.ts'

/** Changes where this process is the only node. */
export class MemoryChanges implements Changes {
  readonly #listeners = new Listeners()

  async publish(topic: string, key: string, transaction?: Transaction<Tables>): Promise<void> {
    refuseLongChange(topic, key)
    if (transaction !== undefined) return afterCommit(transaction, () => this.#listeners.tell(topic, key))
    refuseNestedWrite()
    this.#listeners.tell(topic, key)
  }

  subscribe(topic: string, listener: ChangeListener): () => void {
    return this.#listeners.add(topic, listener)
  }

  async close(): Promise<void> {}
}
