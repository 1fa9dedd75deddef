import { checkBatch, failedEntry } from '../batch.ts'
import type { SqsOperation } from '../deps.ts'
import { findQueue } from '../resolve.ts'

export const deleteMessage: SqsOperation<'DeleteMessage'> = async (deps, input, call) => {
  const queue = await findQueue(deps, input.QueueUrl, call, 'DeleteMessage')
  const [error] = await deps.mailbox.delete(queue, [input.ReceiptHandle ?? ''])
  if (error !== undefined) throw error
  return {}
}

export const deleteMessageBatch: SqsOperation<'DeleteMessageBatch'> = async (deps, input, call) => {
  const queue = await findQueue(deps, input.QueueUrl, call, 'DeleteMessage')
  const entries = checkBatch(input.Entries, 'DeleteMessageBatchRequestEntry')
  const errors = await deps.mailbox.delete(
    queue,
    entries.map(({ ReceiptHandle = '' }) => ReceiptHandle),
  )
  const failed = entries.flatMap((entry, index) => {
    const error = errors[index]
    return error === undefined ? [] : [failedEntry(entry, error)]
  })
  return {
    Successful: entries.filter((_, index) => errors[index] === undefined).map(({ Id }) => ({ Id })),
    ...(failed.length > 0 && { Failed: failed }),
  } as never
}
