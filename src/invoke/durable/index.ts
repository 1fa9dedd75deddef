import type { Database } from '../../store/database.ts'
import type { DurableDeps } from './deps.ts'
import { DurableExecutions } from './executions.ts'
import { createExecutionStore } from './store.sql.ts'

export function createDurableExecutions(
  database: Database,
  deps: Omit<DurableDeps, 'store'>,
): DurableExecutions {
  return new DurableExecutions({ ...deps, store: createExecutionStore(database) })
}
