import type { ExpressionBuilder, Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { QueueKey, QueueRecord } from '../queue.ts'
import type { QueueList } from '../store.ts'

export type QueueTables = { sqs_queues: QueueRow }

type QueueRow = {
  id: Generated<number>
  account_id: string
  region: string
  name: string
  created_at: number
  modified_at: number
  purged_at: number | null
  deleted_at: number | null
  attributes: string
  dead_letter_arn: string | null
  tags: string
}

type Read = Kysely<QueueTables>
type Write = Transaction<QueueTables>

/** Sorts after every name that begins as what it is added to does. */
const LAST_CHARACTER = '\u{10ffff}'

export async function insertQueue(
  transaction: Write,
  queue: Omit<QueueRecord, 'id'>,
): Promise<QueueRecord | undefined> {
  const row = await transaction
    .insertInto('sqs_queues')
    .values({
      account_id: queue.accountId,
      region: queue.region,
      name: queue.name,
      ...changingColumns(queue),
      created_at: queue.createdAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'region', 'name']).where('deleted_at', 'is', null).doNothing(),
    )
    .returning('id')
    .executeTakeFirst()
  return row && { ...queue, id: Number(row.id) }
}

export async function findQueue(read: Read, key: QueueKey): Promise<QueueRecord | undefined> {
  const row = await read
    .selectFrom('sqs_queues')
    .selectAll()
    .where(inPlace(key))
    .where('name', '=', key.name)
    .executeTakeFirst()
  return row && toRecord(row)
}

export async function listQueues(read: Read, list: QueueList): Promise<QueueRecord[]> {
  const { prefix, deadLetterArn, after, limit } = list
  let query = read.selectFrom('sqs_queues').selectAll().where(inPlace(list))
  if (prefix !== undefined)
    query = query.where('name', '>=', prefix).where('name', '<', prefix + LAST_CHARACTER)
  if (deadLetterArn !== undefined) query = query.where('dead_letter_arn', '=', deadLetterArn)
  if (after !== undefined) query = query.where('name', '>', after)
  const rows = await query.orderBy('name').limit(limit).execute()
  return rows.map(toRecord)
}

export async function changeQueue(
  transaction: Write,
  queueId: number,
  change: (queue: QueueRecord) => Partial<QueueRecord>,
): Promise<QueueRecord | undefined> {
  const row = await transaction
    .selectFrom('sqs_queues')
    .selectAll()
    .where('id', '=', queueId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const before = toRecord(row)
  const after = { ...before, ...change(before) }
  await transaction.updateTable('sqs_queues').set(changingColumns(after)).where('id', '=', queueId).execute()
  return after
}

export async function deleteQueue(transaction: Write, queueId: number, now: number): Promise<void> {
  await transaction
    .updateTable('sqs_queues')
    .set({ deleted_at: now, dead_letter_arn: null })
    .where('id', '=', queueId)
    .execute()
}

function inPlace({ accountId, region }: Pick<QueueKey, 'accountId' | 'region'>) {
  return (eb: ExpressionBuilder<QueueTables, 'sqs_queues'>) =>
    eb.and([eb('account_id', '=', accountId), eb('region', '=', region), eb('deleted_at', 'is', null)])
}

function changingColumns({ modifiedAt, attributes, tags }: Omit<QueueRecord, 'id'>) {
  const redrive = attributes.RedrivePolicy
  return {
    modified_at: modifiedAt,
    attributes: JSON.stringify(attributes),
    dead_letter_arn: redrive === undefined ? null : String(JSON.parse(redrive).deadLetterTargetArn),
    tags: JSON.stringify(tags),
  }
}

function toRecord(row: Selectable<QueueRow>): QueueRecord {
  return {
    id: Number(row.id),
    accountId: row.account_id,
    region: row.region,
    name: row.name,
    createdAt: Number(row.created_at),
    modifiedAt: Number(row.modified_at),
    attributes: JSON.parse(row.attributes),
    tags: JSON.parse(row.tags),
  }
}
