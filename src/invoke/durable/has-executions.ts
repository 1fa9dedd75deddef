import type { Database } from '../../store/database.ts'

/** Whether there is an execution, running or kept: asked before any of this room is loaded. */
export async function hasExecutions({ kysely }: Database): Promise<boolean> {
  const row = await kysely
    .withTables<{ durable_executions: { id: string } }>()
    .selectFrom('durable_executions')
    .select('id')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
