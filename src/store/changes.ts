import type { Transaction } from 'kysely'
import { runAll } from './after-commit.ts'
import type { Tables } from './database.ts'
import { StoreError } from './errors.ts'

/**
 * Tells all nodes that something changed, so that they forget what they keep of it in memory, or look for
 * work. It says what changed, never how: who hears of it reads again. Several changes of one key may arrive
 * as one.
 */
export interface Changes {
  /**
   * Told to every subscriber on every node, this one included: here before it resolves, elsewhere soon
   * after. With `transaction`, told when that commits, and not at all where it does not: what is published
   * with the change itself cannot be lost between the two.
   */
  publish(topic: string, key: string, transaction?: Transaction<Tables>): Promise<void>
  /** Returns how to stop. */
  subscribe(topic: string, listener: ChangeListener): () => void
  close(): Promise<void>
}

/** `key`: what changed; `undefined`: any key may have, since the node was cut off for a while. Must not throw. */
export type ChangeListener = (key: string | undefined) => void

/** Together less than the 8000 bytes that PostgreSQL lets a notification have; JSON may double them. */
const TOPIC_BYTES_MAX = 100
const KEY_BYTES_MAX = 2000

/** The listeners of one node. */
export class Listeners {
  readonly #byTopic = new Map<string, Set<ChangeListener>>()

  add(topic: string, listener: ChangeListener): () => void {
    // A wrapper of its own, so that the same function can listen twice, and stops once.
    const own: ChangeListener = (key) => listener(key)
    const listeners = this.#byTopic.get(topic) ?? new Set()
    this.#byTopic.set(topic, listeners.add(own))
    return () => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#byTopic.get(topic) === listeners) this.#byTopic.delete(topic)
    }
  }

  tell(topic: string, key: string): void {
    runAll([...(this.#byTopic.get(topic) ?? [])].map((listener) => () => listener(key)))
  }

  tellAll(): void {
    const all = [...this.#byTopic.values()].flatMap((listeners) => [...listeners])
    runAll(all.map((listener) => () => listener(undefined)))
  }
}

/** The same refusals on every body, so that what works on a laptop works in production. */
export function refuseLongChange(topic: string, key: string): void {
  const [topicBytes, keyBytes] = [Buffer.byteLength(topic), Buffer.byteLength(key)]
  if (topicBytes <= TOPIC_BYTES_MAX && keyBytes <= KEY_BYTES_MAX && !`${topic}${key}`.includes('\0')) return
  throw new StoreError(
    'BadSetting',
    `a change has a topic of at most ${TOPIC_BYTES_MAX} bytes and a key of at most ${KEY_BYTES_MAX}, without NUL; ` +
      `not ${topicBytes} and ${keyBytes}`,
  )
}
