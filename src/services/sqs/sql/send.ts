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
  const { messageId } = message
  if (!queue.isFifo) return { messageId, id: await insert(run, queue, message, now), isDuplicate: false }
  const key = deduplicationKey(queue, message)
  if (!(await claim(run, queue, key, messageId, now))) return duplicateOf(run, queue, key)
  const id = await insert(run, queue, message, now)
  await run('update sqs_deduplications set sequence = ? where queue_id = ? and dedup_key = ?', [
    id,
    queue.id,
    key,
  ])
  return { messageId, id, isDuplicate: false }
}

/** Before the message is kept, so that of several that come at once to different groups one is first. */
async function claim(run: Run, queue: Queue, key: string, messageId: string, now: number): Promise<boolean> {
  const claimed = await run(
    'insert into sqs_deduplications (queue_id, dedup_key, expires_at, message_id, sequence) values (?, ?, ?, ?, 0) ' +
      'on conflict (queue_id, dedup_key) do update set expires_at = excluded.expires_at, ' +
      'message_id = excluded.message_id, sequence = 0 where sqs_deduplications.expires_at <= ? returning sequence',
    [queue.id, key, now + DEDUPLICATION_MS, messageId, now],
  )
  return claimed.length > 0
}

async function duplicateOf(run: Run, queue: Queue, key: string): Promise<Sent> {
  const [row] = await run<{ message_id: string; sequence: number }>(
    'select message_id, sequence from sqs_deduplications where queue_id = ? and dedup_key = ?',
    [queue.id, key],
  )
  return { messageId: row?.message_id ?? '', id: Number(row?.sequence), isDuplicate: true }
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
