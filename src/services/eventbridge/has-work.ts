import { sql } from 'kysely'
import type { Database } from '../../store/database.ts'

/** Whether something is to be done that nobody calls for: a schedule, a replay, a delivery of an earlier run. */
export async function eventBridgeHasWork({ kysely }: Database): Promise<boolean> {
  const { rows } = await sql`
    select 1 from eventbridge_resources where due_at is not null
    union all select 1 from store_outbox where kind = 'eventbridge'
    limit 1`.execute(kysely)
  return rows.length > 0
}
