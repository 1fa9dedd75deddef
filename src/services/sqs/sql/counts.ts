import type { Queue } from '../queue.ts'
import type { MessageCounts } from '../store.ts'
import type { RawSql } from './raw.ts'

/** In one statement, so that they belong together. */
export async function counts(
  { read, keepsCounts }: RawSql,
  queue: Queue,
  now: number,
): Promise<MessageCounts> {
  const total = keepsCounts
    ? '(select messages from sqs_counts where queue_id = ?)'
    : '(select count(*) from sqs_messages where queue_id = ?)'
  const [row] = await read<{ total: number | null; hidden: number; received: number | null }>(
    `select ${total} as total, count(*) as hidden, sum(case when receive_count > 0 then 1 else 0 end) as received ` +
      'from sqs_messages where queue_id = ? and visible_at > ?',
    [queue.id, queue.id, now],
  )
  const hidden = Number(row?.hidden)
  const inFlight = Number(row?.received ?? 0)
  return { visible: Number(row?.total ?? 0) - hidden, inFlight, delayed: hidden - inFlight }
}

export async function inFlight({ read }: RawSql, queue: Queue, now: number): Promise<number> {
  const [row] = await read<{ n: number }>(
    'select count(*) as n from sqs_messages where queue_id = ? and visible_at > ? and receive_count > 0',
    [queue.id, now],
  )
  return Number(row?.n)
}

export async function nextVisible({ read }: RawSql, queue: Queue, now: number): Promise<number | undefined> {
  const [row] = await read<{ at: number | null }>(
    queue.isFifo
      ? 'select min(next_at) as at from sqs_groups where queue_id = ? and next_at > ?'
      : 'select min(visible_at) as at from sqs_messages where queue_id = ? and visible_at > ?',
    [queue.id, now],
  )
  return row?.at == null ? undefined : Number(row.at)
}

/** Tenants of a standard queue by the messages of theirs that somebody works on. */
export async function inFlightByGroup(
  { read }: RawSql,
  queue: Queue,
  now: number,
): Promise<Map<string, number>> {
  const rows = await read<{ group_id: string; n: number }>(
    'select group_id, count(*) as n from sqs_messages where queue_id = ? and visible_at > ? and receive_count > 0 ' +
      'and group_id is not null group by group_id',
    [queue.id, now],
  )
  return new Map(rows.map((row) => [row.group_id, Number(row.n)]))
}
