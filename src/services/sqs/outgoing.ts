import { createHash } from 'node:crypto'
import {
  invalidMessageContents,
  invalidParameterValue,
  invalidValue,
  messageTooLong,
  missingInEntry,
  missingParameter,
} from './errors.ts'
import type { NewMessage } from './message.ts'
import { type AttributesInput, attributesBytes, readAttributes } from './message-attributes.ts'
import type { Queue } from './queue.ts'
import { isSendable } from './sendable.ts'

/** A message as somebody wants to send it. */
export interface Outgoing {
  readonly MessageBody?: string | undefined
  readonly DelaySeconds?: number | undefined
  readonly MessageAttributes?: AttributesInput | undefined
  readonly MessageSystemAttributes?: AttributesInput | undefined
  readonly MessageDeduplicationId?: string | undefined
  readonly MessageGroupId?: string | undefined
}

/** Who sends, when, and as what. */
export interface Envelope {
  readonly messageId: string
  readonly senderId: string
  /** Counts where the message itself has none. */
  readonly traceHeader: string | undefined
  readonly now: number
  /** Whether it comes in a batch: some refusals are worded otherwise there. */
  readonly isEntry: boolean
}

const DELAY_SECONDS_MAX = 900
/** API reference, "SendMessage", MessageDeduplicationId and MessageGroupId. */
const ID = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/

/** Checked against the rules of messages and of this queue. */
export function prepareMessage(queue: Queue, outgoing: Outgoing, envelope: Envelope): NewMessage {
  const body = outgoing.MessageBody ?? ''
  if (body === '') throw missingParameter('MessageBody')
  const attributes = readAttributes(outgoing.MessageAttributes)
  const system = readAttributes(outgoing.MessageSystemAttributes)
  if (Buffer.byteLength(body) + attributesBytes(attributes) > queue.messageBytesMax)
    throw messageTooLong(queue.messageBytesMax, envelope.isEntry)
  if (!isSendable(body)) throw invalidMessageContents()
  const ids = queue.isFifo ? fifoIds(queue, outgoing, body) : standardIds(outgoing)
  return {
    messageId: envelope.messageId,
    body,
    attributes,
    senderId: envelope.senderId,
    traceHeader: system?.AWSTraceHeader?.stringValue ?? envelope.traceHeader,
    visibleAt: envelope.now + delayMs(queue, outgoing.DelaySeconds),
    ...ids,
  }
}

function delayMs(queue: Queue, seconds: number | undefined): number {
  if (seconds === undefined) return queue.delayMs
  if (seconds < 0 || seconds > DELAY_SECONDS_MAX)
    throw invalidValue(seconds, 'DelaySeconds', `DelaySeconds must be >= 0 and <= ${DELAY_SECONDS_MAX}.`)
  // Recorded from AWS: a FIFO queue has one delay for all, and takes 0 without a word.
  if (queue.isFifo && seconds > 0)
    throw invalidValue(
      seconds,
      'DelaySeconds',
      'The request include parameter that is not valid for this queue type.',
    )
  return queue.isFifo ? queue.delayMs : seconds * 1000
}

/** In a standard queue the group is the tenant of fair queues. */
function standardIds({ MessageGroupId, MessageDeduplicationId }: Outgoing) {
  if (MessageDeduplicationId !== undefined)
    throw invalidValue(
      MessageDeduplicationId,
      'MessageDeduplicationId',
      'The request include parameter that is not valid for this queue type',
    )
  checkId('MessageGroupId', MessageGroupId)
  return { groupId: MessageGroupId, deduplicationId: undefined }
}

function fifoIds(queue: Queue, { MessageGroupId, MessageDeduplicationId }: Outgoing, body: string) {
  checkId('MessageGroupId', MessageGroupId)
  checkId('MessageDeduplicationId', MessageDeduplicationId)
  if (MessageGroupId === undefined) throw missingParameter('MessageGroupId')
  if (MessageDeduplicationId === undefined && !queue.deduplicatesByContent) throw needsDeduplicationId()
  const deduplicationId = MessageDeduplicationId ?? createHash('sha256').update(body).digest('hex')
  return { groupId: MessageGroupId, deduplicationId }
}

/** Refuses a batch as a whole, as recorded from AWS, where an entry has not what a FIFO queue wants of each. */
export function checkFifoEntries(queue: Queue, entries: readonly Outgoing[]): void {
  if (!queue.isFifo) return
  for (const { MessageGroupId, MessageDeduplicationId } of entries) {
    if (MessageGroupId === undefined) throw missingInEntry('MessageGroupId')
    if (MessageDeduplicationId === undefined && !queue.deduplicatesByContent) throw needsDeduplicationId()
  }
}

function needsDeduplicationId() {
  return invalidParameterValue(
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  )
}

function checkId(name: string, id: string | undefined): void {
  if (id !== undefined && !ID.test(id))
    throw invalidValue(
      id,
      name,
      `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    )
}
