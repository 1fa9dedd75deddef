import type { DurableExecutions } from '../../../invoke/durable/executions.ts'
import type { FunctionStore } from '../store.ts'

/** Executions, loaded and running. */
export type GetExecutions = () => Promise<DurableExecutions>

export interface DurableOperationDeps {
  readonly functions: FunctionStore
  readonly executions: GetExecutions
}
