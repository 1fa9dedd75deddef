import { sql } from 'kysely'
import type { Database } from '../../../store/database.ts'

/** The room's items in the outbox. */
export const OUTBOX_KIND = 'logs'

/** Whether events of an earlier run wait to be delivered. */
export async function subscriptionsHaveWork({ kysely }: Database): Promise<boolean> {
  const { rows } = await sql`select 1 from store_outbox where kind = ${OUTBOX_KIND} limit 1`.execute(kysely)
  return rows.length > 0
}
