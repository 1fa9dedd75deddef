import type { Queue } from '../queue.ts'
import type { Take, Taken } from '../store.ts'
import { inLockOrder, refreshGroup } from './groups.ts'
import { list, type Run } from './raw.ts'
import { MESSAGE_COLUMNS, type MessageRow, toMessage } from './rows.ts'

/**
 * What an earlier receive with the same attempt id got, hidden anew; undefined where there was none, or where
 * something has happened to one of its messages since (API reference, "ReceiveMessage", ReceiveRequestAttemptId).
 */
export async function repeatAttempt(run: Run, queue: Queue, take: Take): Promise<Taken | undefined> {
  if (take.attempt === undefined) return undefined
  const [attempt] = await run<{ receipt: string; message_ids: string }>(
    'select receipt, message_ids from sqs_receive_attempts where queue_id = ? and attempt_id = ? and expires_at > ?',
    [queue.id, take.attempt.id, take.now],
  )
  if (attempt === undefined) return undefined
  const ids: number[] = JSON.parse(attempt.message_ids)
  const rows = await run<MessageRow>(
    `select ${MESSAGE_COLUMNS} from sqs_messages where id in ${list(ids)} and queue_id = ? and receipt = ? and visible_at > ? order by id`,
    [...ids, queue.id, attempt.receipt, take.now],
  )
  if (rows.length < ids.length) return undefined
  await run(`update sqs_messages set visible_at = ? where id in ${list(ids)}`, [take.hideUntil, ...ids])
  for (const groupId of inLockOrder(rows.map((row) => row.group_id)))
    await refreshGroup(run, queue.id, groupId, take.now)
  return { messages: rows.map((row) => toMessage(row, take.now, 0)), receipt: attempt.receipt, moved: 0 }
}

export async function rememberAttempt(
  run: Run,
  queue: Queue,
  { attempt, receipt }: Take,
  rows: readonly MessageRow[],
): Promise<void> {
  if (attempt === undefined || rows.length === 0) return
  await run(
    'insert into sqs_receive_attempts (queue_id, attempt_id, expires_at, receipt, message_ids) values (?, ?, ?, ?, ?) ' +
      'on conflict (queue_id, attempt_id) do update set expires_at = excluded.expires_at, ' +
      'receipt = excluded.receipt, message_ids = excluded.message_ids',
    [queue.id, attempt.id, attempt.expiresAt, receipt, JSON.stringify(rows.map(({ id }) => Number(id)))],
  )
}
