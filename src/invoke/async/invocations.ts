import { AwsError } from '../../aws/error.ts'
import { DeliveryError } from '../../aws/ports/delivery.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { MetricName, RecordMetric } from '../../wire/metric.ts'
import type { Invoke, InvokeRequest, InvokeResult } from '../invoke.ts'
import { isRecursiveInvocation } from '../recursion.ts'
import { hasRoot, newTraceHeader } from '../trace-header.ts'
import { afterRefusal, afterRun, type Condition, expiresAt, type Next } from './after-run.ts'
import { deliveriesOf, readDelivery } from './delivery.ts'
import { newEntryId, type QueueEntry } from './entry.ts'
import { type AsyncEvent, type EventTarget, eventLane, isEvent, readEvent } from './event.ts'
import type { Decision } from './lane.ts'
import { DurableQueue, type QueueSettings } from './queue.ts'
import { send } from './send.ts'
import { DEFAULT_EVENT_SETTINGS, type EventSettings } from './settings.ts'
import type { AsyncQueueStore } from './store.ts'
import { afterFailedDelivery } from './undelivered.ts'

/** What is known of a function when an event for it is at hand. */
export interface FoundFunction {
  /** All that Invoke wants to be told but the event's own. */
  readonly request: Pick<InvokeRequest, 'fn' | 'invokedFunctionArn' | 'limits' | 'recursiveLoop'>
  /** `$LATEST` or a number. */
  readonly executedVersion: string
  readonly settings: EventSettings
}

export interface AsyncDeps {
  readonly store: AsyncQueueStore
  readonly clock: Clock
  readonly random: Random
  readonly switchboard: Switchboard
  readonly invoke: Invoke
  /** As it stands now; undefined where it is gone. Throws an AwsError where it is there and cannot be run. */
  readonly find: (target: EventTarget) => Promise<FoundFunction | undefined>
  readonly recordMetric: RecordMetric
  readonly reportFault: (error: unknown) => void
  readonly settings?: Partial<QueueSettings>
}

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
    this.#queue = new DurableQueue({
      ...deps,
      handle: (entry) => (isEvent(entry) ? this.#attempt(entry) : this.#deliver(entry)),
    })
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
    const event: AsyncEvent = {
      ...given,
      // All attempts belong to one trace.
      traceHeader:
        traceHeader !== undefined && hasRoot(traceHeader) ? traceHeader : newTraceHeader(this.#deps),
      receivedAt: now,
      runs: 0,
      stalls: 0,
    }
    const id = newEntryId(this.#deps)
    const detail = JSON.stringify(event)
    await this.#queue.add({ id, lane: eventLane(event), dueAt: now, detail, payload })
    this.#record('AsyncEventsReceived', event)
  }

  /** The function is gone, and its events with it. What is left to destinations is still delivered. */
  forget(target: EventTarget): Promise<void> {
    return this.#queue.purge(eventLane(target))
  }

  async #attempt(entry: QueueEntry): Promise<Decision> {
    const event = readEvent(entry)
    let found: FoundFunction | undefined
    try {
      found = await this.#deps.find(event)
    } catch (error) {
      return this.#decide(entry, undefined, this.#refused(event, error))
    }
    if (found === undefined) {
      this.#record('AsyncEventsDropped', event)
      return { kind: 'done' }
    }
    const { next, traceHeader } = await this.#run(event, entry.payload, found)
    return this.#decide(entry, found, next, traceHeader)
  }

  async #run(
    event: AsyncEvent,
    payload: Uint8Array,
    found: FoundFunction,
  ): Promise<{ next: Next; traceHeader?: string }> {
    const { clock } = this.#deps
    const condition = notToBeRun(event, found, clock.now())
    if (condition !== undefined) return { next: { kind: 'over', condition, event } }
    this.#record('AsyncEventAge', event, clock.now() - event.receivedAt)
    const { requestId, traceHeader, tenantId } = event
    let result: InvokeResult
    try {
      result = await this.#deps.invoke({
        ...found.request,
        requestId,
        payload,
        traceHeader,
        ...(tenantId !== undefined && { tenantId }),
      })
    } catch (error) {
      return { next: this.#refused(event, error, found.settings) }
    }
    return { next: this.#answered(event, result, found), traceHeader: result.traceHeader }
  }

  #answered(event: AsyncEvent, { outcome }: InvokeResult, found: FoundFunction): Next {
    const now = this.#deps.clock.now()
    if (outcome.kind === 'platform-error') {
      const refusal = { status: 500, message: outcome.message }
      return afterRefusal(event, refusal, found.settings, { now, random: this.#deps.random })
    }
    const response = {
      executedVersion: found.executedVersion,
      isError: outcome.kind === 'function-error',
      payload: Buffer.from(outcome.payload).toString('utf8'),
    }
    return afterRun(event, response, found.settings, now)
  }

  /** What no environment was found for. A store that failed is a reason like any other to try again. */
  #refused(event: AsyncEvent, error: unknown, settings: EventSettings = DEFAULT_EVENT_SETTINGS): Next {
    if (isRecursiveInvocation(error)) {
      const { message } = error as AwsError
      return {
        kind: 'over',
        condition: 'RecursiveInvocation',
        event: { ...event, refusal: { status: 400, message } },
      }
    }
    if (!(error instanceof AwsError)) this.#deps.reportFault(error)
    const refusal =
      error instanceof AwsError
        ? { status: error.status ?? 500, message: error.message }
        : { status: 500, message: 'Internal failure' }
    const { clock, random } = this.#deps
    return afterRefusal(event, refusal, settings, { now: clock.now(), random })
  }

  #decide(entry: QueueEntry, found: FoundFunction | undefined, next: Next, traceHeader?: string): Decision {
    const { event } = next
    if (next.kind === 'again') {
      const throttled = event.refusal?.status === 429
      return { kind: 'later', dueAt: next.at, detail: JSON.stringify(event), throttled }
    }
    if (next.condition !== 'Success') this.#record('AsyncEventsDropped', event)
    if (found === undefined) return { kind: 'done' }
    const ended = {
      event,
      payload: entry.payload,
      condition: next.condition,
      traceHeader: traceHeader ?? event.traceHeader,
      roleArn: found.request.fn.roleArn,
    }
    return { kind: 'done', follows: deliveriesOf(ended, found.settings, this.#deps) }
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
      this.#record(isDeadLetter ? 'DeadLetterErrors' : 'DestinationDeliveryFailures', delivery)
      return { kind: 'done' }
    }
  }

  #record(name: MetricName, target: EventTarget, value = 1): void {
    const { accountId, region, functionName, qualifier } = target
    this.#deps.recordMetric({
      name,
      accountId,
      region,
      functionName,
      ...(qualifier !== undefined && { qualifier }),
      value,
      at: this.#deps.clock.now(),
    })
  }
}

function notToBeRun(
  event: AsyncEvent,
  { request, settings }: FoundFunction,
  now: number,
): Condition | undefined {
  if (request.limits.reserved === 0) return 'ZeroReservedConcurrency'
  return now >= expiresAt(event, settings) ? 'EventAgeExceeded' : undefined
}
