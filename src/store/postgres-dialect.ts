import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import type { QueryResult as PgResult, Pool, PoolClient } from 'pg'
import { StoreError } from './errors.ts'
import { isConnectionLoss } from './postgres-errors.ts'
import { TransactionConnection } from './transaction-connection.ts'

/** Runs one statement on any connection. */
export type Run = (sql: string, parameters: unknown[]) => Promise<PgResult>

/** Kysely over connections that only read. */
export const readerDialect = (run: Run): Dialect => dialectWith(new ReaderDriver(run))

/** Kysely over connections whose every use is one transaction. */
export const writerDialect = (pool: Pool): Dialect => dialectWith(new WriterDriver(pool))

function dialectWith(driver: Driver): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

class ReaderDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(run: Run) {
    this.#connection = {
      executeQuery: async <Row>({ sql, parameters }: CompiledQuery) =>
        resultOf<Row>(await run(sql, [...parameters])),
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

  async beginTransaction(): Promise<void> {
    throw new Error('Database.kysely is for single reads: transactions are begun by Database.write')
  }

  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

class PooledConnection extends TransactionConnection {
  readonly client: PoolClient
  /** Where true, the connection's state is unknown, and it is not used again. */
  isBroken = false

  constructor(client: PoolClient) {
    super()
    this.client = client
  }

  protected override async run<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    return resultOf<Row>(await this.client.query(sql, [...parameters]))
  }
}

class WriterDriver implements Driver {
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PooledConnection> {
    return new PooledConnection(await this.#pool.connect())
  }

  async beginTransaction({ client }: PooledConnection, settings: TransactionSettings): Promise<void> {
    await client.query(`begin isolation level ${settings.isolationLevel ?? 'serializable'}`)
  }

  async commitTransaction(connection: PooledConnection): Promise<void> {
    connection.throwIfFailed()
    try {
      await connection.client.query('commit')
    } catch (error) {
      if (!isConnectionLoss(error)) throw error
      throw new StoreError(
        'CommitUncertain',
        'the connection was lost during the commit: it may have been written, or not',
        {
          cause: error,
        },
      )
    }
  }

  async rollbackTransaction(connection: PooledConnection): Promise<void> {
    try {
      await connection.client.query('rollback')
    } catch {
      // What made us roll back is what the caller hears; the server undoes what a closed connection began.
      connection.isBroken = true
    }
  }

  async releaseConnection(connection: PooledConnection): Promise<void> {
    connection.end()
    connection.client.release(connection.isBroken)
  }

  async destroy(): Promise<void> {}
}

const COUNTED = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

function resultOf<Row>({ command, rowCount, rows }: PgResult): QueryResult<Row> {
  if (!COUNTED.has(command)) return { rows }
  return { rows, numAffectedRows: BigInt(rowCount ?? 0) }
}
