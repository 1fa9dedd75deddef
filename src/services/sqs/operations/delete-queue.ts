import type { SqsOperation } from '../deps.ts'
import { findQueue } from '../resolve.ts'

/** At once, for everybody; AWS takes up to 60 seconds. */
export const deleteQueue: SqsOperation<'DeleteQueue'> = async (deps, input, call) => {
  const queue = await findQueue(deps, input.QueueUrl, call, undefined)
  await deps.store.deleteQueue(queue, deps.clock.now())
  return {}
}
