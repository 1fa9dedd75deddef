import type { Transaction } from 'kysely'
import type { Changes } from '../../store/changes.ts'
import type { Database, Tables } from '../../store/database.ts'
import { type QueueKey, queueArn } from './queue.ts'
import * as counts from './sql/counts.ts'
import { changeDelay } from './sql/delay.ts'
import { moveTaskStore } from './sql/move-tasks.ts'
import * as queues from './sql/queues.ts'
import { rawSql } from './sql/raw.ts'
import * as receipts from './sql/receipts.ts'
import { send } from './sql/send.ts'
import * as sweeping from './sql/sweep.ts'
import { take } from './sql/take.ts'
import type { SqsStore } from './store.ts'

/** Told, with its ARN, that a queue has changed or gone. */
export const QUEUE_CHANGES = 'sqs-queue'

/** Queues in SQLite or PostgreSQL. */
export function createSqsStore(database: Database, changes: Pick<Changes, 'publish'>): SqsStore {
  const read = database.kysely.withTables<queues.QueueTables>()
  const write = <Result>(
    work: (
      transaction: Transaction<queues.QueueTables>,
      tell: (key: QueueKey) => Promise<void>,
    ) => Promise<Result>,
  ) =>
    database.write((transaction: Transaction<Tables>) =>
      work(transaction.withTables<queues.QueueTables>(), (key) =>
        changes.publish(QUEUE_CHANGES, queueArn(key), transaction),
      ),
    )
  const sql = rawSql(database)
  return {
    createQueue: (queue) => write((trx) => queues.insertQueue(trx, queue)),
    findQueue: (key) => queues.findQueue(read, key),
    listQueues: (list) => queues.listQueues(read, list),
    changeQueue: (queueId, change) =>
      write(async (trx, tell) => {
        const changed = await queues.changeQueue(trx, queueId, change)
        if (changed !== undefined) await tell(changed)
        return changed
      }),
    deleteQueue: (queue, now) =>
      write(async (trx, tell) => {
        await queues.deleteQueue(trx, queue.id, now)
        await tell(queue)
      }),

    send: (queue, messages, now) => send(sql, queue, messages, now),
    take: (queue, asked) => take(sql, queue, asked),
    delete: (queue, keys, now) => receipts.remove(sql, queue, keys, now),
    changeVisibility: (queue, changes, now) => receipts.changeVisibility(sql, queue, changes, now),
    changeDelay: (queue, delayMs, now) => changeDelay(sql, queue, delayMs, now),
    counts: (queue, now) => counts.counts(sql, queue, now),
    inFlight: (queue, now) => counts.inFlight(sql, queue, now),
    inFlightByGroup: (queue, now) => counts.inFlightByGroup(sql, queue, now),
    nextVisible: (queue, now) => counts.nextVisible(sql, queue, now),
    beginPurge: (queueId, now, since) => sweeping.beginPurge(sql, queueId, now, since),
    purge: (queue, mark, limit) => sweeping.purge(sql, queue, mark, limit),
    sweep: (now, limit) => sweeping.sweep(sql, now, limit),

    ...moveTaskStore(sql),
  }
}
