import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Arrivals, Waiter } from './arrivals.ts'
import type { QueueDirectory } from './directory.ts'
import { overLimit, receiptHandleExpired } from './errors.ts'
import type { InFlight } from './in-flight.ts'
import type { NewMessage, ReceivedMessage } from './message.ts'
import type { NoisyTenants } from './noisy-tenants.ts'
import type { Queue } from './queue.ts'
import { formatReceiptHandle, type Receipt, readReceiptHandle } from './receipt-handle.ts'
import type { MessageStore, Sent, Take, VisibilityOutcome } from './store.ts'

/** API reference, "ReceiveMessage": how long a ReceiveRequestAttemptId counts. */
const ATTEMPT_MS = 5 * 60_000
/** Where other nodes write as well, how long their messages may go unseen should their notice be lost. */
const LOOK_AGAIN_MS = 1000

export interface MailboxDeps {
  readonly store: MessageStore
  readonly directory: QueueDirectory
  readonly arrivals: Arrivals
  readonly inFlight: InFlight
  readonly noisyTenants: NoisyTenants
  readonly clock: Clock
  readonly random: Random
  /** Tells other nodes that there may be messages. */
  readonly announce: (queueId: number) => void
  readonly hasOtherNodes: boolean
}

export interface Receive {
  readonly max: number
  readonly waitMs: number
  readonly hiddenMs: number
  readonly attemptId?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Received {
  readonly message: ReceivedMessage
  readonly receiptHandle: string
}

export interface HandleChange {
  readonly receiptHandle: string
  readonly hiddenMs: number
}

/** Messages into a queue and out of it: what the operations and other services have in common. */
export class Mailbox {
  readonly #deps: MailboxDeps

  constructor(deps: MailboxDeps) {
    this.#deps = deps
  }

  async send(queue: Queue, messages: readonly NewMessage[]): Promise<readonly Sent[]> {
    const now = this.#deps.clock.now()
    const sent = await this.#deps.store.send(queue, messages, now)
    this.arrived(queue, messages.filter(({ visibleAt }) => visibleAt <= now).length)
    for (const { visibleAt } of messages) if (visibleAt > now) this.#deps.arrivals.wakeAt(queue.id, visibleAt)
    return sent
  }

  /** There are so many messages more to be had: wakes who waits, here and on other nodes. */
  arrived(queue: Queue, messages: number): void {
    if (messages === 0) return
    this.#deps.arrivals.wake(queue.id, messages)
    this.#deps.announce(queue.id)
  }

  /**
   * Up to `max` messages; waits for the first of them.
   *
   * @throws AwsError OverLimit where a standard queue has as many messages in flight as it may, and nobody waits
   */
  async receive(queue: Queue, receive: Receive): Promise<readonly Received[]> {
    if (receive.waitMs <= 0) return this.#take(queue, receive)
    const waiter = this.#deps.arrivals.enter(queue.id)
    try {
      return await this.#receiveAs(waiter, queue, receive)
    } finally {
      waiter.leave()
    }
  }

  async #receiveAs(waiter: Waiter, queue: Queue, receive: Receive): Promise<readonly Received[]> {
    const { clock } = this.#deps
    const until = clock.now() + receive.waitMs
    for (;;) {
      if (receive.signal?.aborted) return []
      const received = await this.#take(queue, receive)
      const now = clock.now()
      if (received.length > 0)
        this.#leaveToOthers(queue, received.length === receive.max, now + receive.hiddenMs)
      if (received.length > 0 || now >= until) return received
      await this.#watch(queue)
      await waiter.wait(until - now, receive.signal)
    }
  }

