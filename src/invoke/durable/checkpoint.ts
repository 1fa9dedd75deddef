import type { Random } from '../../base/random.ts'
import { applyUpdates } from './apply.ts'
import type { Draft } from './draft.ts'
import { invalidToken, tokenOfAnother } from './errors.ts'
import { type Execution, isClosed } from './execution.ts'
import { CLIENT_TOKEN_MS } from './limits.ts'
import type { Operation } from './operation.ts'
import { fireTimers } from './timers.ts'
import { type CheckpointToken, readCheckpointToken, writeCheckpointToken } from './tokens.ts'
import type { OperationUpdate } from './update.ts'

export interface CheckpointRequest {
  readonly token: CheckpointToken
  readonly clientToken: string | undefined
  readonly updates: readonly OperationUpdate[]
}

export interface Checkpointed {
  /** Of the next checkpoint; none where the execution has ended. */
  readonly token: string | undefined
  /** All that the function has not been told yet, what it has just done included. */
  readonly operations: readonly Operation[]
}

/** @throws AwsError InvalidParameterValueException where the token is none, or of another execution. */
export function readTokenOf(executionId: string, text: string): CheckpointToken {
  const token = readCheckpointToken(text)
  if (token === undefined) throw invalidToken()
  if (token.executionId !== executionId) throw tokenOfAnother()
  return token
}

/** Refuses tokens of invocations that are over, and those that were used. */
export function checkToken(execution: Execution, token: CheckpointToken): void {
  const { invocation } = execution.progress
  const isGood = invocation?.requestId === token.invocationId && invocation.sequence === token.sequence
  if (!isGood || isClosed(execution)) throw invalidToken()
}

/**
 * What time did meanwhile comes with the answer, so that a function whose other branches are still at work
 * sees it without being called again.
 */
export async function checkpoint(
  draft: Draft,
  request: CheckpointRequest,
  { now, random }: { readonly now: number; readonly random: Random },
): Promise<Checkpointed> {
  const before = repeated(draft, request, now)
  if (before !== undefined) return answer(draft, before)
  checkToken(draft.execution, request.token)
  await fireTimers(draft, now)
  await applyUpdates({ draft, random, now }, request.updates)

  const { seen, changes, invocation } = draft.progress
  if (invocation === undefined || isClosed(draft.execution)) {
    draft.advance({ seen: changes })
    return { token: undefined, operations: await draft.changedAfter(seen) }
  }
  const { last: _, ...running } = invocation
  const { clientToken } = request
  const last = clientToken !== undefined && { last: { clientToken, at: now, seenBefore: seen } }
  draft.advance({ seen: changes, invocation: { ...running, sequence: running.sequence + 1, ...last } })
  return answer(draft, seen)
}

async function answer(draft: Draft, seenBefore: number): Promise<Checkpointed> {
  const { id, progress } = draft.execution
  const { requestId = '', sequence = 0 } = progress.invocation ?? {}
  return {
    token: writeCheckpointToken({ executionId: id, invocationId: requestId, sequence }),
    operations: await draft.changedAfter(seenBefore),
  }
}

/** From where the answer was, where the same request came before and its answer may have been lost. */
function repeated(draft: Draft, { token, clientToken }: CheckpointRequest, now: number): number | undefined {
  const { invocation } = draft.progress
  const last = invocation?.last
  if (last === undefined || clientToken === undefined || isClosed(draft.execution)) return undefined
  const isSame =
    last.clientToken === clientToken &&
    invocation?.requestId === token.invocationId &&
    invocation.sequence === token.sequence + 1 &&
    now - last.at <= CLIENT_TOKEN_MS
  return isSame ? last.seenBefore : undefined
}
