import type { SqsInput, SqsOperation } from '../deps.ts'
import { invalidValue } from '../errors.ts'
import type { Received } from '../mailbox.ts'
import type { MessageAttributes } from '../message.ts'
import { attributesMd5, bodyMd5 } from '../message-attributes.ts'
import type { Queue } from '../queue.ts'
import { findQueue } from '../resolve.ts'
import { systemAttributesOf } from '../system-attributes.ts'

type ReceiveInput = SqsInput<'ReceiveMessage'>

const MESSAGES_MAX = 10
const WAIT_SECONDS_MAX = 20
export const VISIBILITY_SECONDS_MAX = 43_200

export const receiveMessage: SqsOperation<'ReceiveMessage'> = async (deps, input, call) => {
  const queue = await findQueue(deps, input.QueueUrl, call, 'ReceiveMessage')
  const { MaxNumberOfMessages: max = 1, WaitTimeSeconds, VisibilityTimeout } = input
  checkNumbers(input)
  checkAttempt(queue, input.ReceiveRequestAttemptId)

  const waitMs = WaitTimeSeconds === undefined ? queue.waitMs : WaitTimeSeconds * 1000
  const received = await deps.mailbox.receive(queue, {
    max,
    waitMs,
    hiddenMs: VisibilityTimeout === undefined ? queue.visibilityTimeoutMs : VisibilityTimeout * 1000,
    attemptId: input.ReceiveRequestAttemptId,
    signal: waitMs > 0 ? call.signal : undefined,
  })
  // AWS leaves the member out where there are none.
  return received.length === 0 ? {} : { Messages: received.map((one) => toMessage(one, input)) }
}

function checkNumbers({ MaxNumberOfMessages, WaitTimeSeconds, VisibilityTimeout }: ReceiveInput): void {
  const isOutside = (value: number | undefined, min: number, max: number) =>
    value !== undefined && (value < min || value > max)
  if (isOutside(MaxNumberOfMessages, 1, MESSAGES_MAX))
    throw invalidValue(
      MaxNumberOfMessages,
      'MaxNumberOfMessages',
      `Must be between 1 and ${MESSAGES_MAX}, if provided.`,
    )
  if (isOutside(WaitTimeSeconds, 0, WAIT_SECONDS_MAX))
    throw invalidValue(
      WaitTimeSeconds,
      'WaitTimeSeconds',
      `Must be >= 0 and <= ${WAIT_SECONDS_MAX}, if provided.`,
    )
  if (isOutside(VisibilityTimeout, 0, VISIBILITY_SECONDS_MAX))
    throw invalidValue(
      VisibilityTimeout,
      'VisibilityTimeout',
      `Must be between 0 and ${VISIBILITY_SECONDS_MAX}.`,
    )
}

function checkAttempt({ isFifo }: Queue, attemptId: string | undefined): void {
  if (attemptId === undefined) return
  if (!isFifo)
    throw invalidValue(
      attemptId,
      'ReceiveRequestAttemptId',
      'The request include parameter that is not valid for this queue type.',
    )
  if (!/^[!-~]{1,128}$/.test(attemptId))
    throw invalidValue(
      attemptId,
      'ReceiveRequestAttemptId',
      'ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length.',
    )
}

function toMessage({ message, receiptHandle }: Received, input: ReceiveInput) {
  const system = chosen(systemAttributesOf(message), [
    ...(input.MessageSystemAttributeNames ?? []),
    ...(input.AttributeNames ?? []),
  ])
  const attributes = matching(message.attributes, input.MessageAttributeNames ?? [])
  // The digest is of those attributes that are returned, as recorded from AWS.
  const md5 = attributesMd5(attributes)
  return {
    MessageId: message.messageId,
    ReceiptHandle: receiptHandle,
    MD5OfBody: bodyMd5(message.body),
    Body: message.body,
    ...(Object.keys(system).length > 0 && { Attributes: system }),
    ...(md5 !== undefined && {
      MD5OfMessageAttributes: md5,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => [
          name,
          {
            DataType: dataType,
            ...(stringValue === undefined ? { BinaryValue: binaryValue } : { StringValue: stringValue }),
          },
        ]),
      ),
    }),
  }
}

function chosen(all: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  if (names.includes('All')) return { ...all }
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))
}

/** `All`, `*`, `.*`, names, and the beginnings of names: `bar.*`. */
function matching(attributes: MessageAttributes = {}, names: readonly string[]): MessageAttributes {
  const isWanted = (name: string) =>
    names.some(
      (wanted) =>
        wanted === 'All' ||
        wanted === '*' ||
        wanted === name ||
        (wanted.endsWith('.*') && name.startsWith(wanted.slice(0, -2))),
    )
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isWanted(name)))
}
