import { sql } from 'kysely'
import type { Database } from '../../store/database.ts'

/** Whether an earlier run left notifications to be delivered, or objects that age. */
export async function s3HasWork({ kysely }: Database): Promise<boolean> {
  const { rows } = await sql`
    select 1 from store_outbox where kind = 's3'
    union all select 1 from s3_buckets where is_aging = 1
    limit 1`.execute(kysely)
  return rows.length > 0
}
