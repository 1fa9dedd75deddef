import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { SqliteFile } from './sqlite-file.ts'
import { TransactionConnection } from './transaction-connection.ts'

/** Kysely over a connection that only reads. Queries are synchronous, so there is nobody to wait for. */
export const readerDialect = (file: SqliteFile): Dialect => dialectWith(new ReaderDriver(file))

/**
 * Kysely over the one connection that writes. Its transactions are savepoints in the batch that `GroupCommit`
 * has begun, one at a time.
 */
export const writerDialect = (file: SqliteFile): Dialect => dialectWith(new WriterDriver(file))

function dialectWith(driver: Driver): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driver,
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

class ReaderDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(file: SqliteFile) {
    this.#connection = {
      executeQuery: async <Row>(query: CompiledQuery) => file.query<Row>(query),
      // biome-ignore lint/correctness/useYield: Kysely asks for the method; nothing here streams
      streamQuery: async function* () {
        throw new Error('rows are not streamed: read them in pages')
      },
    }
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }

  // All reads share the connection: a transaction of one would become everybody's.
  async beginTransaction(): Promise<void> {
    throw new Error('Database.kysely is for single reads: transactions are begun by Database.write')
  }

  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

class SavepointConnection extends TransactionConnection {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    super()
    this.#file = file
  }

  protected override async run<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#file.query<Row>(query)
  }
}

class WriterDriver implements Driver {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    this.#file = file
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SavepointConnection> {
    return new SavepointConnection(this.#file)
  }

  async beginTransaction(): Promise<void> {
    this.#file.exec('savepoint job')
  }

  async commitTransaction(connection: SavepointConnection): Promise<void> {
    connection.throwIfFailed()
    this.#file.exec('release job')
  }

  async rollbackTransaction(): Promise<void> {
    // A full disk, for one, makes SQLite undo the whole batch, and the savepoint with it.
    if (this.#file.isInTransaction) this.#file.exec('rollback to job; release job')
  }

  async releaseConnection(connection: SavepointConnection): Promise<void> {
    connection.end()
  }

  async destroy(): Promise<void> {}
}
