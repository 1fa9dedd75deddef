import type { NewMessage, ReceivedMessage } from './message.ts'
import type { Queue, QueueKey, QueueRecord } from './queue.ts'

/** What SQS keeps. Whatever a method has done is durable when it resolves. */
export interface SqsStore extends QueueStore, MessageStore, MoveTaskStore {}

export interface QueueStore {
  /** Undefined where there is a queue of that name. */
  createQueue(queue: Omit<QueueRecord, 'id'>): Promise<QueueRecord | undefined>
  findQueue(key: QueueKey): Promise<QueueRecord | undefined>
  /** In the order of their names. */
  listQueues(list: QueueList): Promise<readonly QueueRecord[]>
  /**
   * `change` says what the queue is to become, from what it is; it may throw, and may be asked twice.
   * Undefined where the queue is gone.
   */
  changeQueue(
    queueId: number,
    change: (queue: QueueRecord) => Partial<QueueRecord>,
  ): Promise<QueueRecord | undefined>
  /** Nobody finds it any more; `sweep` removes its messages. */
  deleteQueue(queue: QueueRecord, now: number): Promise<void>
}

export interface QueueList {
  readonly accountId: string
  readonly region: string
  readonly prefix?: string | undefined
  /** Those whose dead-letter queue it is. */
  readonly deadLetterArn?: string | undefined
  readonly after?: string | undefined
  readonly limit: number
}

export interface MessageStore {
  /** In the order given. A duplicate is not kept, and has the ids of the one that it repeats. */
  send(queue: Queue, messages: readonly NewMessage[], now: number): Promise<readonly Sent[]>
  /** Takes messages that are visible and hides them; those that had their chances move to `deadLetters`. */
  take(queue: Queue, take: Take): Promise<Taken>
  /** For messages that are gone already nothing happens. */
  delete(queue: Queue, receipts: readonly ReceiptKey[], now: number): Promise<readonly DeleteOutcome[]>
  changeVisibility(
    queue: Queue,
    changes: readonly VisibilityChange[],
    now: number,
  ): Promise<readonly VisibilityOutcome[]>
  /** Of messages that nobody has received yet. */
  changeDelay(queue: Queue, delayMs: number, now: number): Promise<void>
  counts(queue: Queue, now: number): Promise<MessageCounts>
  /** How many messages somebody has received and not yet deleted. */
  inFlight(queue: Queue, now: number): Promise<number>
  /** The tenants of a standard queue, by how many messages of theirs are in flight. */
  inFlightByGroup(queue: Queue, now: number): Promise<ReadonlyMap<string, number>>
  /** When the next message that is hidden now can be received. */
  nextVisible(queue: Queue, now: number): Promise<number | undefined>
  /** False where the queue was purged after `since` already. */
  beginPurge(queueId: number, now: number, since: number): Promise<false | PurgeMark>
  /** Removes some of what the mark covers; true once nothing of it is left. */
  purge(queue: Queue, mark: PurgeMark, limit: number): Promise<boolean>
  /** Removes some of what has expired, and of what deleted queues left; true once nothing is left to do. */
  sweep(now: number, limit: number): Promise<boolean>
}

export interface Sent {
  readonly messageId: string
  readonly id: number
  readonly isDuplicate: boolean
}

export interface Take {
  readonly now: number
  readonly max: number
  readonly hideUntil: number
  /** Stands in the receipt handles of all that are taken. */
  readonly receipt: string
  /** Where messages go that were received as often as they may be. */
  readonly deadLetters?: { readonly queue: Queue; readonly maxReceiveCount: number } | undefined
  /** FIFO: the same attempt again gets the same messages again, while nothing has happened to them. */
  readonly attempt?: { readonly id: string; readonly expiresAt: number } | undefined
  /** Standard queues: tenants that hold much of the queue, and wait until there is nobody else. */
  readonly noisyGroups?: readonly string[] | undefined
}

export interface Taken {
  readonly messages: readonly ReceivedMessage[]
  /** The take's own, or that of the attempt that it repeats. */
  readonly receipt: string
  /** How many messages were moved to the dead-letter queue. */
  readonly moved: number
}

export interface ReceiptKey {
  readonly id: number
  readonly receipt: string
}

export type DeleteOutcome = 'done' | 'expired'

export interface VisibilityChange extends ReceiptKey {
  readonly visibleAt: number
}

/** `tooLong`: twelve hours after it was received at the latest. */
export type VisibilityOutcome = 'done' | 'gone' | 'tooLong'

export interface MessageCounts {
  readonly visible: number
  readonly inFlight: number
  readonly delayed: number
}

/** Messages up to this id. */
export type PurgeMark = number

export type MoveTaskStatus = 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED'

export interface MoveTask {
  readonly id: string
  readonly queueId: number
  readonly sourceArn: string
  readonly destinationArn: string | undefined
  readonly status: MoveTaskStatus
  readonly perSecond: number | undefined
  readonly startedAt: number
  /** Messages that come later than the task began are left alone. */
  readonly lastMessage: number
  readonly moved: number
  readonly toMove: number
  readonly failure: string | undefined
}

export interface MoveTaskStore {
  /** Undefined where a task of that source runs already. */
  startMoveTask(
    queue: Queue,
    task: Pick<MoveTask, 'id' | 'destinationArn' | 'perSecond' | 'startedAt'>,
  ): Promise<MoveTask | undefined>
  findMoveTask(id: string): Promise<MoveTask | undefined>
  /** The latest first. */
  listMoveTasks(sourceArn: string, limit: number): Promise<readonly MoveTask[]>
  runningMoveTasks(): Promise<readonly MoveTask[]>
  /** Where the task is in status `from`, it goes to `to`; otherwise false. */
  changeMoveTask(id: string, from: MoveTaskStatus, to: MoveTaskStatus, failure?: string): Promise<boolean>
  /** The next messages that the task has to move, by where they came from. */
  nextToMove(
    task: MoveTask,
    limit: number,
    now: number,
  ): Promise<readonly { readonly id: number; readonly deadLetterSource: string | undefined }[]>
  /** Moves them, as new messages, while the task runs; returns how many. */
  move(task: MoveTask, source: Queue, moves: readonly Move[], now: number): Promise<number>
}

export interface Move {
  readonly id: number
  readonly messageId: string
  readonly destination: Queue
}
