import { type BoundOperation, bindOperations, type Operation } from '../../../aws/operation.ts'
import type { DurableOperationDeps } from './deps.ts'
import {
  sendDurableExecutionCallbackFailure,
  sendDurableExecutionCallbackHeartbeat,
  sendDurableExecutionCallbackSuccess,
} from './operations/callbacks.ts'
import { checkpointDurableExecution } from './operations/checkpoint-durable-execution.ts'
import { getDurableExecution } from './operations/get-durable-execution.ts'
import { getDurableExecutionHistory } from './operations/get-durable-execution-history.ts'
import { getDurableExecutionState } from './operations/get-durable-execution-state.ts'
import { listDurableExecutionsByFunction } from './operations/list-durable-executions-by-function.ts'
import { stopDurableExecution } from './operations/stop-durable-execution.ts'

export const durableOperations = {
  CheckpointDurableExecution: checkpointDurableExecution,
  GetDurableExecution: getDurableExecution,
  GetDurableExecutionHistory: getDurableExecutionHistory,
  GetDurableExecutionState: getDurableExecutionState,
  ListDurableExecutionsByFunction: listDurableExecutionsByFunction,
  SendDurableExecutionCallbackFailure: sendDurableExecutionCallbackFailure,
  SendDurableExecutionCallbackHeartbeat: sendDurableExecutionCallbackHeartbeat,
  SendDurableExecutionCallbackSuccess: sendDurableExecutionCallbackSuccess,
  StopDurableExecution: stopDurableExecution,
} satisfies Record<string, Operation<DurableOperationDeps, never, unknown>>

export function bindDurableOperations(
  deps: DurableOperationDeps,
): Record<keyof typeof durableOperations, BoundOperation> {
  return bindOperations(durableOperations, deps)
}
