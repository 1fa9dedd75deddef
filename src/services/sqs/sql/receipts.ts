import type { Queue } from '../queue.ts'
import type { DeleteOutcome, ReceiptKey, VisibilityChange, VisibilityOutcome } from '../store.ts'
import { refreshGroup } from './groups.ts'
import { list, type RawSql, type Run } from './raw.ts'
import { lockGroups } from './take.ts'

/** AWS SQS Developer Guide, "Visibility timeout": twelve hours from when the message was received. */
const HIDDEN_MS_MAX = 43_200_000

interface HeldRow {
  readonly id: number
  readonly visible_at: number
  readonly receipt: string | null
  readonly group_id: string | null
  readonly last_received_at: number | null
}

async function heldRows(run: Run, queue: Queue, keys: readonly ReceiptKey[]): Promise<Map<number, HeldRow>> {
  const ids = keys.map(({ id }) => id)
  const rows = await run<HeldRow>(
    `select id, visible_at, receipt, group_id, last_received_at from sqs_messages where id in ${list(ids)} and queue_id = ?`,
    [...ids, queue.id],
  )
  return new Map(rows.map((row) => [Number(row.id), row]))
}

export function remove(
  sql: RawSql,
  queue: Queue,
  receipts: readonly ReceiptKey[],
  now: number,
): Promise<readonly DeleteOutcome[]> {
  if (receipts.length === 0) return Promise.resolve([])
  return sql.write(async (run) => {
    if (queue.isFifo) return removeFromFifo(run, queue, receipts, now)
    // An older receipt handle deletes as well: somebody has handled the message.
    const ids = receipts.map(({ id }) => id)
    await run(`delete from sqs_messages where id in ${list(ids)} and queue_id = ?`, [...ids, queue.id])
    return receipts.map(() => 'done')
  })
}

async function removeFromFifo(
  run: Run,
  queue: Queue,
  receipts: readonly ReceiptKey[],
  now: number,
): Promise<readonly DeleteOutcome[]> {
  const found = await heldRows(run, queue, receipts)
  const groups = await lockGroups(
    run,
    queue,
    [...found.values()].map((row) => row.group_id),
  )
  // Once they are held, what the rows say stays true.
  const held = await heldRows(run, queue, receipts)
  const outcomes: DeleteOutcome[] = []
  for (const { id, receipt } of receipts) {
    const row = held.get(id)
    const isHeld = row !== undefined && row.receipt === receipt && Number(row.visible_at) > now
    if (isHeld) await run('delete from sqs_messages where id = ?', [id])
    outcomes.push(row === undefined || isHeld ? 'done' : 'expired')
  }
  for (const groupId of groups) await refreshGroup(run, queue.id, groupId, now)
  return outcomes
}

export function changeVisibility(
  sql: RawSql,
  queue: Queue,
  changes: readonly VisibilityChange[],
  now: number,
): Promise<readonly VisibilityOutcome[]> {
  if (changes.length === 0) return Promise.resolve([])
  return sql.write(async (run) => {
    const found = await heldRows(run, queue, changes)
    const groups = queue.isFifo
      ? await lockGroups(
          run,
          queue,
          [...found.values()].map((row) => row.group_id),
        )
      : []
    const outcomes: VisibilityOutcome[] = []
    for (const change of changes)
      outcomes.push(await changeOne(run, queue, found.get(change.id), change, now))
    for (const groupId of groups) await refreshGroup(run, queue.id, groupId, now)
    return outcomes
  })
}

/** A receipt that has expired changes nothing, and AWS says nothing of it (recorded in November 2023). */
async function changeOne(
  run: Run,
  queue: Queue,
  row: HeldRow | undefined,
  { id, receipt, visibleAt }: VisibilityChange,
  now: number,
): Promise<VisibilityOutcome> {
  if (row === undefined) return 'gone'
  if (visibleAt > Number(row.last_received_at ?? now) + HIDDEN_MS_MAX) return 'tooLong'
  await run(
    'update sqs_messages set visible_at = ? where id = ? and queue_id = ? and receipt = ? and visible_at > ?',
    [visibleAt, id, queue.id, receipt, now],
  )
  return 'done'
}
