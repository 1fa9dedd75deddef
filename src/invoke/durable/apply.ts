import type { Random } from '../../base/random.ts'
import type { Draft } from './draft.ts'
import { executionEnds } from './ends.ts'
import { invalidParameter } from './errors.ts'
import type { EventType } from './event.ts'
import { OPERATIONS_MAX, STORED_BYTES_MAX } from './limits.ts'
import type { Operation } from './operation.ts'
import { writeCallbackId } from './tokens.ts'
import { checkBatch, checkSame, checkState, checkUpdate, type OperationUpdate } from './update.ts'

interface Change {
  readonly draft: Draft
  readonly random: Random
  readonly now: number
}

/** All updates of one request, or none: a refusal undoes the transaction (facts: JS SDK's local server). */
export async function applyUpdates(change: Change, updates: readonly OperationUpdate[]): Promise<void> {
  checkBatch(updates)
  for (const update of updates) {
    checkUpdate(update)
    if (update.Type === 'EXECUTION') await endExecution(change, update)
    else await applyUpdate(change, update)
  }
}

/** Whatever id it has: the SDK makes one up for the result that is too large to be returned. */
async function endExecution({ draft, now }: Change, update: OperationUpdate): Promise<void> {
  const { Action, Payload, Error: error } = update
  if (Action === 'FAIL') return executionEnds(draft, now, { status: 'FAILED', error: error ?? {} })
  const max = draft.execution.resultBytesMax
  if (Payload !== undefined && Buffer.byteLength(Payload) > max) throw resultTooLarge(max)
  await executionEnds(draft, now, { status: 'SUCCEEDED', result: Payload })
}

export function resultTooLarge(max: number) {
  return invalidParameter(`Execution output payload size must be less than or equal to ${max} bytes.`)
}

async function applyUpdate(change: Change, update: OperationUpdate): Promise<void> {
  const { draft } = change
  const id = update.Id ?? ''
  const existing = await draft.find(id)
  if (existing !== undefined) checkSame(existing, update)
  if (update.ParentId !== undefined && (await draft.find(update.ParentId))?.type !== 'CONTEXT')
    throw invalidParameter('Invalid parent operation id.')
  checkState(existing, update)
  count(draft, update, existing === undefined)

  const operation = existing ?? newOperation(update, change.now)
  switch (update.Action) {
    case 'START':
      return STARTS[operation.type](change, update, operation)
    case 'RETRY':
      return retry(change, update, operation)
    case 'CANCEL':
      return cancel(change, operation)
    default:
      return end(change, update, operation)
  }
}

/** A repetition counts like an operation (Lambda Developer Guide, "Lambda quotas"). */
function count(draft: Draft, { Action, Payload, Error: error }: OperationUpdate, isNew: boolean): void {
  const operations = draft.progress.operations + (isNew || Action === 'RETRY' ? 1 : 0)
  const size = Buffer.byteLength(Payload ?? '') + (error ? Buffer.byteLength(JSON.stringify(error)) : 0)
  const bytes = draft.progress.bytes + size
  if (operations > OPERATIONS_MAX)
    throw invalidParameter(`A durable execution can have at most ${OPERATIONS_MAX} operations.`)
  if (bytes > STORED_BYTES_MAX)
    throw invalidParameter(`A durable execution can store at most ${STORED_BYTES_MAX} bytes.`)
  draft.advance({ operations, bytes })
}

function newOperation({ Id, ParentId, Name, Type, SubType }: OperationUpdate, now: number): Operation {
  return {
    id: Id as string,
    ...(ParentId !== undefined && { parentId: ParentId }),
    ...(Name !== undefined && { name: Name }),
    type: Type as Operation['type'],
    ...(SubType !== undefined && { subType: SubType }),
    status: 'STARTED',
    startedAt: now,
  }
}

const STARTS: Readonly<
  Record<Operation['type'], (change: Change, update: OperationUpdate, operation: Operation) => void>
> = {
  STEP: startStep,
  WAIT: startWait,
  CALLBACK: startCallback,
  CHAINED_INVOKE: startChained,
  CONTEXT: startContext,
  EXECUTION: () => {},
}

function startStep({ draft, now }: Change, _: OperationUpdate, operation: Operation): void {
  draft.put({ ...operation, status: 'STARTED' })
  draft.addEvent('StepStarted', now, {}, operation)
}

