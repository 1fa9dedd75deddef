import { DeliveryError } from '../../../aws/ports/delivery.ts'
import type { ReceivedQueueMessage, SqsPort } from '../../../aws/ports/sqs.ts'
import type { Clock } from '../../../base/clock.ts'
import type { MappedFunctions, Mapping } from '../mapping.ts'
import type { EventSource } from '../source.ts'
import { filteredOf, recordOf } from './record.ts'

/** SQS gives ten messages at most at once, and waits 20 seconds at most. */
const RECEIVE_MAX = 10
const WAIT_MS = 20_000
/** What is read ahead of a batch is bounded by what one invocation takes. */
const BATCH_BYTES_MAX = 6 * 1024 * 1024
/** Added to window and timeout where the queue hides messages for less (Developer Guide, "Using Lambda with Amazon SQS"). */
const MARGIN_MS = 30_000
const DELETE_TRIES = 5
/** How often a queue that is gone is looked for. */
const MISSING_MS = 10_000

/** A message, and until when it is hidden from everybody else. */
interface QueueEvent {
  readonly message: ReceivedQueueMessage
  readonly hiddenUntil: number
}

export interface QueueSourceDeps {
  readonly sqs: SqsPort
  readonly functions: Pick<MappedFunctions, 'describe'>
  readonly clock: Clock
}

/** A queue as a mapping reads it. */
export class QueueSource implements EventSource<QueueEvent> {
  readonly #deps: QueueSourceDeps
  readonly #mapping: Mapping

  constructor(deps: QueueSourceDeps, mapping: Mapping) {
    this.#deps = deps
    this.#mapping = mapping
  }

  /** Until the batch is full, the window is over since its first message, or nothing more fits into an event. */
  async read(signal: AbortSignal): Promise<readonly QueueEvent[]> {
    const { batchSize, windowMs } = this.#mapping
    const hiddenMs = await this.#hiddenMs()
    const events = await this.#receive(Math.min(batchSize, RECEIVE_MAX), WAIT_MS, hiddenMs, signal)
    if (events.length === 0) return events
    const until = this.#deps.clock.now() + windowMs
    let bytes = bytesOf(events)
    while (events.length < batchSize && bytes < BATCH_BYTES_MAX && !signal.aborted) {
      const left = until - this.#deps.clock.now()
      if (left <= 0) break
      const max = Math.min(batchSize - events.length, RECEIVE_MAX)
      const more = await this.#receive(max, Math.min(left, WAIT_MS), hiddenMs, signal)
      bytes += bytesOf(more)
      events.push(...more)
    }
    return events
  }

  async #receive(max: number, waitMs: number, hiddenMs: number, signal: AbortSignal): Promise<QueueEvent[]> {
    const { sqs, clock } = this.#deps
    const options = { max, waitMs, visibilityTimeoutSeconds: Math.ceil(hiddenMs / 1000), signal }
    const messages = await sqs.receive(this.#mapping.sourceArn, options).catch(async (error) => {
      if (!isNotThere(error)) throw error
      // A mapping outlives its queue, and goes on with one that comes in its place.
      await clock.sleep(MISSING_MS, signal).catch(() => {})
      return []
    })
    const hiddenUntil = clock.now() + hiddenMs
    return messages.map((message) => ({ message, hiddenUntil }))
  }

  /** The queue's own time, or as long as a batch may take. */
  async #hiddenMs(): Promise<number> {
    const { sqs, functions } = this.#deps
    const queue = await sqs.describe(this.#mapping.sourceArn)
    const fn = await functions.describe(this.#mapping.functionArn)
    const ofQueue = 1000 * (queue?.visibilityTimeoutSeconds ?? 0)
    const ofBatch = this.#mapping.windowMs + (fn?.timeoutMs ?? 0)
    return ofBatch > ofQueue ? ofBatch + MARGIN_MS : ofQueue
  }

  record({ message }: QueueEvent): object {
    return recordOf(message, this.#mapping.sourceArn)
  }

  filtered({ message }: QueueEvent): unknown {
    return filteredOf(message, this.#mapping.sourceArn)
  }

  id({ message }: QueueEvent): string {
    return message.messageId
  }

  traceHeader({ message }: QueueEvent): string | undefined {
    return message.systemAttributes.AWSTraceHeader
  }

  /** Half of the time in which nobody else can have them: the other half is the function's. */
  retryUntil(events: readonly QueueEvent[]): number {
    const now = this.#deps.clock.now()
    const hiddenUntil = Math.min(...events.map((event) => event.hiddenUntil))
    return now + (hiddenUntil - now) / 2
  }

  /** What failed is left alone: it comes again when its visibility timeout is over, until the queue's redrive policy takes it. */
  async settle(handled: readonly QueueEvent[]): Promise<void> {
    for (let from = 0; from < handled.length; from += RECEIVE_MAX) {
      const handles = handled.slice(from, from + RECEIVE_MAX).map(({ message }) => message.receiptHandle)
      await this.#delete(handles)
    }
  }

  /** A message that could not be deleted would be handled twice: it is worth some tries. */
  async #delete(handles: readonly string[]): Promise<void> {
    const { sqs, clock } = this.#deps
    for (let tries = 1; ; tries++) {
      try {
        return await sqs.delete(this.#mapping.sourceArn, handles)
      } catch (error) {
        // With the queue its messages are gone as well.
        if (isNotThere(error)) return
        const isTransient = error instanceof DeliveryError && error.isTransient
        if (!isTransient || tries >= DELETE_TRIES) throw error
        await clock.sleep(100 * 2 ** tries)
      }
    }
  }
}

function isNotThere(error: unknown): boolean {
  return error instanceof DeliveryError && error.fault === 'NotFound'
}

function bytesOf(events: readonly QueueEvent[]): number {
  return events.reduce((sum, { message }) => sum + Buffer.byteLength(message.body), 0)
}
