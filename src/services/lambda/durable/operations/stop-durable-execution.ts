import type { Operation } from '../../../../aws/operation.ts'
import type { LambdaInput, LambdaOutput } from '../../types.ts'
import type { DurableOperationDeps } from '../deps.ts'

/** An invocation that is under way runs on, but nothing that it reports counts. */
export const stopDurableExecution: Operation<
  DurableOperationDeps,
  LambdaInput<'StopDurableExecution'>,
  LambdaOutput<'StopDurableExecution'>
> = async ({ executions }, { DurableExecutionArn = '', Error: error = {} }, call) => {
  const running = await executions()
  return { StopTimestamp: new Date(await running.stopExecution(call, DurableExecutionArn, error)) }
}
