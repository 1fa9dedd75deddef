import { DeliveryError } from '../../aws/ports/delivery.ts'
import { hasRoot, newTraceHeader } from '../trace-header.ts'
import { attempt } from './attempt.ts'
import { readDelivery } from './delivery.ts'
import { type AsyncDeps, record } from './deps.ts'
import { newEntryId, type QueueEntry } from './entry.ts'
import { type AsyncEvent, type EventTarget, eventLane, isEvent } from './event.ts'
import type { Decision } from './lane.ts'
import { DurableQueue } from './queue.ts'
import { send } from './send.ts'
import { afterFailedDelivery } from './undelivered.ts'

/** An event, as whoever sends it knows it. */
export interface NewEvent extends EventTarget {
  readonly requestId: string
  /** JSON. */
  readonly payload: Uint8Array
  readonly traceHeader?: string
  readonly tenantId?: string
}

/**
 * Asynchronous invocations: an event is durable before it is acknowledged, and stays until its function has
 * succeeded, or until it is given up and its destinations have it.
 */
export class AsyncInvocations {
  readonly #deps: AsyncDeps
  readonly #queue: DurableQueue

  constructor(deps: AsyncDeps) {
    this.#deps = deps
    const handle = (entry: QueueEntry) => (isEvent(entry) ? attempt(deps, entry) : this.#deliver(entry))
    this.#queue = new DurableQueue({ ...deps, handle })
  }

  start(): void {
    this.#queue.start()
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  /** See `DurableQueue.idle`. */
  idle(): Promise<void> {
    return this.#queue.idle()
  }

  /**
   * Resolves once the event is durable.
   *
   * @throws StoreError where it could not be kept.
   */
  async accept({ payload, traceHeader, ...given }: NewEvent): Promise<void> {
    const now = this.#deps.clock.now()
    const hasTrace = traceHeader !== undefined && hasRoot(traceHeader)
    const event: AsyncEvent = {
      ...given,
      // All attempts belong to one trace.
      traceHeader: hasTrace ? traceHeader : newTraceHeader(this.#deps),
      receivedAt: now,
      runs: 0,
      stalls: 0,
    }
    const id = newEntryId(this.#deps)
    const detail = JSON.stringify(event)
    await this.#queue.add({ id, lane: eventLane(event), dueAt: now, detail, payload })
    record(this.#deps, 'AsyncEventsReceived', event)
  }

  /** The function is gone, and its events with it. What is left to destinations is still delivered. */
  forget(target: EventTarget): Promise<void> {
    return this.#queue.purge(eventLane(target))
  }

  async #deliver(entry: QueueEntry): Promise<Decision> {
    const delivery = readDelivery(entry)
    try {
      await send(this.#deps, delivery, entry.payload)
      return { kind: 'done' }
    } catch (error) {
      if (!(error instanceof DeliveryError)) this.#deps.reportFault(error)
      const next = afterFailedDelivery(delivery, error, this.#deps.clock.now())
      if (next !== undefined) return { kind: 'later', dueAt: next.at, detail: JSON.stringify(next.delivery) }
      const isDeadLetter = delivery.kind === 'dead-letter'
      record(this.#deps, isDeadLetter ? 'DeadLetterErrors' : 'DestinationDeliveryFailures', delivery)
      return { kind: 'done' }
    }
  }
}
