import type { Queue } from '../queue.ts'
import type { Take, Taken } from '../store.ts'
import { rememberAttempt, repeatAttempt } from './attempts.ts'
import { inLockOrder, refreshGroup } from './groups.ts'
import { moveToDeadLetters, removeMessages } from './moves.ts'
import { quietRows } from './quiet.ts'
import { list, type RawSql, type Run } from './raw.ts'
import { MESSAGE_COLUMNS, type MessageRow, toMessage } from './rows.ts'

/** Expired and dead-lettered messages that one take clears away before it leaves the rest to the next. */
const ROUNDS_MAX = 20

interface Taking {
  readonly sql: RawSql
  readonly run: Run
  readonly queue: Queue
  readonly take: Take
  readonly rows: MessageRow[]
  moved: number
}

export function take(sql: RawSql, queue: Queue, asked: Take): Promise<Taken> {
  return sql.write(async (run) => {
    const repeated = await repeatAttempt(run, queue, asked)
    if (repeated !== undefined) return repeated
    const taking: Taking = { sql, run, queue, take: asked, rows: [], moved: 0 }
    if (queue.isFifo) await takeGroups(taking)
    else await takeVisible(taking)
    await rememberAttempt(run, queue, asked, taking.rows)
    const messages = taking.rows.map((row) => toMessage(row, asked.now, 1))
    return { messages, receipt: asked.receipt, moved: taking.moved }
  })
}

async function takeVisible(taking: Taking): Promise<void> {
  const { sql, run, queue, take } = taking
  if (take.noisyGroups?.length) await keepGood(taking, await quietRows(sql, run, queue, take))
  for (let round = 0; round < ROUNDS_MAX && taking.rows.length < take.max; round++) {
    const wanted = take.max - taking.rows.length
    const rows = await run<MessageRow>(
      `select ${MESSAGE_COLUMNS} from sqs_messages where queue_id = ? and visible_at <= ? ` +
        `order by visible_at, id limit ?${sql.skipLocked}`,
      [queue.id, take.now, wanted],
    )
    await keepGood(taking, rows)
    if (rows.length < wanted || take.hideUntil <= take.now) return
  }
}

/** As many of a group as there are, then the next one (AWS SQS Developer Guide, "FIFO queue delivery logic"). */
async function takeGroups(taking: Taking): Promise<void> {
  const { sql, run, queue, take } = taking
  const groups = await run<{ group_id: string }>(
    `select group_id from sqs_groups where queue_id = ? and next_at <= ? order by next_at limit ?${sql.skipLocked}`,
    [queue.id, take.now, take.max],
  )
  for (const { group_id } of groups) {
    if (taking.rows.length >= take.max) return
    await takeGroup(taking, group_id)
    await refreshGroup(run, queue.id, group_id, take.now)
  }
}

async function takeGroup(taking: Taking, groupId: string): Promise<void> {
  const { run, queue, take } = taking
  for (let round = 0; round < ROUNDS_MAX && taking.rows.length < take.max; round++) {
    const before = taking.rows.length
    const wanted = take.max - before
    const rows = await run<MessageRow>(
      `select ${MESSAGE_COLUMNS} from sqs_messages where queue_id = ? and group_id = ? order by id limit ?`,
      [queue.id, groupId, wanted],
    )
    // One that is hidden in the middle of a group holds what comes after it.
    const hidden = rows.findIndex((row) => Number(row.visible_at) > take.now)
    await keepGood(taking, hidden < 0 ? rows : rows.slice(0, hidden))
    if (hidden >= 0 || rows.length < wanted || taking.rows.length > before) return
  }
}

/** Takes those that may be had; removes what has expired; moves what had its chances. */
async function keepGood(taking: Taking, rows: readonly MessageRow[]): Promise<void> {
  if (rows.length === 0) return
  const { run, queue, take } = taking
  const expiredBefore = take.now - queue.retentionMs
  const maxReceives = take.deadLetters?.maxReceiveCount ?? Number.POSITIVE_INFINITY
  const expired = rows.filter((row) => Number(row.sent_at) <= expiredBefore)
  const current = rows.filter((row) => Number(row.sent_at) > expiredBefore)
  const dead = current.filter((row) => Number(row.receive_count) >= maxReceives)
  const good = current.filter((row) => Number(row.receive_count) < maxReceives)

  if (expired.length > 0) await removeMessages(run, expired)
  if (dead.length > 0 && take.deadLetters !== undefined) {
    await moveToDeadLetters(run, queue, take.deadLetters.queue, dead, take.now)
    taking.moved += dead.length
  }
  if (good.length > 0) await hide(run, good, take)
  taking.rows.push(...good)
}

async function hide(run: Run, rows: readonly MessageRow[], { hideUntil, receipt, now }: Take): Promise<void> {
  const ids = rows.map(({ id }) => id)
  await run(
    'update sqs_messages set visible_at = ?, receive_count = receive_count + 1, receipt = ?, last_received_at = ?, ' +
      `first_received_at = coalesce(first_received_at, ?) where id in ${list(ids)}`,
    [hideUntil, receipt, now, now, ...ids],
  )
}

/** For those who change messages by their ids: their groups, held in one order. */
export async function lockGroups(
  run: Run,
  queue: Queue,
  groupIds: Iterable<string | null>,
): Promise<string[]> {
  const groups = inLockOrder(groupIds)
  for (const groupId of groups)
    await run('update sqs_groups set queue_id = queue_id where queue_id = ? and group_id = ?', [
      queue.id,
      groupId,
    ])
  return groups
}
