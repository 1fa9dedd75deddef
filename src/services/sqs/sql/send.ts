import type { NewMessage } from '../message.ts'
import { packAttributes } from '../message-attributes.ts'
import type { Queue } from '../queue.ts'
import type { Sent } from '../store.ts'
import { holdGroup, inLockOrder } from './groups.ts'
import type { RawSql, Run } from './raw.ts'

/** AWS SQS Developer Guide, "Exactly-once processing": whether or not the message is still in the queue. */
const DEDUPLICATION_MS = 5 * 60_000

const INSERT =
  'insert into sqs_messages (queue_id, visible_at, sent_at, receive_count, received_before, message_id, group_id, ' +
  'dedup_id, sender_id, trace_header, attributes, body) values (?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?) returning id'

export function send(
  sql: RawSql,
  queue: Queue,
  messages: readonly NewMessage[],
  now: number,
): Promise<readonly Sent[]> {
  return sql.write(async (run) => {
    if (queue.isFifo) {
      for (const groupId of inLockOrder(messages.map((message) => message.groupId)))
        await holdGroup(run, queue.id, groupId, earliest(messages, groupId))
    }
    const sent: Sent[] = []
    for (const message of messages) sent.push(await sendOne(run, queue, message, now))
    return sent
  })
}

function earliest(messages: readonly NewMessage[], groupId: string): number {
  return Math.min(
    ...messages.filter((message) => message.groupId === groupId).map(({ visibleAt }) => visibleAt),
  )
}

async function sendOne(run: Run, queue: Queue, message: NewMessage, now: number): Promise<Sent> {
  if (!queue.isFifo)
    return { messageId: message.messageId, id: await insert(run, queue, message, now), isDuplicate: false }
  const key = deduplicationKey(queue, message)
  const [known] = await run<{ message_id: string; sequence: number }>(
    'select message_id, sequence from sqs_deduplications where queue_id = ? and dedup_key = ? and expires_at > ?',
    [queue.id, key, now],
  )
  if (known !== undefined)
    return { messageId: known.message_id, id: Number(known.sequence), isDuplicate: true }
  const id = await insert(run, queue, message, now)
  await run(
    'insert into sqs_deduplications (queue_id, dedup_key, expires_at, message_id, sequence) values (?, ?, ?, ?, ?) ' +
      'on conflict (queue_id, dedup_key) do update set expires_at = excluded.expires_at, ' +
      'message_id = excluded.message_id, sequence = excluded.sequence',
    [queue.id, key, now + DEDUPLICATION_MS, message.messageId, id],
  )
  return { messageId: message.messageId, id, isDuplicate: false }
}

function deduplicationKey(
  { deduplicatesInGroups }: Queue,
  { groupId = '', deduplicationId = '' }: NewMessage,
) {
  return deduplicatesInGroups ? `${groupId.length}:${groupId}${deduplicationId}` : deduplicationId
}

async function insert(run: Run, queue: Queue, message: NewMessage, now: number): Promise<number> {
  const [row] = await run<{ id: number }>(INSERT, [
    queue.id,
    message.visibleAt,
    now,
    message.messageId,
    message.groupId ?? null,
    message.deduplicationId ?? null,
    message.senderId,
    message.traceHeader ?? null,
    packAttributes(message.attributes),
    message.body,
  ])
  return Number(row?.id)
}
