import type { ClientConfig } from 'pg'
import pg from 'pg'
import { StoreError } from './errors.ts'

/**
 * What `postgres://user:password@host:port/database?schema=…` says. All other parameters are those of libpq
 * that pg knows, as `sslmode`, `host` (a socket's folder) and `application_name`.
 */
export interface PostgresSettings {
  readonly client: ClientConfig
  /** Where the tables are: installations may share a database. */
  readonly schema: string
  /** Without the password, for messages. */
  readonly place: string
}

/** Statements that run longer are ended: no query of ours is meant to. */
const STATEMENT_MS_MAX = 30_000
/** A transaction that waits longer for another one gives up; `write` tries again. */
const LOCK_MS_MAX = 5_000
/** The server ends a transaction whose node went away without a word, and with it its locks. */
const IDLE_IN_TRANSACTION_MS_MAX = 30_000
const CONNECT_MS_MAX = 5_000

export function parsePostgresUrl(text: string): PostgresSettings {
  const url = parseUrl(text)
  const schema = url.searchParams.get('schema') ?? 'lambdad'
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new StoreError(
      'BadSetting',
      `schema=${schema}: lower-case letters, digits and _ make a schema's name`,
    )
  }
  const name = url.searchParams.get('application_name') ?? 'lambdad'
  url.searchParams.delete('schema')
  url.searchParams.delete('application_name')
  const connectionString = url.href
  url.password = ''
  return {
    schema,
    place: url.href,
    client: {
      connectionString,
      application_name: name,
      connectionTimeoutMillis: CONNECT_MS_MAX,
      keepAlive: true,
      statement_timeout: STATEMENT_MS_MAX,
      lock_timeout: LOCK_MS_MAX,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS_MAX,
      options: `-c search_path=${schema}`,
      types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
    },
  }
}

function parseUrl(text: string): URL {
  try {
    const url = new URL(text)
    if (url.protocol === 'postgres:' || url.protocol === 'postgresql:') return url
  } catch {
    // The same answer as to another protocol. The text may hold a password.
  }
  throw new StoreError(
    'BadSetting',
    'the database is neither a file nor a URL as postgres://user:password@host/name',
  )
}

/** By type id: pg_type.dat of PostgreSQL. */
const INT8 = 20
const NUMERIC = 1700
const BYTEA = 17

type Parse = (value: string) => unknown

/** Values as node:sqlite has them. */
function typeParser(type: number, format?: string): unknown {
  if (format !== 'binary') {
    if (type === INT8) return safeInteger
    // What sum() makes of a column of int8.
    if (type === NUMERIC) return safeNumber
  }
  const parse = pg.types.getTypeParser(type, format as 'text') as Parse
  return type === BYTEA ? (value: string) => withoutBuffer(parse(value) as Buffer) : parse
}

function withoutBuffer(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond the integers of JavaScript`)
  return value
}

function safeNumber(text: string): number {
  return text.includes('.') ? Number(text) : safeInteger(text)
}
