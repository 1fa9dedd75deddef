import { parseArn } from '../../../aws/arn.ts'
import type { QueueMessageAttribute, ReceivedQueueMessage } from '../../../aws/ports/sqs.ts'

/** A message as functions get it (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"; as recorded from AWS). */
export function recordOf(message: ReceivedQueueMessage, queueArn: string): object {
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: message.systemAttributes,
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, attribute]) => [name, attributeOf(attribute)]),
    ),
    ...(message.md5OfAttributes !== undefined && { md5OfMessageAttributes: message.md5OfAttributes }),
    md5OfBody: message.md5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: parseArn(queueArn)?.region,
  }
}

function attributeOf({ dataType, stringValue, binaryValue }: QueueMessageAttribute): object {
  const value =
    binaryValue === undefined ? { stringValue } : { binaryValue: Buffer.from(binaryValue).toString('base64') }
  return { ...value, stringListValues: [], binaryListValues: [], dataType }
}

/**
 * What filters see: the record, with a body that is a JSON object as that object. A pattern for one kind of body
 * turns the other kind away (Developer Guide, "Properly filtering Amazon SQS messages").
 */
export function filteredOf(message: ReceivedQueueMessage, queueArn: string): unknown {
  return { ...recordOf(message, queueArn), body: parsedBody(message.body) }
}

function parsedBody(body: string): unknown {
  if (!/^\s*\{/.test(body)) return body
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
