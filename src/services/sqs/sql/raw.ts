import { CompiledQuery, type Kysely } from 'kysely'
import type { Database, DialectFacts, Tables } from '../../../store/database.ts'

// Messages pass by the thousand a second, and building a query costs more than running it: their statements are
// written out, with `?` for each value.

/** Runs one statement, in a write's transaction or by itself. */
export type Run = <Row = unknown>(text: string, values: readonly unknown[]) => Promise<Row[]>

export interface RawSql {
  read: Run
  write<Result>(work: (run: Run) => Promise<Result>): Promise<Result>
  /** Whether `sqs_counts` is kept; see the migration. */
  readonly keepsCounts: boolean
  /** What follows a select that takes rows, so that others pass over them. */
  readonly skipLocked: string
}

export function rawSql(database: Database): RawSql {
  const { dialect } = database
  return {
    read: runOn(database.kysely, dialect),
    // Each statement protects what it reads by taking its rows.
    write: (work) =>
      database.write((transaction) => work(runOn(transaction, dialect)), { isolation: 'locks' }),
    keepsCounts: !dialect.supportsSkipLocked,
    skipLocked: dialect.supportsSkipLocked ? ' for update skip locked' : '',
  }
}

function runOn(kysely: Kysely<Tables>, { name }: DialectFacts): Run {
  return async <Row>(text: string, values: readonly unknown[]) => {
    const statement = name === 'postgres' ? numbered(text) : text
    return (await kysely.executeQuery<Row>(CompiledQuery.raw(statement, [...values]))).rows
  }
}

/** The statements are as many as this room has, times the lengths of its lists. */
const known = new Map<string, string>()

/** `?` as `$1`, `$2`, …, as PostgreSQL has it. */
function numbered(text: string): string {
  const before = known.get(text)
  if (before !== undefined) return before
  let count = 0
  const statement = text.replaceAll('?', () => `$${++count}`)
  known.set(text, statement)
  return statement
}

/** `(?, ?, ?)` for so many values. */
export function list(values: readonly unknown[]): string {
  return `(${values.map(() => '?').join(', ')})`
}
