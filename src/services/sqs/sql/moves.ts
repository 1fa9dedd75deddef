import type { Queue } from '../queue.ts'
import { holdGroup, inLockOrder } from './groups.ts'
import { list, type Run } from './raw.ts'
import type { MessageRow } from './rows.ts'

export async function removeMessages(run: Run, rows: readonly Pick<MessageRow, 'id'>[]): Promise<void> {
  const ids = rows.map(({ id }) => id)
  await run(`delete from sqs_messages where id in ${list(ids)}`, ids)
}

/**
 * To the dead-letter queue. A message keeps its id and, in a standard queue, the time when it was sent, so that its
 * retention goes on (AWS SQS Developer Guide, "Dead-letter queues"). In a FIFO queue it joins the end of its group.
 */
export async function moveToDeadLetters(
  run: Run,
  source: Queue,
  target: Queue,
  rows: readonly MessageRow[],
  now: number,
): Promise<void> {
  if (target.isFifo) return moveToFifo(run, source, target, rows, now)
  const ids = rows.map(({ id }) => id)
  await run(
    'update sqs_messages set queue_id = ?, visible_at = ?, received_before = received_before + receive_count, ' +
      `receive_count = 0, receipt = null, dead_letter_source = ? where id in ${list(ids)}`,
    [target.id, now, source.arn, ...ids],
  )
}

async function moveToFifo(
  run: Run,
  source: Queue,
  target: Queue,
  rows: readonly MessageRow[],
  now: number,
): Promise<void> {
  for (const groupId of inLockOrder(rows.map((row) => row.group_id)))
    await holdGroup(run, target.id, groupId, now)
  for (const row of rows) {
    await run(
      'insert into sqs_messages (queue_id, visible_at, sent_at, receive_count, received_before, first_received_at, ' +
        'message_id, group_id, dedup_id, sender_id, trace_header, dead_letter_source, attributes, body) ' +
        'values (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      [
        target.id,
        now,
        now,
        Number(row.received_before) + Number(row.receive_count),
        row.first_received_at,
        row.message_id,
        row.group_id,
        row.dedup_id,
        row.sender_id,
        row.trace_header,
        source.arn,
        row.attributes,
        row.body,
      ],
    )
  }
  await removeMessages(run, rows)
}