function startContext({ draft, now }: Change, update: OperationUpdate, operation: Operation): void {
  draft.put({ ...operation, ...replayOf(update) })
  draft.addEvent('ContextStarted', now, {}, operation)
}

function startWait({ draft, now }: Change, { WaitOptions }: OperationUpdate, operation: Operation): void {
  const seconds = WaitOptions?.WaitSeconds as number
  const endsAt = now + seconds * 1000
  draft.put({ ...operation, endsAt })
  draft.addEvent('WaitStarted', now, { Duration: seconds, ScheduledEndTimestamp: endsAt }, operation)
}

/** A timeout of 0 seconds is none. */
function startCallback(
  { draft, random, now }: Change,
  { CallbackOptions = {} }: OperationUpdate,
  operation: Operation,
): void {
  const { TimeoutSeconds: timeout, HeartbeatTimeoutSeconds: heartbeat } = CallbackOptions
  const names = { executionId: draft.execution.id, operationId: operation.id }
  const callbackId = writeCallbackId(names, random.uuid())
  draft.put({
    ...operation,
    callbackId,
    ...(timeout && { timesOutAt: now + timeout * 1000 }),
    ...(heartbeat && { heartbeatSeconds: heartbeat, heartbeatAt: now + heartbeat * 1000 }),
  })
  const details = {
    CallbackId: callbackId,
    ...(timeout && { Timeout: timeout }),
    ...(heartbeat && { HeartbeatTimeout: heartbeat }),
  }
  draft.addEvent('CallbackStarted', now, details, operation)
}

/** Its event comes when it is known what the name leads to. */
function startChained({ draft }: Change, update: OperationUpdate, operation: Operation): void {
  const functionName = update.ChainedInvokeOptions?.FunctionName as string
  const input = update.Payload
  draft.put({ ...operation, functionName, ...(input !== undefined && { input }) })
  draft.invokes.push(operation.id)
}

function end({ draft, now }: Change, update: OperationUpdate, operation: Operation): void {
  const succeeded = update.Action === 'SUCCEED'
  const attempt = (operation.attempt ?? 0) + 1
  draft.put({
    ...withOutcome(operation, update),
    status: succeeded ? 'SUCCEEDED' : 'FAILED',
    endedAt: now,
    ...(operation.type === 'STEP' && { attempt }),
    ...replayOf(update),
  })
  const type: EventType = `${operation.type === 'STEP' ? 'Step' : 'Context'}${succeeded ? 'Succeeded' : 'Failed'}`
  const retryDetails = operation.type === 'STEP' && { RetryDetails: { CurrentAttempt: attempt } }
  draft.addEvent(type, now, { ...outcomeOf(update), ...retryDetails }, operation)
}

/** A step that failed, or a condition that does not hold yet: that one has a state, and no error. */
function retry({ draft, now }: Change, update: OperationUpdate, operation: Operation): void {
  const delay = update.StepOptions?.NextAttemptDelaySeconds as number
  const attempt = (operation.attempt ?? 0) + 1
  const nextAttemptAt = now + delay * 1000
  draft.put({ ...withOutcome(operation, update), status: 'PENDING', attempt, nextAttemptAt })
  const type = update.Error === undefined ? 'StepSucceeded' : 'StepFailed'
  const RetryDetails = { CurrentAttempt: attempt, NextAttemptDelaySeconds: delay }
  draft.addEvent(type, now, { ...outcomeOf(update), RetryDetails }, operation)
}

/** Only a wait's end has a place in the history. What was chained runs on, and nobody hears of it. */
function cancel({ draft, now }: Change, operation: Operation): void {
  draft.put({ ...operation, status: 'CANCELLED', endedAt: now })
  if (operation.type === 'WAIT') draft.addEvent('WaitCancelled', now, {}, operation)
}

function withOutcome(operation: Operation, { Payload, Error: error }: OperationUpdate): Operation {
  const { result: _result, error: _error, nextAttemptAt: _next, ...before } = operation
  return { ...before, ...(Payload !== undefined && { result: Payload }), ...(error && { error }) }
}

function outcomeOf({ Action, Payload, Error: error }: OperationUpdate) {
  return Action === 'FAIL' || error !== undefined ? { Error: error ?? {} } : { Result: Payload }
}

function replayOf({ ContextOptions }: OperationUpdate): { replayChildren?: boolean } {
  const replayChildren = ContextOptions?.ReplayChildren
  return replayChildren === undefined ? {} : { replayChildren }
}
