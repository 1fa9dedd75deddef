import { sql } from 'kysely'
import type { Database } from '../../store/database.ts'

/** Whether a pipe is to read its source. */
export async function pipesHaveWork({ kysely }: Database): Promise<boolean> {
  const { rows } = await sql`select 1 from pipes_pipes where is_running = 1 limit 1`.execute(kysely)
  return rows.length > 0
}
