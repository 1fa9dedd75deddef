import type { SqsOperation } from '../deps.ts'
import { queueDoesNotExist } from '../errors.ts'
import { queueUrl } from '../queue-url.ts'

export const getQueueUrl: SqsOperation<'GetQueueUrl'> = async ({ directory }, input, call) => {
  const accountId = input.QueueOwnerAWSAccountId ?? call.accountId
  const queue = await directory.find({ accountId, region: call.region, name: input.QueueName ?? '' })
  if (queue === undefined) throw queueDoesNotExist()
  return { QueueUrl: queueUrl(queue, call) }
}
