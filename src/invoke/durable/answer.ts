import type { Outcome } from '../../wire/invocation.ts'
import type { Draft } from './draft.ts'
import { executionEnds } from './ends.ts'
import type { ErrorObject } from './execution.ts'
import { isClosed } from './execution.ts'
import { ATTEMPTS_MAX, FIRST_RETRY_MS } from './limits.ts'

/** What a durable function returns (facts: the SDKs' `DurableExecutionInvocationOutput`). */
interface Answer {
  readonly Status?: unknown
  readonly Result?: string
  readonly Error?: ErrorObject
}

/** How long a step that is ready may be left alone by the function, before it is called again. */
const READY_AGAIN_MS = 1000

/** Takes in what an invocation came to: its end, what it waits for now, or that it is to be repeated. */
export async function invocationEnds(draft: Draft, now: number, outcome: Outcome): Promise<void> {
  const error = outcome.kind === 'success' ? undefined : errorOf(outcome)
  const answer = outcome.kind === 'success' ? readAnswer(outcome.payload) : undefined
  const shown = error ?? answer?.Error
  const { invocation } = draft.progress
  draft.addEvent('InvocationCompleted', now, {
    StartTimestamp: invocation?.startedAt ?? now,
    EndTimestamp: now,
    RequestId: invocation?.requestId ?? '',
    ...(shown && { Error: shown }),
  })
  draft.claim = undefined
  draft.dueAt = undefined
  leaveInvocation(draft)
  if (isClosed(draft.execution)) return
  if (error !== undefined) await failed(draft, now, error)
  else await answered(draft, now, answer)
}

/** Its token is good no more. */
export function leaveInvocation(draft: Draft): void {
  const { invocation: _, ...progress } = draft.progress
  draft.execution = { ...draft.execution, progress: { ...progress, throttles: 0 } }
}

async function failed(draft: Draft, now: number, error: ErrorObject): Promise<void> {
  const failures = draft.progress.failures + 1
  draft.advance({ failures, isWanted: true })
  if (failures >= ATTEMPTS_MAX) await executionEnds(draft, now, { status: 'FAILED', error })
  else draft.wakeAt(now + FIRST_RETRY_MS * 2 ** (failures - 1))
}

async function answered(draft: Draft, now: number, answer: Answer | undefined): Promise<void> {
  draft.advance({ failures: 0, isWanted: false })
  const awaited = await draft.awaited()
  const unseen = await draft.changedAfter(draft.progress.seen)
  const problem = problemOf(answer, awaited.count + unseen.length, draft.execution.resultBytesMax)
  if (problem !== undefined) {
    const error = { ErrorMessage: problem, ErrorType: 'InvalidParameterValueException' }
    await executionEnds(draft, now, { status: 'FAILED', error })
  } else if (answer?.Status === 'SUCCEEDED') {
    await executionEnds(draft, now, { status: 'SUCCEEDED', result: answer.Result })
  } else if (answer?.Status === 'FAILED') {
    await executionEnds(draft, now, { status: 'FAILED', error: answer.Error ?? {} })
  } else {
    suspend(draft, now, { isTold: unseen.length === 0, ...awaited })
  }
}

/** Until something happens; at once, where it has happened while the invocation ended. */
function suspend(
  draft: Draft,
  now: number,
  { isTold, hasReady, dueAt }: { isTold: boolean; hasReady: boolean; dueAt: number | undefined },
): void {
  if (!isTold) draft.wakeAt(now)
  if (hasReady) {
    draft.advance({ isWanted: true })
    draft.wakeAt(now + READY_AGAIN_MS)
  }
  if (dueAt !== undefined) draft.wakeAt(dueAt)
}

/** Why an answer cannot be taken, in AWS's words. */
function problemOf(answer: Answer | undefined, awaited: number, bytesMax: number): string | undefined {
  switch (answer?.Status) {
    case 'SUCCEEDED':
      if (answer.Error !== undefined) return 'Cannot provide an Error for SUCCEEDED status.'
      if (Buffer.byteLength(answer.Result ?? '') <= bytesMax) return undefined
      return `Execution output payload size must be less than or equal to ${bytesMax} bytes.`
    case 'FAILED':
      return answer.Result === undefined ? undefined : 'Cannot provide a Result for FAILED status.'
    case 'PENDING':
      return awaited > 0 ? undefined : 'Cannot return PENDING status with no pending operations.'
    default:
      return 'Invalid Status in invocation output.'
  }
}

function readAnswer(payload: Uint8Array): Answer {
  const { Status, Result, Error: error } = membersOf(parsed(payload))
  return {
    Status,
    ...(typeof Result === 'string' && { Result }),
    ...(typeof error === 'object' && error !== null && { Error: readError(membersOf(error)) }),
  }
}

function readError(value: Record<string, unknown>): ErrorObject {
  const { ErrorMessage, ErrorType, ErrorData, StackTrace } = value
  return {
    ...(typeof ErrorMessage === 'string' && { ErrorMessage }),
    ...(typeof ErrorType === 'string' && { ErrorType }),
    ...(typeof ErrorData === 'string' && { ErrorData }),
    ...(Array.isArray(StackTrace) && { StackTrace: StackTrace.map(String) }),
  }
}

/** The error of a function that failed, or could not be run, as an execution keeps it. */
export function errorOf(outcome: Exclude<Outcome, { kind: 'success' }>): ErrorObject {
  if (outcome.kind === 'platform-error') return { ErrorMessage: outcome.message, ErrorType: outcome.code }
  const { errorMessage, errorType, stackTrace } = membersOf(parsed(outcome.payload))
  return {
    ErrorMessage: typeof errorMessage === 'string' ? errorMessage : Buffer.from(outcome.payload).toString(),
    ErrorType: typeof errorType === 'string' ? errorType : outcome.errorType,
    ...(Array.isArray(stackTrace) && { StackTrace: stackTrace.map(String) }),
  }
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString())
  } catch {
    return undefined
  }
}
