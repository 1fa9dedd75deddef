import type { Operation } from '../../../../aws/operation.ts'
import type { LambdaInput, LambdaOutput } from '../../types.ts'
import type { DurableOperationDeps } from '../deps.ts'

export const sendDurableExecutionCallbackSuccess: Operation<
  DurableOperationDeps,
  LambdaInput<'SendDurableExecutionCallbackSuccess'>,
  LambdaOutput<'SendDurableExecutionCallbackSuccess'>
> = async ({ executions }, { CallbackId = '', Result }, call) => {
  const running = await executions()
  const result = Result?.length ? Buffer.from(Result).toString() : undefined
  await running.callback(call, CallbackId, { status: 'SUCCEEDED', result })
  return {}
}

export const sendDurableExecutionCallbackFailure: Operation<
  DurableOperationDeps,
  LambdaInput<'SendDurableExecutionCallbackFailure'>,
  LambdaOutput<'SendDurableExecutionCallbackFailure'>
> = async ({ executions }, { CallbackId = '', Error: error = {} }, call) => {
  const running = await executions()
  await running.callback(call, CallbackId, { status: 'FAILED', error })
  return {}
}

/** Says that whoever will answer is still at work. */
export const sendDurableExecutionCallbackHeartbeat: Operation<
  DurableOperationDeps,
  LambdaInput<'SendDurableExecutionCallbackHeartbeat'>,
  LambdaOutput<'SendDurableExecutionCallbackHeartbeat'>
> = async ({ executions }, { CallbackId = '' }, call) => {
  const running = await executions()
  await running.heartbeat(call, CallbackId)
  return {}
}
