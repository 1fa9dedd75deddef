import { AwsError } from '../../aws/error.ts'
import type { Outcome } from '../../wire/invocation.ts'
import { invocationEnds, leaveInvocation } from './answer.ts'
import type { Runner, Target } from './deps.ts'
import type { Draft } from './draft.ts'
import { executionEnds } from './ends.ts'
import { writeEnvelope } from './envelope.ts'
import { type Execution, isClosed } from './execution.ts'
import type { Operation } from './operation.ts'
import { readState } from './pages.ts'
import { fireTimers } from './timers.ts'
import { isTransient, waitAfter } from './transient.ts'

/** Looks at an execution that is due, and calls its function where there is something to tell it. */
export async function runExecution(runner: Runner, id: string, claim: string): Promise<void> {
  const begun = await runner.change(id, (draft) => begin(runner, draft, claim))
  if (begun?.result === undefined) return
  const { execution, updated } = begun.result

  const came = await call(runner, execution, updated)
  await runner.change(id, async (draft) => {
    // Whoever took it meanwhile, because this node was away for too long, goes on with it.
    if (draft.claim === claim) await end(draft, runner.clock.now(), came)
  })
}

interface Begun {
  readonly execution: Execution
  readonly updated: readonly Operation[]
}

async function begin({ clock, random }: Runner, draft: Draft, claim: string): Promise<Begun | undefined> {
  if (draft.claim !== claim) return undefined
  const now = clock.now()
  if (isClosed(draft.execution)) return leave(draft, undefined)
  await fireTimers(draft, now)

  const { seen, changes, isWanted, invocation } = draft.progress
  const updated = await draft.changedAfter(seen)
  if (!isWanted && invocation === undefined && updated.length === 0)
    return leave(draft, (await draft.awaited()).dueAt)
  draft.advance({
    seen: changes,
    isWanted: true,
    invocation: { requestId: random.uuid(), startedAt: now, sequence: 0 },
  })
  return { execution: draft.execution, updated }
}

function leave(draft: Draft, dueAt: number | undefined): undefined {
  leaveInvocation(draft)
  draft.claim = undefined
  draft.dueAt = dueAt
}

/** What a call came to; an error is one of the API: it says that the function was not called. */
type Came = Outcome | AwsError

async function call(runner: Runner, execution: Execution, updated: readonly Operation[]): Promise<Came> {
  const { functionName, version, progress, clientContext, traceHeader } = execution
  try {
    const target: Target = await runner.resolve(execution, functionName, version)
    const state = await readState(runner.store, execution.id, {})
    const { outcome } = await runner.invoke({
      fn: target.fn,
      requestId: progress.invocation?.requestId ?? '',
      invokedFunctionArn: target.invokedFunctionArn,
      payload: writeEnvelope(execution, state, updated),
      limits: target.limits,
      ...(target.recursiveLoop && { recursiveLoop: target.recursiveLoop }),
      ...(clientContext !== undefined && { clientContext }),
      ...(traceHeader !== undefined && { traceHeader }),
    })
    return outcome
  } catch (error) {
    if (error instanceof AwsError) return error
    throw error
  }
}

async function end(draft: Draft, now: number, came: Came): Promise<void> {
  if (!(came instanceof AwsError)) return invocationEnds(draft, now, came)
  const { throttles } = draft.progress
  leave(draft, undefined)
  if (isClosed(draft.execution)) return
  // A function that is gone does not come back, nor does a loop end; concurrency is free again some time.
  if (!isTransient(came)) {
    const error = { ErrorMessage: came.message, ErrorType: came.code }
    return executionEnds(draft, now, { status: 'FAILED', error })
  }
  draft.advance({ throttles: throttles + 1 })
  draft.wakeAt(now + waitAfter(throttles))
}
