import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { Database, DialectFacts, Tables } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import { migrate } from './migrations/index.ts'

const facts: DialectFacts = {
  name: 'sqlite',
  types: { bytes: 'blob', integer: 'integer' },
  supportsSkipLocked: false,
}

/** Prepared statements kept per connection; beyond it the oldest is dropped, so that odd queries cost only time. */
const STATEMENTS_MAX = 500

/** Opens the database in `file`, or one that is kept nowhere (`:memory:`), and brings its tables up to date. */
export async function openSqlite(file: string): Promise<Database> {
  const connection = new SqliteConnection(file)
  const kysely = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new SqliteDriver(connection),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
  await migrate(kysely, facts)
  const commits = new GroupCommit(kysely)
  return {
    dialect: facts,
    kysely,
    write: (work) => commits.write(work),
    close: async () => {
      await commits.drained()
      await kysely.destroy()
    },
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, { statement: StatementSync; returnsRows: boolean }>()

  constructor(file: string) {
    this.#database = new DatabaseSync(file)
    // One process owns the file. FULL: what a commit acknowledged survives a power cut.
    this.#database.exec(`
      pragma locking_mode = exclusive;
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma foreign_keys = on;
    `)
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { statement, returnsRows } = this.#prepared(query.sql)
    const parameters = query.parameters as SQLInputValue[]
    if (returnsRows) return { rows: statement.all(...parameters) as Row[] }
    const { changes, lastInsertRowid } = statement.run(...parameters)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the method; nothing here streams
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed from SQLite')
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #prepared(sql: string) {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    const entry = { statement, returnsRows: statement.columns().length > 0 }
    if (this.#statements.size >= STATEMENTS_MAX)
      this.#statements.delete(this.#statements.keys().next().value ?? '')
    this.#statements.set(sql, entry)
    return entry
  }
}

/** There is one connection: who has it, has it until the end of the transaction. */
class SqliteDriver implements Driver {
  readonly #connection: SqliteConnection
  #free: Promise<void> = Promise.resolve()
  #release: () => void = () => {}

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#free
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#free = promise
    await before
    this.#release = resolve
    return this.#connection
  }

  async releaseConnection(): Promise<void> {
    this.#release()
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'))
  }

  async destroy(): Promise<void> {
    this.#connection.close()
  }
}
