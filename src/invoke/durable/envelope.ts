import { type Execution, executionArn } from './execution.ts'
import type { Operation } from './operation.ts'
import type { OperationPage } from './pages.ts'
import { writeCheckpointToken } from './tokens.ts'

/** What the function receives in place of its event (facts: what the published SDKs read). */
export function writeEnvelope(
  execution: Execution,
  state: OperationPage,
  updated: readonly Operation[],
): Buffer {
  const { id, progress } = execution
  return Buffer.from(
    JSON.stringify({
      DurableExecutionArn: executionArn(execution),
      CheckpointToken: writeCheckpointToken({
        executionId: id,
        invocationId: progress.invocation?.requestId ?? '',
        sequence: progress.invocation?.sequence ?? 0,
      }),
      InitialExecutionState: {
        // In this event times are milliseconds; in the API they are seconds.
        Operations: state.operations.map((operation) => showOperation(operation, (at) => at)),
        NextMarker: writePlace(state.next),
      },
      UpdatedOperationIds: updated.map((operation) => operation.id),
    }),
  )
}

/** An operation in the API's spelling, its times as `time` writes them. */
export function showOperation<Time>(operation: Operation, time: (at: number) => Time) {
  const { parentId, name, subType, endedAt } = operation
  return {
    Id: operation.id,
    ...(parentId !== undefined && { ParentId: parentId }),
    ...(name !== undefined && { Name: name }),
    Type: operation.type,
    ...(subType !== undefined && { SubType: subType }),
    StartTimestamp: time(operation.startedAt),
    ...(endedAt !== undefined && { EndTimestamp: time(endedAt) }),
    Status: operation.status,
    ...showDetails(operation, time),
  }
}

function showDetails<Time>(operation: Operation, time: (at: number) => Time) {
  const { type, attempt, nextAttemptAt, endsAt, callbackId, replayChildren, input } = operation
  const outcome = showOutcome(operation)
  switch (type) {
    case 'EXECUTION':
      return { ExecutionDetails: { ...(input !== undefined && { InputPayload: input }) } }
    case 'CONTEXT':
      return {
        ContextDetails: {
          ...(replayChildren !== undefined && { ReplayChildren: replayChildren }),
          ...outcome,
        },
      }
    case 'STEP': {
      const next = nextAttemptAt !== undefined && { NextAttemptTimestamp: time(nextAttemptAt) }
      return { StepDetails: { ...(attempt !== undefined && { Attempt: attempt }), ...next, ...outcome } }
    }
    case 'WAIT':
      return { WaitDetails: { ...(endsAt !== undefined && { ScheduledEndTimestamp: time(endsAt) }) } }
    case 'CALLBACK':
      return { CallbackDetails: { ...(callbackId !== undefined && { CallbackId: callbackId }), ...outcome } }
    default:
      return { ChainedInvokeDetails: outcome }
  }
}

function showOutcome({ result, error }: Operation) {
  return { ...(result !== undefined && { Result: result }), ...(error && { Error: error }) }
}

/** Empty where there is no more: the SDKs read on while it is not. */
export function writePlace(place: number | undefined): string {
  return place === undefined ? '' : Buffer.from(String(place)).toString('base64')
}

/** `undefined` where the text is no marker of ours. */
export function readPlace(marker: string): number | undefined {
  const text = Buffer.from(marker, 'base64').toString()
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
