import { sql } from 'kysely'
import type { MigrationStep } from './index.ts'

/**
 * How many messages each queue has, kept by triggers: to count a million takes 50 ms. Where there is one writer at a
 * time, a row that every message changes holds nobody up; PostgreSQL counts, beside the process that waits for it.
 */
export const sqsCounts: MigrationStep = async (kysely, { name }) => {
  if (name !== 'sqlite') return
  await sql`create table sqs_counts (queue_id integer primary key, messages integer not null)`.execute(kysely)
  await sql`insert into sqs_counts select queue_id, count(*) from sqs_messages group by queue_id`.execute(
    kysely,
  )
  await sql`create trigger sqs_counts_insert after insert on sqs_messages begin
    insert into sqs_counts values (new.queue_id, 1) on conflict (queue_id) do update set messages = messages + 1;
  end`.execute(kysely)
  await sql`create trigger sqs_counts_delete after delete on sqs_messages begin
    update sqs_counts set messages = messages - 1 where queue_id = old.queue_id;
  end`.execute(kysely)
  await sql`create trigger sqs_counts_move after update of queue_id on sqs_messages begin
    update sqs_counts set messages = messages - 1 where queue_id = old.queue_id;
    insert into sqs_counts values (new.queue_id, 1) on conflict (queue_id) do update set messages = messages + 1;
  end`.execute(kysely)
  await sql`create trigger sqs_counts_queue after delete on sqs_queues begin
    delete from sqs_counts where queue_id = old.id;
  end`.execute(kysely)
}
