import type { Generated, Kysely, Transaction } from 'kysely'
import type { Database, Tables, WriteOptions } from '../../../store/database.ts'

// PostgreSQL gives 64-bit integers as text unless it is told otherwise: rows are read with `Number`.

export type LogTables = {
  log_groups: GroupRow
  log_streams: StreamRow
  log_blocks: BlockRow
  log_subscriptions: SubscriptionRow
  log_resource_policies: ResourcePolicyRow
}

export type GroupRow = {
  id: Generated<number>
  account_id: string
  region: string
  name: string
  created_at: number
  retention_days: number | null
  deletion_protected: number
  tags: string
}

export type StreamRow = {
  id: Generated<number>
  group_id: number
  name: string
  created_at: number
  first_event_at: number | null
  last_event_at: number | null
  last_ingested_at: number | null
  stored_bytes: number
}

export type BlockRow = {
  id: Generated<number>
  group_id: number
  stream_id: number
  first_at: number
  last_at: number
  ingested_at: number
  stored_bytes: number
  events: Uint8Array
}

/** A document, since a group's are few and read as a whole. */
export type SubscriptionRow = {
  group_id: number
  name: string
  subscription: string
}

export type ResourcePolicyRow = {
  account_id: string
  region: string
  name: string
  document: string
  updated_at: number
}

export type Read = Kysely<LogTables>
export type LogsTransaction = Transaction<LogTables>

/** A row as it is read: its id is there. */
export type Selected<Row> = { [Key in keyof Row]: Key extends 'id' ? number : Row[Key] }

/** Sorts after every name that begins as what it is added to does. */
export const LAST_CHARACTER = '\u{10ffff}'

export type Write = <Result>(
  work: (transaction: LogsTransaction, plain: Transaction<Tables>) => Promise<Result>,
  options?: WriteOptions,
) => Promise<Result>

/** `database.write`, with our tables. */
export function writeTo(database: Database): Write {
  return (work, options) =>
    database.write(
      (transaction: Transaction<Tables>) => work(transaction.withTables<LogTables>(), transaction),
      options,
    )
}

export function optionalNumber(value: number | null): number | undefined {
  return value === null ? undefined : Number(value)
}
