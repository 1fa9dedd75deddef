import type { Queue } from '../queue.ts'
import type { Take } from '../store.ts'
import { list, type RawSql, type Run } from './raw.ts'
import { MESSAGE_COLUMNS, type MessageRow } from './rows.ts'

/** Tenants looked at by one receive, so that a queue with very many costs no more. */
const GROUPS_MAX = 500

/**
 * The first messages of tenants that are not noisy (AWS SQS Developer Guide, "Fair queues"). It jumps from group to
 * group in the index, past however many messages the noisy ones have.
 */
export async function quietRows(
  { skipLocked }: RawSql,
  run: Run,
  queue: Queue,
  { now, max, noisyGroups = [] }: Take,
): Promise<MessageRow[]> {
  const firsts = await run<{ id: number | null }>(
    `with recursive groups (group_id, depth) as (
       select min(group_id), 1 from sqs_messages where queue_id = ? and group_id is not null
       union all
       select (select min(m.group_id) from sqs_messages m where m.queue_id = ? and m.group_id > groups.group_id), depth + 1
       from groups where groups.group_id is not null and depth < ?
     )
     select (select min(m.id) from sqs_messages m
             where m.queue_id = ? and m.group_id = groups.group_id and m.visible_at <= ?) as id
     from groups where groups.group_id is not null and groups.group_id not in ${list(noisyGroups)}`,
    [queue.id, queue.id, GROUPS_MAX, queue.id, now, ...noisyGroups],
  )
  const ids = firsts
    .flatMap(({ id }) => (id === null ? [] : [Number(id)]))
    .sort((one, other) => one - other)
    .slice(0, max)
  if (ids.length === 0) return []
  return run<MessageRow>(
    `select ${MESSAGE_COLUMNS} from sqs_messages where id in ${list(ids)} and visible_at <= ? order by id${skipLocked}`,
    [...ids, now],
  )
}
