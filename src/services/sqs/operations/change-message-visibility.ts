import { checkBatch, failedEntry } from '../batch.ts'
import type { SqsOperation } from '../deps.ts'
import { invalidValue, messageNotAvailable, missingParameter } from '../errors.ts'
import { findQueue } from '../resolve.ts'
import type { VisibilityOutcome } from '../store.ts'
import { VISIBILITY_SECONDS_MAX } from './receive-message.ts'

interface Change {
  readonly ReceiptHandle?: string | undefined
  readonly VisibilityTimeout?: number | undefined
}

export const changeMessageVisibility: SqsOperation<'ChangeMessageVisibility'> = async (deps, input, call) => {
  const queue = await findQueue(deps, input.QueueUrl, call, 'ChangeMessageVisibility')
  const change = readChange(input)
  const [outcome = 'done'] = await deps.mailbox.changeVisibility(queue, [change])
  const error = errorOf(input, outcome)
  if (error !== undefined) throw error
  return {}
}

export const changeMessageVisibilityBatch: SqsOperation<'ChangeMessageVisibilityBatch'> = async (
  deps,
  input,
  call,
) => {
  const queue = await findQueue(deps, input.QueueUrl, call, 'ChangeMessageVisibility')
  const entries = checkBatch(input.Entries, 'ChangeMessageVisibilityBatchRequestEntry')
  const failed: ReturnType<typeof failedEntry>[] = []
  const good = entries.flatMap((entry) => {
    try {
      return [{ entry, change: readChange(entry) }]
    } catch (error) {
      failed.push(failedEntry(entry, error))
      return []
    }
  })
  const outcomes = await deps.mailbox.changeVisibility(
    queue,
    good.map(({ change }) => change),
  )
  const successful = good.flatMap(({ entry }, index) => {
    const error = errorOf(entry, outcomes[index] ?? 'done')
    if (error !== undefined) failed.push(failedEntry(entry, error))
    return error === undefined ? [{ Id: entry.Id }] : []
  })
  return { Successful: successful, ...(failed.length > 0 && { Failed: failed }) } as never
}

function readChange({ ReceiptHandle = '', VisibilityTimeout: seconds }: Change) {
  if (seconds === undefined) throw missingParameter('VisibilityTimeout')
  if (seconds < 0 || seconds > VISIBILITY_SECONDS_MAX)
    throw invalidValue(seconds, 'VisibilityTimeout', `Must be between 0 and ${VISIBILITY_SECONDS_MAX}.`)
  return { receiptHandle: ReceiptHandle, hiddenMs: seconds * 1000 }
}

function errorOf(
  { ReceiptHandle = '', VisibilityTimeout }: Change,
  outcome: Error | VisibilityOutcome,
): Error | undefined {
  if (outcome instanceof Error) return outcome
  if (outcome === 'gone') return messageNotAvailable(ReceiptHandle)
  if (outcome === 'tooLong')
    return invalidValue(
      VisibilityTimeout,
      'VisibilityTimeout',
      `Total VisibilityTimeout for the message is beyond the limit [${VISIBILITY_SECONDS_MAX} seconds]`,
    )
  return undefined
}
