import type { Kysely, Transaction } from 'kysely'

/**
 * A database of lambdad, SQLite or PostgreSQL. Each room's store keeps its own tables, whose types it adds
 * with `database.kysely.withTables<…>()`; the tables are made by the migrations in store/migrations.
 */
export interface Database {
  readonly dialect: DialectFacts
  /** For reads. Sees what has been committed. */
  readonly kysely: Kysely<Tables>

  /**
   * Runs `work` in a transaction and resolves once it is durable. Writers that arrive together share one
   * commit; where one of them throws, it alone is undone. `work` may be run again when the database asks
   * for that (a serialization failure), so it must not have effects outside the transaction.
   */
  write<Result>(work: (transaction: Transaction<Tables>) => Promise<Result>): Promise<Result>

  close(): Promise<void>
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
}
