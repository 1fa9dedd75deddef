import type { Run } from './raw.ts'

/** As many messages of a group as can be in flight at once: one receive's. */
const IN_FLIGHT_OF_GROUP_MAX = 10

/**
 * Makes the group if need be, and holds it until the commit: messages of one group get their ids in the order in
 * which they become visible, also where several nodes send.
 */
export async function holdGroup(run: Run, queueId: number, groupId: string, nextAt: number): Promise<void> {
  await run(
    'insert into sqs_groups (queue_id, group_id, next_at) values (?, ?, ?) ' +
      'on conflict (queue_id, group_id) do update set queue_id = excluded.queue_id',
    [queueId, groupId, nextAt],
  )
}

/**
 * Says anew when the group's head can be had: while one of its messages is in flight, none (AWS SQS Developer Guide,
 * "FIFO queue delivery logic"). Messages in flight are always the group's first.
 */
export async function refreshGroup(run: Run, queueId: number, groupId: string, now: number): Promise<void> {
  const heads = await run<{ visible_at: number; receive_count: number }>(
    'select visible_at, receive_count from sqs_messages where queue_id = ? and group_id = ? order by id limit ?',
    [queueId, groupId, IN_FLIGHT_OF_GROUP_MAX],
  )
  const [head] = heads
  if (head === undefined) {
    await run('delete from sqs_groups where queue_id = ? and group_id = ?', [queueId, groupId])
    return
  }
  const inFlight = heads.filter((row) => Number(row.receive_count) > 0).map((row) => Number(row.visible_at))
  const nextAt = Math.max(now, Number(head.visible_at), ...inFlight)
  await run('update sqs_groups set next_at = ? where queue_id = ? and group_id = ?', [
    nextAt,
    queueId,
    groupId,
  ])
}

/** In one order everywhere, so that writes which hold several groups never wait for each other in a ring. */
export function inLockOrder(groupIds: Iterable<string | null | undefined>): string[] {
  return [...new Set(groupIds)].filter((id): id is string => typeof id === 'string').sort()
}
