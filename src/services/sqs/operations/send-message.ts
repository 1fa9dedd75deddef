import { checkBatch, failedEntry } from '../batch.ts'
import type { Call, SqsDeps, SqsOperation } from '../deps.ts'
import { batchTooLong } from '../errors.ts'
import { type NewMessage, sequenceNumber } from '../message.ts'
import {
  type AttributesInput,
  attributesMd5,
  bodyMd5,
  inputBytes,
  readAttributes,
} from '../message-attributes.ts'
import { checkFifoEntries, prepareMessage } from '../outgoing.ts'
import type { Queue } from '../queue.ts'
import { findQueue } from '../resolve.ts'
import { senderIdOf } from '../sender-id.ts'
import type { Sent } from '../store.ts'

/** AWS SQS Developer Guide, "Message quotas": of all entries together. */
const BATCH_BYTES_MAX = 1_048_576

export const sendMessage: SqsOperation<'SendMessage'> = async (deps, input, call) => {
  const queue = await findQueue(deps, input.QueueUrl, call, 'SendMessage')
  const message = prepareMessage(queue, input, envelopeOf(deps, call, false))
  const [sent] = await deps.mailbox.send(queue, [message])
  return resultOf(queue, message, sent, input.MessageSystemAttributes)
}

export const sendMessageBatch: SqsOperation<'SendMessageBatch'> = async (deps, input, call) => {
  const queue = await findQueue(deps, input.QueueUrl, call, 'SendMessage')
  const entries = checkBatch(input.Entries, 'SendMessageBatchRequestEntry')
  checkFifoEntries(queue, entries)
  const bytes = entries.reduce(
    (sum, entry) => sum + Buffer.byteLength(entry.MessageBody ?? '') + inputBytes(entry.MessageAttributes),
    0,
  )
  if (bytes > BATCH_BYTES_MAX) throw batchTooLong(BATCH_BYTES_MAX, bytes)

  const failed: ReturnType<typeof failedEntry>[] = []
  const prepared: { entry: (typeof entries)[number]; message: NewMessage }[] = []
  for (const entry of entries) {
    try {
      prepared.push({ entry, message: prepareMessage(queue, entry, envelopeOf(deps, call, true)) })
    } catch (error) {
      failed.push(failedEntry(entry, error))
    }
  }
  const sent =
    prepared.length === 0
      ? []
      : await deps.mailbox.send(
          queue,
          prepared.map(({ message }) => message),
        )
  const successful = prepared.map(({ entry, message }, index) => ({
    Id: entry.Id,
    ...resultOf(queue, message, sent[index], entry.MessageSystemAttributes),
  }))
  return {
    Successful: successful,
    // AWS leaves the member out where nothing failed.
    ...(failed.length > 0 && { Failed: failed }),
  } as never
}

function envelopeOf({ random, clock }: SqsDeps, call: Call, isEntry: boolean) {
  return {
    messageId: random.uuid(),
    senderId: senderIdOf(call),
    traceHeader: call.traceHeader,
    now: clock.now(),
    isEntry,
  }
}

function resultOf(
  queue: Queue,
  message: NewMessage,
  sent: Sent | undefined,
  systemAttributes: AttributesInput | undefined,
) {
  const ofAttributes = attributesMd5(message.attributes)
  const ofSystem = attributesMd5(readAttributes(systemAttributes))
  return {
    MessageId: sent?.messageId ?? message.messageId,
    MD5OfMessageBody: bodyMd5(message.body),
    ...(ofAttributes !== undefined && { MD5OfMessageAttributes: ofAttributes }),
    ...(ofSystem !== undefined && { MD5OfMessageSystemAttributes: ofSystem }),
    ...(queue.isFifo && { SequenceNumber: sequenceNumber(sent?.id ?? 0) }),
  }
}
