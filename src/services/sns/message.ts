import { invalidParameter } from './errors.ts'
import { type Attributes, attributesBytes, readAttributes } from './message-attributes.ts'

/** A message that was checked, on its way to a topic's subscribers. */
export interface Message {
  readonly text: string
  /** What each protocol gets instead of `text`, where the publisher said so. */
  readonly byProtocol: Readonly<Record<string, string>>
  readonly subject?: string
  readonly attributes: Attributes
  /** Of standard topics: handed on to queues, as their tenant for fair queues. */
  readonly groupId?: string
  readonly traceHeader?: string
}

export interface MessageInput {
  readonly Message?: string | undefined
  readonly Subject?: string | undefined
  readonly MessageStructure?: string | undefined
  readonly MessageAttributes?: Parameters<typeof readAttributes>[0]
  readonly MessageGroupId?: string | undefined
  readonly MessageDeduplicationId?: string | undefined
}

/** Amazon SNS quotas: 256 KiB with all attributes. */
export const MESSAGE_BYTES_MAX = 256 * 1024
const SUBJECT_MAX = 100

export function readMessage(input: MessageInput, traceHeader: string | undefined): Message {
  const { Message: text = '', Subject, MessageGroupId, MessageDeduplicationId } = input
  if (text === '') throw invalidParameter('Empty message')
  if (Subject !== undefined) checkSubject(Subject)
  if (MessageDeduplicationId !== undefined) {
    throw invalidParameter(
      'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    )
  }
  if (MessageGroupId !== undefined && !/^[!-~]{1,128}$/.test(MessageGroupId)) {
    throw invalidParameter('MessageGroupId')
  }
  const byProtocol = readStructure(text, input.MessageStructure)
  const message = {
    text: byProtocol.default ?? text,
    byProtocol,
    attributes: readAttributes(input.MessageAttributes),
    ...(Subject !== undefined && { subject: Subject }),
    ...(MessageGroupId !== undefined && { groupId: MessageGroupId }),
    ...(traceHeader !== undefined && { traceHeader }),
  }
  if (Buffer.byteLength(text) + attributesBytes(message.attributes) > MESSAGE_BYTES_MAX) {
    throw invalidParameter('Message too long')
  }
  return message
}

/** Begins with a printable ASCII character, has no line breaks, and is shorter than 100 characters (SNS API, Publish). */
function checkSubject(subject: string): void {
  const isPrintable = /^[!-~][^\p{Cc}]*$/u.test(subject)
  if (!isPrintable || subject.length > SUBJECT_MAX) throw invalidParameter('Subject')
}

function readStructure(text: string, structure: string | undefined): Record<string, string> {
  if (structure === undefined || structure === '') return {}
  if (structure !== 'json') throw invalidParameter('MessageStructure')
  const found = parsedObject(text)
  const texts = Object.entries(found).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  if (typeof found.default !== 'string') {
    throw invalidParameter('Message Structure - No default entry in JSON message body')
  }
  return Object.fromEntries(texts)
}

function parsedObject(text: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    parsed = undefined
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed }
  throw invalidParameter('Message Structure - JSON message body failed to parse')
}
