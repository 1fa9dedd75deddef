import type { SqsOperation } from '../deps.ts'
import { pageOf, readPage } from '../paging.ts'
import { queueUrl } from '../queue-url.ts'
import { findQueue } from '../resolve.ts'

export const listQueues: SqsOperation<'ListQueues'> = async (
  { store },
  input,
  { accountId, region, endpoint },
) => {
  const page = readPage(input)
  const list = { accountId, region, prefix: input.QueueNamePrefix || undefined }
  const queues = await store.listQueues({ ...list, after: page.after, limit: page.size + 1 })
  const { items, NextToken } = pageOf(queues, page)
  // AWS leaves the member out where there are none.
  if (items.length === 0) return {}
  return { QueueUrls: items.map((queue) => queueUrl(queue, { endpoint })), ...NextToken }
}

export const listDeadLetterSourceQueues: SqsOperation<'ListDeadLetterSourceQueues'> = async (
  deps,
  input,
  call,
) => {
  const page = readPage(input)
  const { accountId, region, arn } = await findQueue(deps, input.QueueUrl, call, 'ListDeadLetterSourceQueues')
  const list = { accountId, region, deadLetterArn: arn }
  const queues = await deps.store.listQueues({ ...list, after: page.after, limit: page.size + 1 })
  const { items, NextToken } = pageOf(queues, page)
  return { queueUrls: items.map((queue) => queueUrl(queue, call)), ...NextToken }
}
