import type { SqsOperation } from '../deps.ts'
import { purgeInProgress } from '../errors.ts'
import { findQueue } from '../resolve.ts'

const PURGE_INTERVAL_MS = 60_000
/** Messages that one write removes, so that others come between. */
const STEP = 2000

/** Removes what was sent before the call, in flight or not; all of it is gone when it answers. */
export const purgeQueue: SqsOperation<'PurgeQueue'> = async (deps, input, call) => {
  const { store, clock } = deps
  const queue = await findQueue(deps, input.QueueUrl, call, 'PurgeQueue')
  const now = clock.now()
  const mark = await store.beginPurge(queue.id, now, now - PURGE_INTERVAL_MS)
  if (mark === false) throw purgeInProgress(queue.name)
  while (!(await store.purge(queue, mark, STEP)));
  return {}
}
