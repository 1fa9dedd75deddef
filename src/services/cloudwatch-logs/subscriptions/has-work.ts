import { sql } from 'kysely'
import type { Database } from '../../../store/database.ts'

/** The room's items in the outbox. */
export const OUTBOX_KIND = 'logs'

/**
 * Whether events of an earlier run wait to be delivered, or may be left by another node: each that has the database
 * with others looks after what one of them leaves when it dies.
 */
export async function subscriptionsHaveWork({ kysely, dialect }: Database): Promise<boolean> {
  const waiting = await sql`select 1 from store_outbox where kind = ${OUTBOX_KIND} limit 1`.execute(kysely)
  if (waiting.rows.length > 0 || !dialect.isShared) return waiting.rows.length > 0
  const subscribed = await sql`select 1 from log_subscriptions limit 1`.execute(kysely)
  return subscribed.rows.length > 0
}
