import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { CompiledQuery, QueryResult } from 'kysely'
import { StoreError } from './errors.ts'

/** Prepared statements kept per connection; beyond it the least used go, so that odd queries cost only time. */
const STATEMENTS_MAX = 500

interface Prepared {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

/** One connection to a database file. Every call is synchronous: nothing else runs in between. */
export class SqliteFile {
  readonly #file: string
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, Prepared>()

  /** @param settings - pragmas, run at once */
  constructor(file: string, settings: string) {
    this.#file = file
    try {
      this.#database = new DatabaseSync(file)
    } catch (error) {
      throw explained(error, file)
    }
    this.exec(settings)
  }

  /** False after `commit`, `rollback`, and where SQLite gave the transaction up by itself. */
  get isInTransaction(): boolean {
    return this.#database.isTransaction
  }

  /** Runs statements that return nothing. */
  exec(sql: string): void {
    try {
      this.#database.exec(sql)
    } catch (error) {
      throw explained(error, this.#file)
    }
  }

  query<Row>(query: CompiledQuery): QueryResult<Row> {
    try {
      const { statement, returnsRows } = this.#prepared(query.sql)
      const parameters = query.parameters as SQLInputValue[]
      // Plain objects, as pg returns them: node:sqlite's rows have no prototype.
      if (returnsRows) return { rows: statement.all(...parameters).map((row) => ({ ...row }) as Row) }
      const { changes, lastInsertRowid } = statement.run(...parameters)
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
    } catch (error) {
      throw explained(error, this.#file)
    }
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #prepared(sql: string): Prepared {
    const known = this.#statements.get(sql)
    if (known !== undefined) {
      // Back to the end of the line of those that are dropped.
      this.#statements.delete(sql)
      this.#statements.set(sql, known)
      return known
    }
    const statement = this.#database.prepare(sql)
    const prepared = { statement, returnsRows: statement.columns().length > 0 }
    const oldest = this.#statements.keys().next()
    if (this.#statements.size >= STATEMENTS_MAX && !oldest.done) this.#statements.delete(oldest.value)
    this.#statements.set(sql, prepared)
    return prepared
  }
}

/** Says in our words what an operator can do something about; all else stays as SQLite said it. */
function explained(error: unknown, file: string): unknown {
  if (!(error instanceof Error)) return error
  const { errcode } = error as { errcode?: number }
  // The lower byte is the primary result code: https://sqlite.org/rescode.html
  switch ((errcode ?? 0) & 0xff) {
    case 5:
      return new StoreError('DatabaseLocked', `${file} is being written by another program`, { cause: error })
    case 8:
      // What `query_only` answers, too.
      return errcode === 8
        ? new Error('Database.kysely is for reads: write with Database.write', { cause: error })
        : new StoreError('FolderNotWritable', `${file} cannot be written`, { cause: error })
    case 11:
    case 26:
      return new StoreError('DatabaseDamaged', `${file} is damaged, or is no database of lambdad`, {
        cause: error,
      })
    case 13:
      return new StoreError('DiskFull', `the disk of ${file} is full`, { cause: error })
    case 14:
      return new StoreError('FolderNotWritable', `${file} cannot be opened`, { cause: error })
    default:
      return error
  }
}
