import type { Kysely, Transaction } from 'kysely'

/**
 * A database of lambdad, SQLite or PostgreSQL. Each room's store keeps its own tables, whose types it adds
 * with `database.kysely.withTables<…>()`; the tables are made by the migrations in store/migrations.
 */
export interface Database {
  readonly dialect: DialectFacts
  /** For single reads: refuses to write, and to begin transactions. Sees what has been committed. */
  readonly kysely: Kysely<Tables>

  /**
   * Runs `work` in a transaction and resolves once it is durable. Writers that arrive together share one
   * commit; where one of them throws, it alone is undone. `work` may be run again when the database asks
   * for that (a serialization failure), so it must not have effects outside the transaction; `afterCommit`
   * is for those. It waits for nothing but its own queries, since others wait for it.
   *
   * All writes come out as if each had run alone, one after the other, on both databases. A statement that
   * fails undoes its write, even where `work` catches the error: use `on conflict` for what may happen.
   */
  write<Result>(
    work: (transaction: Transaction<Tables>) => Promise<Result>,
    options?: WriteOptions,
  ): Promise<Result>

  close(): Promise<void>
}

export interface WriteOptions {
  /**
   * `locks`: a write that protects what it reads by row locks (`for update skip locked`) or by doing all in
   * one statement, and so does without the retries that PostgreSQL needs for the promise above.
   */
  readonly isolation?: 'serializable' | 'locks'
}

/** The tables of all rooms are added by the rooms themselves. */
// biome-ignore lint/complexity/noBannedTypes: no table is known here
export type Tables = {}

/** Where the databases differ, asked for by name of the fact and never by name of the database. */
export interface DialectFacts {
  readonly name: 'sqlite' | 'postgres'
  /** Column types for migrations. Timestamps are kept as milliseconds in `integer`s. */
  readonly types: { readonly bytes: 'blob' | 'bytea'; readonly integer: 'integer' | 'bigint' }
  /** `select … for update skip locked`. Where not, there is one writer at a time and no need. */
  readonly supportsSkipLocked: boolean
  /** Whether other lambdads may use it at the same time: where not, what another process held is nobody's. */
  readonly isShared: boolean
}
