import { sql } from 'kysely'
import type { Database } from '../../store/database.ts'

/** Whether messages of an earlier run wait to be delivered. */
export async function snsHasWork({ kysely }: Database): Promise<boolean> {
  const { rows } = await sql`select 1 from store_outbox where kind = 'sns' limit 1`.execute(kysely)
  return rows.length > 0
}
