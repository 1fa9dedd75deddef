import { sql } from 'kysely'
import type { Database } from '../../store/database.ts'

/** Whether a move task of an earlier run is to be gone on with. All else waits until somebody calls. */
export async function sqsHasWork(database: Database): Promise<boolean> {
  const { rows } =
    await sql`select id from sqs_move_tasks where status in ('RUNNING', 'CANCELLING') limit 1`.execute(
      database.kysely,
    )
  return rows.length > 0
}
