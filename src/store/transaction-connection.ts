import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'

/**
 * What one write sees of the database. It holds both databases to the same rules, so that what works on one
 * works on the other: a statement that failed dooms the write, even where its error was caught (PostgreSQL
 * would answer COMMIT with a silent rollback); and a query that was left running when the write ended is
 * refused, rather than finding itself in somebody else's transaction.
 */
export abstract class TransactionConnection implements DatabaseConnection {
  #failure: { error: unknown } | undefined
  #over = false

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#over) throw new Error('this write is over: a query of it was not waited for')
    this.throwIfFailed()
    try {
      return await this.run<Row>(query)
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  protected abstract run<Row>(query: CompiledQuery): Promise<QueryResult<Row>>

  /** The first failure of a statement, which undoes the write. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  end(): void {
    this.#over = true
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the method; nothing here streams
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed: read them in pages')
  }
}
