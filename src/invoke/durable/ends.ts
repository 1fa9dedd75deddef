import type { Draft } from './draft.ts'
import type { ErrorObject, Execution, ExecutionStatus } from './execution.ts'
import { isClosed } from './execution.ts'
import type { Operation } from './operation.ts'

export interface End {
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>
  readonly result?: string | undefined
  readonly error?: ErrorObject
}

const DAY_MS = 86_400_000
const ENDED = { SUCCEEDED: 'Succeeded', FAILED: 'Failed', TIMED_OUT: 'TimedOut', STOPPED: 'Stopped' } as const

/** Nothing happens to an execution that has ended. Who waits for it in another execution hears of it with it. */
export async function executionEnds(draft: Draft, now: number, end: End): Promise<void> {
  if (isClosed(draft.execution)) return
  const { id, retentionDays, parent } = draft.execution
  const root = await draft.find(id)
  if (root !== undefined) draft.put(ended(root, now, end))
  draft.addEvent(`Execution${ENDED[end.status]}`, now, detailsOf(end), undefined)
  draft.execution = { ...draft.execution, status: end.status, endedAt: now }
  draft.expiresAt = now + retentionDays * DAY_MS
  if (draft.claim === undefined) draft.dueAt = undefined
  if (parent === undefined) return

  const waiting = await draft.other(parent.executionId)
  if (waiting !== undefined)
    await chainedEnds(waiting, now, parent.operationId, asChained(draft.execution, end))
}

/** What was chained has ended. Nothing happens where it was cancelled, or nobody waits any more. */
export async function chainedEnds(draft: Draft, now: number, operationId: string, end: End): Promise<void> {
  const operation = await draft.find(operationId)
  if (operation?.status !== 'STARTED' || isClosed(draft.execution)) return
  draft.put(ended(operation, now, end))
  draft.addEvent(`ChainedInvoke${ENDED[end.status]}`, now, detailsOf(end), operation)
  draft.wakeAt(now)
}

/** Whoever was given the callback's id reports. False where it has ended already. */
export async function callbackEnds(draft: Draft, now: number, id: string, end: End): Promise<boolean> {
  const operation = await openCallback(draft, id)
  if (operation === undefined) return false
  draft.put(ended(operation, now, end))
  draft.addEvent(
    end.status === 'SUCCEEDED' ? 'CallbackSucceeded' : 'CallbackFailed',
    now,
    detailsOf(end),
    operation,
  )
  draft.wakeAt(now)
  return true
}

/** Puts off the moment at which the heartbeat is missed. False where the callback has ended already. */
export async function callbackBeats(draft: Draft, now: number, id: string): Promise<boolean> {
  const operation = await openCallback(draft, id)
  if (operation === undefined) return false
  const { heartbeatSeconds } = operation
  if (heartbeatSeconds !== undefined)
    draft.putQuietly({ ...operation, heartbeatAt: now + heartbeatSeconds * 1000 })
  return true
}

async function openCallback(draft: Draft, id: string): Promise<Operation | undefined> {
  const operation = await draft.find(id)
  const isOpen = operation?.type === 'CALLBACK' && operation.status === 'STARTED'
  return isOpen && !isClosed(draft.execution) ? operation : undefined
}

function ended(operation: Operation, now: number, { status, result, error }: End): Operation {
  return {
    ...operation,
    status,
    endedAt: now,
    ...(result !== undefined && { result }),
    ...(error && { error }),
  }
}

function detailsOf({ status, result, error }: End) {
  return status === 'SUCCEEDED' ? { Result: result } : { Error: error ?? {} }
}

/** A timeout is told as one of the operation. */
function asChained({ timeoutSeconds }: Execution, end: End): End {
  if (end.status !== 'TIMED_OUT') return end
  const ErrorMessage = `CHAINED_INVOKE timed out after ${timeoutSeconds} seconds.`
  return { status: 'TIMED_OUT', error: { ErrorMessage, ErrorType: 'ChainedInvoke.Timeout' } }
}
