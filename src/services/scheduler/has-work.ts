import { sql } from 'kysely'
import type { Database } from '../../store/database.ts'

/** Whether a schedule is to run, or an invocation of an earlier run is to be delivered. */
export async function schedulerHasWork({ kysely }: Database): Promise<boolean> {
  const { rows } = await sql`
    select 1 from scheduler_schedules where due_at is not null
    union all select 1 from store_outbox where kind = 'scheduler'
    limit 1`.execute(kysely)
  return rows.length > 0
}
