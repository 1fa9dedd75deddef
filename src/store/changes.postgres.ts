import { createHash } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import pg from 'pg'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { backoffMs } from '../base/retry.ts'
import { afterCommit } from './after-commit.ts'
import { type ChangeListener, type Changes, Listeners, refuseLongChange } from './changes.ts'
import type { Database, Tables } from './database.ts'
import { refuseNestedWrite } from './one-write.ts'
import { parsePostgresUrl } from './postgres-settings.ts'

export interface PostgresChangesDeps {
  readonly database: Database
  /** A real one: the database knows no virtual time. */
  readonly clock: Clock
  readonly random: Random
}

/** How long a node may be cut off without a word before it notices: the pause, and the wait for an answer. */
const HEARTBEAT_MS = 10_000
const HEARTBEAT_ANSWER_MS = 5_000

const RECONNECT = { baseMs: 100, maxMs: 5_000 }

/**
 * Changes by LISTEN and NOTIFY, over a connection of its own. Where that is lost it is made again, and
 * everybody is told that anything may have changed.
 */
export async function openPostgresChanges(url: string, deps: PostgresChangesDeps): Promise<Changes> {
  const changes = new PostgresChanges(url, deps)
  await changes.start()
  return changes
}

class PostgresChanges implements Changes {
  readonly #deps: PostgresChangesDeps
  readonly #listeners = new Listeners()
  readonly #node: string
  readonly #channel: string
  readonly #client: pg.ClientConfig
  readonly #closing = new AbortController()
  #listening: Promise<void> = Promise.resolve()

  constructor(url: string, deps: PostgresChangesDeps) {
    const { client, schema } = parsePostgresUrl(url)
    this.#deps = deps
    this.#node = deps.random.hex(8)
    // All installations in a database share its channels; a channel's name has 63 bytes at most.
    this.#channel = `lambdad_${createHash('sha256').update(schema).digest('hex').slice(0, 32)}`
    this.#client = { ...client, query_timeout: HEARTBEAT_ANSWER_MS }
  }

  async start(): Promise<void> {
    const { lost } = await this.#connect()
    this.#listening = this.#keepListening(lost)
  }

  async publish(topic: string, key: string, transaction?: Transaction<Tables>): Promise<void> {
    refuseLongChange(topic, key)
    if (transaction === undefined) {
      refuseNestedWrite()
      return this.#deps.database.write((own) => this.publish(topic, key, own), { isolation: 'locks' })
    }
    const payload = [this.#node, topic, key].join('\n')
    await sql`select pg_notify(${this.#channel}, ${payload})`.execute(transaction)
    // Here at once, since this node's callers expect to see what they changed; the echo is passed over.
    afterCommit(transaction, () => this.#listeners.tell(topic, key))
  }

  subscribe(topic: string, listener: ChangeListener): () => void {
    return this.#listeners.add(topic, listener)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#listening
  }

  async #keepListening(firstLost: Promise<void>): Promise<void> {
    const { signal } = this.#closing
    let lost = firstLost
    for (let attempt = 1; ; attempt++) {
      await lost
      if (signal.aborted) return
      await this.#deps.clock
        .sleep(backoffMs(attempt, { ...RECONNECT, ...this.#deps }), signal)
        .catch(() => {})
      if (signal.aborted) return
      try {
        lost = (await this.#connect()).lost
        attempt = 0
        this.#listeners.tellAll()
      } catch {
        // The server is still away; `lost` has resolved, and the next attempt waits longer.
      }
    }
  }

  /** `lost` resolves when the connection is no longer there, whoever ended it. */
  async #connect(): Promise<{ lost: Promise<void> }> {
    const client = new pg.Client(this.#client)
    const { promise: lost, resolve } = Promise.withResolvers<void>()
    client.on('error', () => {})
    client.on('end', resolve)
    client.on('notification', ({ payload }) => this.#receive(payload ?? ''))
    try {
      await client.connect()
      await client.query(`listen ${this.#channel}`)
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    const stop = this.#watch(client)
    return { lost: lost.finally(stop) }
  }

  /** Ends the connection when the server does not answer any more, and when this is closed. */
  #watch(client: pg.Client): () => void {
    const { clock } = this.#deps
    const { signal } = this.#closing
    const hangUp = () => void client.end().catch(() => {})
    const beat = () => {
      client.query('select 1').then(
        () => {
          timer = clock.after(HEARTBEAT_MS, beat).unref()
        },
        // Not `end`, which says goodbye to a server that no longer listens.
        () => client.connection.stream.destroy(),
      )
    }
    let timer = clock.after(HEARTBEAT_MS, beat).unref()
    if (signal.aborted) hangUp()
    signal.addEventListener('abort', hangUp, { once: true })
    return () => {
      timer.cancel()
      signal.removeEventListener('abort', hangUp)
    }
  }

  #receive(payload: string): void {
    const [node, topic = '', ...key] = payload.split('\n')
    if (node !== this.#node) this.#listeners.tell(topic, key.join('\n'))
  }
}
