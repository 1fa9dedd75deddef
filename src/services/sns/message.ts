import { invalidParameter } from './errors.ts'
import { type Order, type OrderInput, readOrder } from './fifo.ts'
import { type Attributes, attributesBytes, readAttributes } from './message-attributes.ts'
import type { Topic } from './topic.ts'

/** A message that was checked, on its way to a topic's subscribers. */
export interface Message extends Order {
  readonly text: string
  /** What each protocol gets instead of `text`, where the publisher said so. */
  readonly byProtocol: Readonly<Record<string, string>>
  readonly subject?: string
  readonly attributes: Attributes
  readonly traceHeader?: string
}

export interface MessageInput extends OrderInput {
  readonly Subject?: string | undefined
  readonly MessageStructure?: string | undefined
  readonly MessageAttributes?: Parameters<typeof readAttributes>[0]
}

/** Amazon SNS quotas: 256 KiB with all attributes. */
export const MESSAGE_BYTES_MAX = 256 * 1024
const SUBJECT_MAX = 100

export function readMessage(
  input: MessageInput,
  topic: Pick<Topic, 'attributes'>,
  traceHeader: string | undefined,
): Message {
  const { Message: text = '', Subject } = input
  if (text === '') throw invalidParameter('Empty message')
  if (Subject !== undefined) checkSubject(Subject)
  const byProtocol = readStructure(text, input.MessageStructure)
  const message = {
    text: byProtocol.default ?? text,
    byProtocol,
    attributes: readAttributes(input.MessageAttributes),
    ...(Subject !== undefined && { subject: Subject }),
    ...readOrder(input, topic),
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
