import type { Operation } from '../../../../aws/operation.ts'
import type { LambdaInput, LambdaOutput } from '../../types.ts'
import type { DurableOperationDeps } from '../deps.ts'
import { showOperations } from '../show.ts'

/** What a function has done, and what it is going to wait for. Without updates it only asks what is new. */
export const checkpointDurableExecution: Operation<
  DurableOperationDeps,
  LambdaInput<'CheckpointDurableExecution'>,
  LambdaOutput<'CheckpointDurableExecution'>
> = async ({ executions }, input, call) => {
  const running = await executions()
  const { token, operations } = await running.checkpoint(call, {
    arn: input.DurableExecutionArn ?? '',
    token: input.CheckpointToken ?? '',
    clientToken: input.ClientToken,
    updates: input.Updates ?? [],
  })
  return {
    ...(token !== undefined && { CheckpointToken: token }),
    NewExecutionState: { Operations: showOperations(operations), NextMarker: '' },
  }
}