  async #take(queue: Queue, { max, hiddenMs, attemptId, waitMs }: Receive): Promise<readonly Received[]> {
    const { store, clock, random, inFlight, noisyTenants } = this.#deps
    const now = clock.now()
    const room = await inFlight.room(queue, max, now)
    if (room === 0) {
      // AWS SQS Developer Guide, "Message quotas": long polls and FIFO queues just get nothing.
      if (queue.isFifo || waitMs > 0) return []
      throw overLimit(inFlight.max)
    }
    const deadLetters = await this.#deadLettersOf(queue)
    const take: Take = {
      now,
      max: room,
      hideUntil: now + hiddenMs,
      receipt: random.hex(8),
      deadLetters,
      attempt: attemptId === undefined ? undefined : { id: attemptId, expiresAt: now + ATTEMPT_MS },
      noisyGroups: await noisyTenants.of(queue, now),
    }
    const { messages, receipt, moved } = await store.take(queue, take)
    if (moved > 0 && deadLetters !== undefined) this.arrived(deadLetters.queue, moved)
    inFlight.handedOut(queue, messages.length)
    if (messages.some(({ groupId }) => groupId !== undefined)) noisyTenants.hasTenants(queue)
    return messages.map((message) => ({
      message,
      receiptHandle: formatReceiptHandle({ queueId: queue.id, id: message.id, receipt }),
    }))
  }

  /** Where the dead-letter queue is not there any more, messages stay and are received again. */
  async #deadLettersOf({ redrive }: Queue): Promise<Take['deadLetters']> {
    if (redrive === undefined) return undefined
    const target = await this.#deps.directory.findByArn(redrive.deadLetterTargetArn)
    return target && { queue: target, maxReceiveCount: redrive.maxReceiveCount }
  }

  /** Others wait: for what was left, and for these messages should they come back. */
  #leaveToOthers(queue: Queue, mayBeMore: boolean, hiddenUntil: number): void {
    const { arrivals } = this.#deps
    if (!arrivals.hasWaiters(queue.id)) return
    arrivals.wakeAt(queue.id, hiddenUntil)
    if (mayBeMore) arrivals.wake(queue.id, 1)
    else void this.#watch(queue).catch(() => arrivals.wake(queue.id, 1))
  }

  /** Sets the timer for the next message that becomes visible by itself. */
  async #watch(queue: Queue): Promise<void> {
    const { store, clock, arrivals, hasOtherNodes } = this.#deps
    const now = clock.now()
    const next = await store.nextVisible(queue, now)
    if (next !== undefined) arrivals.wakeAt(queue.id, next)
    if (hasOtherNodes) arrivals.wakeAt(queue.id, now + LOOK_AGAIN_MS)
  }

  /** @returns for each handle an error, or undefined where the message is gone from the queue */
  async delete(queue: Queue, handles: readonly string[]): Promise<readonly (Error | undefined)[]> {
    const { store, clock } = this.#deps
    const outcomes = await this.#withReceipts(queue, handles, (receipts) =>
      store.delete(queue, receipts, clock.now()),
    )
    // The next messages of a group can be had once those before them are gone.
    if (queue.isFifo) this.arrived(queue, handles.length)
    return outcomes.map((outcome, index) =>
      outcome === 'expired' ? receiptHandleExpired(handles[index] ?? '') : asError(outcome),
    )
  }

  async changeVisibility(
    queue: Queue,
    changes: readonly HandleChange[],
  ): Promise<readonly (Error | VisibilityOutcome)[]> {
    const { store, clock, arrivals } = this.#deps
    const now = clock.now()
    const handles = changes.map(({ receiptHandle }) => receiptHandle)
    const outcomes = await this.#withReceipts(queue, handles, (receipts, indexes) =>
      store.changeVisibility(
        queue,
        receipts.map((receipt, at) => ({
          ...receipt,
          visibleAt: now + (changes[indexes[at] ?? 0]?.hiddenMs ?? 0),
        })),
        now,
      ),
    )
    this.arrived(queue, changes.filter(({ hiddenMs }) => hiddenMs === 0).length)
    for (const { hiddenMs } of changes) arrivals.wakeAt(queue.id, now + hiddenMs)
    return outcomes
  }

  /** Reads the handles; those that are none have their errors in the places of their outcomes. */
  async #withReceipts<Outcome>(
    queue: Queue,
    handles: readonly string[],
    run: (
      receipts: readonly { id: number; receipt: string }[],
      indexes: readonly number[],
    ) => Promise<readonly Outcome[]>,
  ): Promise<(Error | Outcome)[]> {
    const read = handles.map((handle) => readOrError(handle, queue.id))
    const indexes = read.flatMap((one, index) => (one instanceof Error ? [] : [index]))
    const receipts = read.filter((one): one is Receipt => !(one instanceof Error))
    const outcomes = receipts.length === 0 ? [] : await run(receipts, indexes)
    return read.map((one, index) =>
      one instanceof Error ? one : (outcomes[indexes.indexOf(index)] as Outcome),
    )
  }
}

function readOrError(handle: string, queueId: number) {
  try {
    return readReceiptHandle(handle, queueId)
  } catch (error) {
    return error as Error
  }
}

function asError(outcome: unknown): Error | undefined {
  return outcome instanceof Error ? outcome : undefined
}
