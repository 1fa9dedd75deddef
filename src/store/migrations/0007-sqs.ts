import { type ColumnDefinitionBuilder, sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/**
 * Queues and their messages. A message is one row that moves along `visible_at` as it is received; what can be
 * received is a range of that index, however many messages there are. The groups of a FIFO queue have a row each
 * that says from when on the group's head can be had.
 */
export const sqs: MigrationStep = async (kysely, { name, types }) => {
  const id = name === 'postgres' ? sql`bigserial` : sql`integer`
  const asId = (column: ColumnDefinitionBuilder) =>
    name === 'postgres' ? column.primaryKey() : column.primaryKey().autoIncrement()
  // Names are listed in the order of their bytes, as SQLite has it from the start.
  const nameType = name === 'postgres' ? sql`text collate "C"` : sql`text`
  const integer = types.integer
  const required = (column: ColumnDefinitionBuilder) => column.notNull()

  await kysely.schema
    .createTable('sqs_queues')
    .addColumn('id', id, asId)
    .addColumn('account_id', 'text', required)
    .addColumn('region', 'text', required)
    .addColumn('name', nameType, required)
    .addColumn('created_at', integer, required)
    .addColumn('modified_at', integer, required)
    .addColumn('purged_at', integer)
    // Gone for everybody; its messages are removed a few at a time, and then the row.
    .addColumn('deleted_at', integer)
    .addColumn('attributes', 'text', required)
    .addColumn('dead_letter_arn', 'text')
    .addColumn('tags', 'text', required)
    .execute()
  await sql`create unique index sqs_queues_name on sqs_queues (account_id, region, name) where deleted_at is null`.execute(
    kysely,
  )
  await kysely.schema
    .createIndex('sqs_queues_dead_letter')
    .on('sqs_queues')
    .columns(['dead_letter_arn', 'name'])
    .execute()

  await kysely.schema
    .createTable('sqs_messages')
    .addColumn('id', id, asId)
    .addColumn('queue_id', integer, required)
    .addColumn('visible_at', integer, required)
    .addColumn('sent_at', integer, required)
    .addColumn('receive_count', integer, required)
    // Receives in the queues from which it was moved here.
    .addColumn('received_before', integer, required)
    .addColumn('first_received_at', integer)
    .addColumn('last_received_at', integer)
    .addColumn('receipt', 'text')
    .addColumn('message_id', 'text', required)
    .addColumn('group_id', nameType)
    .addColumn('dedup_id', 'text')
    .addColumn('sender_id', 'text', required)
    .addColumn('trace_header', 'text')
    .addColumn('dead_letter_source', 'text')
    .addColumn('attributes', 'text')
    .addColumn('body', 'text', required)
    .execute()
  await kysely.schema
    .createIndex('sqs_messages_visible')
    .on('sqs_messages')
    .columns(['queue_id', 'visible_at', 'id'])
    .execute()
  await kysely.schema
    .createIndex('sqs_messages_sent')
    .on('sqs_messages')
    .columns(['queue_id', 'sent_at'])
    .execute()
  await sql`create index sqs_messages_group on sqs_messages (queue_id, group_id, id) where group_id is not null`.execute(
    kysely,
  )

  await kysely.schema
    .createTable('sqs_groups')
    .addColumn('queue_id', integer, required)
    .addColumn('group_id', nameType, required)
    .addColumn('next_at', integer, required)
    .addPrimaryKeyConstraint('sqs_groups_key', ['queue_id', 'group_id'])
    .execute()
  await kysely.schema
    .createIndex('sqs_groups_next')
    .on('sqs_groups')
    .columns(['queue_id', 'next_at'])
    .execute()

  await kysely.schema
    .createTable('sqs_deduplications')
    .addColumn('queue_id', integer, required)
    .addColumn('dedup_key', 'text', required)
    .addColumn('expires_at', integer, required)
    .addColumn('message_id', 'text', required)
    .addColumn('sequence', integer, required)
    .addPrimaryKeyConstraint('sqs_deduplications_key', ['queue_id', 'dedup_key'])
    .execute()
  await kysely.schema
    .createIndex('sqs_deduplications_expiry')
    .on('sqs_deduplications')
    .column('expires_at')
    .execute()

  await kysely.schema
    .createTable('sqs_receive_attempts')
    .addColumn('queue_id', integer, required)
    .addColumn('attempt_id', 'text', required)
    .addColumn('expires_at', integer, required)
    .addColumn('receipt', 'text', required)
    .addColumn('message_ids', 'text', required)
    .addPrimaryKeyConstraint('sqs_receive_attempts_key', ['queue_id', 'attempt_id'])
    .execute()
  await kysely.schema
    .createIndex('sqs_receive_attempts_expiry')
    .on('sqs_receive_attempts')
    .column('expires_at')
    .execute()

  await kysely.schema
    .createTable('sqs_move_tasks')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('queue_id', integer, required)
    .addColumn('source_arn', 'text', required)
    .addColumn('destination_arn', 'text')
    .addColumn('status', 'text', required)
    .addColumn('per_second', integer)
    .addColumn('started_at', integer, required)
    .addColumn('last_message', integer, required)
    .addColumn('moved', integer, required)
    .addColumn('to_move', integer, required)
    .addColumn('failure', 'text')
    .execute()
  await kysely.schema
    .createIndex('sqs_move_tasks_source')
    .on('sqs_move_tasks')
    .columns(['source_arn', 'started_at'])
    .execute()
  // One active task for a source at a time.
  await sql`create unique index sqs_move_tasks_running on sqs_move_tasks (source_arn) where status in ('RUNNING', 'CANCELLING')`.execute(
    kysely,
  )
}
