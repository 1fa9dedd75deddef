import { sql } from 'kysely'
import type { Database } from '../../store/database.ts'

/** Whether an earlier run left notifications to be delivered. */
export async function s3HasWork({ kysely }: Database): Promise<boolean> {
  const { rows } = await sql`select 1 from store_outbox where kind = 's3' limit 1`.execute(kysely)
  return rows.length > 0
}
