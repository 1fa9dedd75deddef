import { Kysely, sql } from 'kysely'
import pg from 'pg'
import { type Clock, realClock } from '../base/clock.ts'
import { type Random, realRandom } from '../base/random.ts'
import { retry } from '../base/retry.ts'
import { collectAfterCommit, runAll } from './after-commit.ts'
import type { Database, DialectFacts, Tables, WriteOptions } from './database.ts'
import { StoreError } from './errors.ts'
import { type MigrateOptions, migrate } from './migrations/index.ts'
import { refuseNestedWrite, runOneWrite } from './one-write.ts'
import { readerDialect, writerDialect } from './postgres-dialect.ts'
import { explained, isConflict, isConnectionLoss } from './postgres-errors.ts'
import { type PostgresSettings, parsePostgresUrl } from './postgres-settings.ts'

const facts: DialectFacts = {
  name: 'postgres',
  types: { bytes: 'bytea', integer: 'bigint' },
  supportsSkipLocked: true,
  isShared: true,
}

export interface PostgresOptions extends MigrateOptions {
  /** For the waits between attempts, which are real ones: the database knows no virtual time. */
  readonly clock?: Clock
  readonly random?: Random
  /** Connections for writes, and as many again for reads. */
  readonly connectionsMax?: number
}

/** Writes that wait for a connection, and reads: beyond it they are refused, before memory runs out. */
const WAITING_MAX = 16_384

/** Conflicts end within a few attempts unless everybody writes the same row: then it takes as many as there are. */
const CONFLICTS = { attempts: 40, baseMs: 4, maxMs: 250 }

/** About 5 s in all: a server that restarts, or a failover behind the same address. */
const LOSSES = { attempts: 12, baseMs: 50, maxMs: 1000 }

/** Connects to the database at `url` (see `PostgresSettings`) and brings its tables up to date. */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<Database> {
  const settings = parsePostgresUrl(url)
  const body = new Body(settings, options)
  try {
    await migrate(migrating(body), {
      ...options,
      place: settings.place,
      beforeChange: async () => 'lambdad makes no copies of PostgreSQL: the migration was one transaction.',
      lock: (transaction) => takeSchema(transaction, settings.schema),
    })
  } catch (error) {
    await body.close()
    throw explained(error, settings.place)
  }
  return {
    dialect: facts,
    kysely: body.kysely,
    write: (work, writeOptions) => body.write(work, writeOptions),
    close: () => body.close(),
  }
}

/** Hours: a migration may have to rewrite all that is there. */
const MIGRATION_MS_MAX = 24 * 3600_000

/** `locks`: a serializable transaction would see the tables as they were before it had waited for its lock. */
function migrating(body: Body): Pick<Database, 'kysely' | 'write' | 'dialect'> {
  return {
    kysely: body.kysely,
    dialect: facts,
    write: (work) => body.write(work, { isolation: 'locks', limitMs: MIGRATION_MS_MAX }),
  }
}

class Body {
  readonly kysely: Kysely<Tables>
  readonly #writes: Kysely<Tables>
  readonly #pools: { reads: pg.Pool; writes: pg.Pool }
  readonly #place: string
  readonly #underWay = new Set<Promise<unknown>>()
  #closed: Promise<void> | undefined
  readonly #waits: { clock: Clock; random: Random }

  constructor(settings: PostgresSettings, options: PostgresOptions) {
    const { clock = realClock, random = realRandom, connectionsMax = 8 } = options
    this.#waits = { clock, random }
    this.#place = settings.place
    // Two pools, so that a write whose work reads beside its transaction never waits for other writes.
    this.#pools = {
      writes: openPool(settings.client, connectionsMax),
      reads: openPool(readOnly(settings.client), connectionsMax),
    }
    this.#writes = new Kysely<Tables>({ dialect: writerDialect(this.#pools.writes) })
    this.kysely = new Kysely<Tables>({ dialect: readerDialect((text, values) => this.#read(text, values)) })
  }

  async write<Result>(
    work: Parameters<typeof collectAfterCommit<Result>>[1],
    options: WriteOptions & { limitMs?: number } = {},
  ): Promise<Result> {
    refuseNestedWrite()
    refuseBeyond(this.#pools.writes)
    const { result, runs } = await this.#tracked(() => this.#attempt(work, options))
    runAll(runs)
    return result
  }

  close(): Promise<void> {
    this.#closed ??= this.#end()
    return this.#closed
  }

  async #end(): Promise<void> {
    await Promise.allSettled(this.#underWay)
    await this.kysely.destroy()
    await this.#writes.destroy()
    await Promise.all([this.#pools.writes.end(), this.#pools.reads.end()])
  }

  #attempt<Result>(
    work: Parameters<typeof collectAfterCommit<Result>>[1],
    options: WriteOptions & { limitMs?: number },
  ) {
    return this.#writes
      .transaction()
      .setIsolationLevel(options.isolation === 'locks' ? 'read committed' : 'serializable')
      .execute((transaction) =>
        runOneWrite(() => collectAfterCommit(transaction, work), { limitMs: options.limitMs }),
      )
  }

  /** Reads change nothing: one whose connection was lost is sent again. */
  #read(text: string, values: unknown[]): Promise<pg.QueryResult> {
    refuseBeyond(this.#pools.reads)
    return this.#tracked(() => this.#pools.reads.query(text, values))
  }

  /** Retried, and waited for by `close`. */
  async #tracked<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#closed !== undefined) throw new Error('the database is closed')
    const running = this.#retry(run)
    this.#underWay.add(running)
    try {
      return await running
    } finally {
      this.#underWay.delete(running)
    }
  }

  async #retry<Result>(run: () => Promise<Result>): Promise<Result> {
    const throughLosses = () => retry(run, { ...LOSSES, ...this.#waits, isTransient: isConnectionLoss })
    try {
      return await retry(throughLosses, { ...CONFLICTS, ...this.#waits, isTransient: isConflict })
    } catch (error) {
      throw explained(error, this.#place)
    }
  }
}

function openPool(client: pg.ClientConfig, max: number): pg.Pool {
  const pool = new pg.Pool({ ...client, max, idleTimeoutMillis: 30_000 })
  // A connection that breaks while it is idle leaves the pool by itself; one in use tells its query.
  pool.on('error', () => {})
  pool.on('connect', (connection) => connection.on('error', () => {}))
  return pool
}

function readOnly(client: pg.ClientConfig): pg.ClientConfig {
  return { ...client, options: `${client.options} -c default_transaction_read_only=on` }
}

function refuseBeyond(pool: pg.Pool): void {
  if (pool.waitingCount < WAITING_MAX) return
  throw new StoreError('StoreBusy', `${pool.waitingCount} queries wait for a connection already`)
}

/** Nodes that start together migrate one after the other; the first one makes the schema. */
async function takeSchema(transaction: Kysely<object>, schema: string): Promise<void> {
  // Held until the commit. Nobody is in a hurry: another node's migration may take its time.
  await sql`set local lock_timeout = 0`.execute(transaction)
  await sql`set local statement_timeout = 0`.execute(transaction)
  await sql`select pg_advisory_xact_lock(hashtext(${`lambdad ${schema}`}))`.execute(transaction)
  // `create schema if not exists` asks for the right to make one even where it is there.
  const there = await sql`select from pg_namespace where nspname = ${schema}`.execute(transaction)
  if (there.rows.length === 0) await transaction.schema.createSchema(schema).execute()
}
