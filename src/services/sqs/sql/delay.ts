import type { Queue } from '../queue.ts'
import type { RawSql } from './raw.ts'
import { refreshGroups } from './sweep.ts'

/** No delay is longer (API reference, "SetQueueAttributes"): what was sent before has had its own. */
const DELAY_MS_MAX = 900_000

/** Messages that nobody has received yet get the new delay, from when they were sent. */
export function changeDelay(sql: RawSql, queue: Queue, delayMs: number, now: number): Promise<void> {
  return sql.write(async (run) => {
    const changed = await run<{ group_id: string | null }>(
      'update sqs_messages set visible_at = sent_at + ? ' +
        'where queue_id = ? and sent_at > ? and receive_count = 0 returning group_id',
      [delayMs, queue.id, now - DELAY_MS_MAX],
    )
    await refreshGroups(run, queue.id, changed, now)
  })
}
