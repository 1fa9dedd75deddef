import type { Queue } from '../queue.ts'
import type { PurgeMark } from '../store.ts'
import { refreshGroup } from './groups.ts'
import type { RawSql, Run } from './raw.ts'

/** @returns the mark, or false where the queue was purged after `since` already */
export function beginPurge(
  sql: RawSql,
  queueId: number,
  now: number,
  since: number,
): Promise<false | PurgeMark> {
  return sql.write(async (run) => {
    const begun = await run(
      'update sqs_queues set purged_at = ? where id = ? and (purged_at is null or purged_at <= ?) returning id',
      [now, queueId, since],
    )
    if (begun.length === 0) return false
    const [last] = await run<{ id: number | null }>('select max(id) as id from sqs_messages', [])
    return Number(last?.id ?? 0)
  })
}

export function purge(sql: RawSql, queue: Queue, mark: PurgeMark, limit: number): Promise<boolean> {
  return sql.write(async (run) => {
    const gone = await run<{ group_id: string | null }>(
      'delete from sqs_messages where id in ' +
        '(select id from sqs_messages where queue_id = ? and id <= ? limit ?) returning group_id',
      [queue.id, mark, limit],
    )
    if (!queue.isFifo) return gone.length < limit
    await refreshGroups(run, queue.id, gone, 0)
    return gone.length < limit && forgetDuplicates(run, queue.id, mark, limit)
  })
}

/** What a purge removed can be sent again at once, as recorded from AWS. */
async function forgetDuplicates(run: Run, queueId: number, mark: PurgeMark, limit: number): Promise<boolean> {
  const forgotten = await run(
    'delete from sqs_deduplications where queue_id = ? and dedup_key in ' +
      '(select dedup_key from sqs_deduplications where queue_id = ? and sequence <= ? limit ?) returning sequence',
    [queueId, queueId, mark, limit],
  )
  return forgotten.length < limit
}

/** In one order, as everybody who holds several groups. */
export async function refreshGroups(
  run: Run,
  queueId: number,
  rows: readonly { readonly group_id: string | null }[],
  now: number,
): Promise<void> {
  const groups = [...new Set(rows.map((row) => row.group_id))].sort()
  for (const groupId of groups) if (groupId !== null) await refreshGroup(run, queueId, groupId, now)
}

interface QueueRow {
  readonly id: number
  readonly attributes: string
}

/** Removes what has expired; true once nothing is left. Each step is a write of its own, so that others come between. */
export async function sweep(sql: RawSql, now: number, limit: number): Promise<boolean> {
  const deleted = await sql.read<QueueRow>(
    'select id, attributes from sqs_queues where deleted_at is not null',
    [],
  )
  for (const { id } of deleted) if (!(await removeQueue(sql, id, limit))) return false
  if (!(await forgetAttempts(sql, now, limit))) return false
  const queues = await sql.read<QueueRow>(
    'select id, attributes from sqs_queues where deleted_at is null',
    [],
  )
  for (const queue of queues) if (!(await removeExpired(sql, queue, now, limit))) return false
  return true
}

function removeQueue(sql: RawSql, queueId: number, limit: number): Promise<boolean> {
  return sql.write(async (run) => {
    const gone = await run(
      'delete from sqs_messages where id in (select id from sqs_messages where queue_id = ? limit ?) returning id',
      [queueId, limit],
    )
    if (gone.length === limit) return false
    for (const table of ['sqs_groups', 'sqs_deduplications', 'sqs_receive_attempts'])
      await run(`delete from ${table} where queue_id = ?`, [queueId])
    await run('delete from sqs_queues where id = ?', [queueId])
    return true
  })
}

async function forgetAttempts(sql: RawSql, now: number, limit: number): Promise<boolean> {
  for (const table of ['sqs_deduplications', 'sqs_receive_attempts']) {
    const [due] = await sql.read(`select expires_at from ${table} where expires_at <= ? limit 1`, [now])
    if (due === undefined) continue
    const isDone = await sql.write(async (run) => {
      const keys = await run<Record<string, unknown>>(
        `select * from ${table} where expires_at <= ? order by expires_at limit ?`,
        [now, limit],
      )
      await run(`delete from ${table} where expires_at <= ?`, [Number(keys.at(-1)?.expires_at ?? 0)])
      return keys.length < limit
    })
    if (!isDone) return false
  }
  return true
}

async function removeExpired(sql: RawSql, queue: QueueRow, now: number, limit: number): Promise<boolean> {
  const before = now - 1000 * Number(JSON.parse(queue.attributes).MessageRetentionPeriod)
  const [due] = await sql.read('select id from sqs_messages where queue_id = ? and sent_at <= ? limit 1', [
    queue.id,
    before,
  ])
  if (due === undefined) return true
  return sql.write(async (run) => {
    const gone = await run<{ group_id: string | null }>(
      'delete from sqs_messages where id in (select id from sqs_messages where queue_id = ? and sent_at <= ? ' +
        `limit ?${sql.skipLocked}) returning group_id`,
      [queue.id, before, limit],
    )
    await refreshGroups(run, queue.id, gone, now)
    return gone.length < limit
  })
}
