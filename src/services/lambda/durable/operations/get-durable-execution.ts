import type { Operation } from '../../../../aws/operation.ts'
import type { LambdaInput, LambdaOutput } from '../../types.ts'
import { showDurable } from '../config.ts'
import type { DurableOperationDeps } from '../deps.ts'
import { showExecution } from '../show.ts'

export const getDurableExecution: Operation<
  DurableOperationDeps,
  LambdaInput<'GetDurableExecution'>,
  LambdaOutput<'GetDurableExecution'>
> = async ({ executions }, { DurableExecutionArn = '', IncludeExecutionData = true }, call) => {
  const running = await executions()
  const execution = await running.find(call, DurableExecutionArn)
  const root = IncludeExecutionData ? await running.store.operation(execution.id, execution.id) : undefined
  const { input, result, error } = root ?? {}
  return {
    ...showExecution(execution),
    Version: execution.version,
    ...(input !== undefined && { InputPayload: input }),
    ...(result !== undefined && { Result: result }),
    ...(error && { Error: error }),
    ...(execution.traceHeader !== undefined && { TraceHeader: { XAmznTraceId: execution.traceHeader } }),
    ExecutionDataIncluded: IncludeExecutionData,
    DurableConfig: showDurable(execution),
  }
}
