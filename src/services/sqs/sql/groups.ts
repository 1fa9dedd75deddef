import type { Run } from './raw.ts'

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
 * Says anew when the group can be had: when its first message can. Nothing overtakes it, and it comes again although
 * others that were received with it are still in flight (recorded from AWS, November 2025).
 */
export async function refreshGroup(run: Run, queueId: number, groupId: string, now: number): Promise<void> {
  const [head] = await run<{ visible_at: number }>(
    'select visible_at from sqs_messages where queue_id = ? and group_id = ? order by id limit 1',
    [queueId, groupId],
  )
  if (head === undefined) {
    await run('delete from sqs_groups where queue_id = ? and group_id = ?', [queueId, groupId])
    return
  }
  await run('update sqs_groups set next_at = ? where queue_id = ? and group_id = ?', [
    Math.max(now, Number(head.visible_at)),
    queueId,
    groupId,
  ])
}

/** In one order everywhere, so that writes which hold several groups never wait for each other in a ring. */
export function inLockOrder(groupIds: Iterable<string | null | undefined>): string[] {
  return [...new Set(groupIds)].filter((id): id is string => typeof id === 'string').sort()
}
