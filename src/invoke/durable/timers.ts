import type { Draft } from './draft.ts'
import { isClosed } from './execution.ts'
import type { Operation } from './operation.ts'

/** Does what time alone does: ends waits, makes steps ready, times callbacks out. */
export async function fireTimers(draft: Draft, now: number): Promise<void> {
  if (isClosed(draft.execution)) return
  for (const operation of await draft.due(now)) {
    if (operation.type === 'WAIT') endWait(draft, now, operation)
    else if (operation.type === 'STEP') makeReady(draft, operation)
    else timeOutCallback(draft, now, operation)
  }
}

function endWait(draft: Draft, now: number, operation: Operation): void {
  const { startedAt, endsAt = now } = operation
  draft.put({ ...operation, status: 'SUCCEEDED', endedAt: now })
  draft.addEvent('WaitSucceeded', now, { Duration: Math.round((endsAt - startedAt) / 1000) }, operation)
}

function makeReady(draft: Draft, { nextAttemptAt: _, ...operation }: Operation): void {
  draft.put({ ...operation, status: 'READY' })
}

/** The texts are AWS's (facts: JS SDK's local server). */
function timeOutCallback(draft: Draft, now: number, operation: Operation): void {
  const { timesOutAt = Number.POSITIVE_INFINITY, heartbeatAt = Number.POSITIVE_INFINITY } = operation
  const error =
    heartbeatAt < timesOutAt
      ? { ErrorMessage: 'Callback timed out on heartbeat', ErrorType: 'Callback.Heartbeat' }
      : { ErrorMessage: 'Callback timed out', ErrorType: 'Callback.Timeout' }
  draft.put({ ...operation, status: 'TIMED_OUT', endedAt: now, error })
  draft.addEvent('CallbackTimedOut', now, { Error: error }, operation)
}
