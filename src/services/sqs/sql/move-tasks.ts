import type { Queue } from '../queue.ts'
import type { Move, MoveTask, MoveTaskStatus, MoveTaskStore } from '../store.ts'
import { holdGroup, refreshGroup } from './groups.ts'
import type { RawSql, Run } from './raw.ts'
import { MESSAGE_COLUMNS, type MessageRow } from './rows.ts'

interface TaskRow {
  readonly id: string
  readonly queue_id: number
  readonly source_arn: string
  readonly destination_arn: string | null
  readonly status: MoveTaskStatus
  readonly per_second: number | null
  readonly started_at: number
  readonly last_message: number
  readonly moved: number
  readonly to_move: number
  readonly failure: string | null
}

const RUNNING = `status in ('RUNNING', 'CANCELLING')`

export function moveTaskStore(sql: RawSql): MoveTaskStore {
  return {
    startMoveTask: (queue, task) => sql.write((run) => start(run, queue, task)),
    findMoveTask: async (id) => {
      const [row] = await sql.read<TaskRow>('select * from sqs_move_tasks where id = ?', [id])
      return row && toTask(row)
    },
    listMoveTasks: async (sourceArn, limit) => {
      const rows = await sql.read<TaskRow>(
        'select * from sqs_move_tasks where source_arn = ? order by started_at desc limit ?',
        [sourceArn, limit],
      )
      return rows.map(toTask)
    },
    runningMoveTasks: async () =>
      (await sql.read<TaskRow>(`select * from sqs_move_tasks where ${RUNNING}`, [])).map(toTask),
    changeMoveTask: async (id, from, to, failure) => {
      const changed = await sql.write((run) =>
        run('update sqs_move_tasks set status = ?, failure = ? where id = ? and status = ? returning id', [
          to,
          failure ?? null,
          id,
          from,
        ]),
      )
      return changed.length > 0
    },
    nextToMove: async (task, limit, now) => {
      const rows = await sql.read<{ id: number; dead_letter_source: string | null }>(
        'select id, dead_letter_source from sqs_messages where queue_id = ? and visible_at <= ? and id <= ? order by visible_at, id limit ?',
        [task.queueId, now, task.lastMessage, limit],
      )
      return rows.map((row) => ({
        id: Number(row.id),
        deadLetterSource: row.dead_letter_source ?? undefined,
      }))
    },
    move: (task, source, moves, now) => sql.write((run) => move(run, task, source, moves, now)),
  }
}

async function start(
  run: Run,
  queue: Queue,
  task: Pick<MoveTask, 'id' | 'destinationArn' | 'perSecond' | 'startedAt'>,
): Promise<MoveTask | undefined> {
  const [there] = await run<{ n: number; last: number | null }>(
    'select count(*) as n, max(id) as last from sqs_messages where queue_id = ? and visible_at <= ?',
    [queue.id, task.startedAt],
  )
  const [row] = await run<TaskRow>(
    'insert into sqs_move_tasks (id, queue_id, source_arn, destination_arn, status, per_second, started_at, last_message, moved, to_move) ' +
      `values (?, ?, ?, ?, 'RUNNING', ?, ?, ?, 0, ?) on conflict (source_arn) where ${RUNNING} do nothing returning *`,
    [
      task.id,
      queue.id,
      queue.arn,
      task.destinationArn ?? null,
      task.perSecond ?? null,
      task.startedAt,
      Number(there?.last ?? 0),
      Number(there?.n),
    ],
  )
  return row && toTask(row)
}

/** As new messages, with ids and times of their own (AWS SQS Developer Guide, "Redriving messages"). */
async function move(
  run: Run,
  task: MoveTask,
  source: Queue,
  moves: readonly Move[],
  now: number,
): Promise<number> {
  const counted = await run(
    `update sqs_move_tasks set moved = moved + ? where id = ? and status = 'RUNNING' returning id`,
    [moves.length, task.id],
  )
  if (counted.length === 0) return 0
  let moved = 0
  for (const one of moves) if (await moveOne(run, source, one, now)) moved++
  if (moved < moves.length)
    await run('update sqs_move_tasks set moved = moved - ? where id = ?', [moves.length - moved, task.id])
  return moved
}

async function moveOne(
  run: Run,
  source: Queue,
  { id, messageId, destination }: Move,
  now: number,
): Promise<boolean> {
  const visibleAt = now + destination.delayMs
  const [row] = await run<MessageRow>(
    `select ${MESSAGE_COLUMNS} from sqs_messages where id = ? and queue_id = ? and visible_at <= ?`,
    [id, source.id, now],
  )
  if (row === undefined) return false
  if (destination.isFifo && row.group_id !== null)
    await holdGroup(run, destination.id, row.group_id, visibleAt)
  // A new row, so that it comes after those that are in its group already.
  const gone = await run('delete from sqs_messages where id = ? returning id', [id])
  if (gone.length === 0) return false
  await run(
    'insert into sqs_messages (queue_id, visible_at, sent_at, receive_count, received_before, message_id, group_id, ' +
      'dedup_id, sender_id, trace_header, attributes, body) values (?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?)',
    [
      destination.id,
      visibleAt,
      now,
      messageId,
      row.group_id,
      row.dedup_id,
      row.sender_id,
      row.trace_header,
      row.attributes,
      row.body,
    ],
  )
  if (source.isFifo && row.group_id !== null) await refreshGroup(run, source.id, row.group_id, now)
  return true
}

function toTask(row: TaskRow): MoveTask {
  return {
    id: row.id,
    queueId: Number(row.queue_id),
    sourceArn: row.source_arn,
    destinationArn: row.destination_arn ?? undefined,
    status: row.status,
    perSecond: row.per_second === null ? undefined : Number(row.per_second),
    startedAt: Number(row.started_at),
    lastMessage: Number(row.last_message),
    moved: Number(row.moved),
    toMove: Number(row.to_move),
    failure: row.failure ?? undefined,
  }
}
