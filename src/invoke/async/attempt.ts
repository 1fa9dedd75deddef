import { AwsError } from '../../aws/error.ts'
import type { InvokeResult } from '../invoke.ts'
import { isRecursiveInvocation } from '../recursion.ts'
import { afterRefusal, afterRun, type Condition, expiresAt, type Next } from './after-run.ts'
import { deliveriesOf } from './delivery.ts'
import { type AsyncDeps, type FoundFunction, record } from './deps.ts'
import type { QueueEntry } from './entry.ts'
import { type AsyncEvent, type Refusal, readEvent } from './event.ts'
import type { Decision } from './lane.ts'
import { DEFAULT_EVENT_SETTINGS, type EventSettings } from './settings.ts'

/** Runs the function of an event once, if that is still to be done, and says what becomes of the event. */
export async function attempt(deps: AsyncDeps, entry: QueueEntry): Promise<Decision> {
  const event = readEvent(entry)
  let found: FoundFunction | undefined
  try {
    found = await deps.find(event)
  } catch (error) {
    const next = refused(deps, event, error, DEFAULT_EVENT_SETTINGS)
    return next.kind === 'again' ? again(next) : dropped(deps, event)
  }
  if (found === undefined) return dropped(deps, event)
  const { next, traceHeader = event.traceHeader } = await run(deps, event, entry.payload, found)
  if (next.kind === 'again') return again(next)
  const { condition } = next
  if (condition !== 'Success') record(deps, 'AsyncEventsDropped', event)
  const { roleArn } = found.request.fn
  const ended = { event: next.event, payload: entry.payload, condition, traceHeader, roleArn }
  return { kind: 'done', follows: deliveriesOf(ended, found.settings, deps) }
}

/** The function is gone, and its destinations with it. */
function dropped(deps: AsyncDeps, event: AsyncEvent): Decision {
  record(deps, 'AsyncEventsDropped', event)
  return { kind: 'done' }
}

function again({ at, event }: Next & { kind: 'again' }): Decision {
  const throttled = event.refusal?.status === 429
  return { kind: 'later', dueAt: at, detail: JSON.stringify(event), throttled }
}

async function run(
  deps: AsyncDeps,
  event: AsyncEvent,
  payload: Uint8Array,
  found: FoundFunction,
): Promise<{ next: Next; traceHeader?: string }> {
  const now = deps.clock.now()
  const condition = notToBeRun(event, found, now)
  if (condition !== undefined) return { next: { kind: 'over', condition, event } }
  record(deps, 'AsyncEventAge', event, now - event.receivedAt)
  const { requestId, traceHeader, tenantId } = event
  const own = { requestId, payload, traceHeader, ...(tenantId !== undefined && { tenantId }) }
  let result: InvokeResult
  try {
    const limits = { ...found.request.limits, anyRate: true as const }
    result = await deps.invoke({ ...found.request, ...own, limits })
  } catch (error) {
    return { next: refused(deps, event, error, found.settings) }
  }
  return { next: answered(deps, event, result, found), traceHeader: result.traceHeader }
}

function notToBeRun(
  event: AsyncEvent,
  { request, settings }: FoundFunction,
  now: number,
): Condition | undefined {
  if (request.limits.reserved === 0) return 'ZeroReservedConcurrency'
  return now >= expiresAt(event, settings) ? 'EventAgeExceeded' : undefined
}

function answered(
  { clock, random }: AsyncDeps,
  event: AsyncEvent,
  { outcome }: InvokeResult,
  { settings, executedVersion }: FoundFunction,
): Next {
  const now = clock.now()
  if (outcome.kind === 'platform-error') {
    const refusal = { status: 500, message: outcome.message }
    return afterRefusal(event, refusal, settings, { now, random })
  }
  const isError = outcome.kind === 'function-error'
  const payload = Buffer.from(outcome.payload).toString('utf8')
  return afterRun(event, { executedVersion, isError, payload }, settings, now)
}

/** It was not run. A store that failed is a reason like any other to try again. */
function refused(deps: AsyncDeps, event: AsyncEvent, error: unknown, settings: EventSettings): Next {
  const refusal = refusalOf(error)
  if (isRecursiveInvocation(error))
    return { kind: 'over', condition: 'RecursiveInvocation', event: { ...event, refusal } }
  if (!(error instanceof AwsError)) deps.reportFault(error)
  return afterRefusal(event, refusal, settings, { now: deps.clock.now(), random: deps.random })
}

function refusalOf(error: unknown): Refusal {
  if (!(error instanceof AwsError)) return { status: 500, message: 'Internal failure' }
  return { status: error.status ?? 500, message: error.message }
}
