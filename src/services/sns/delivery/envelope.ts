import type { Delivery } from './delivery.ts'

/** What a queue gets, laid out as AWS does (Amazon SNS Developer Guide, "Fanout to Amazon SQS queues"). */
export function queueEnvelope(delivery: Delivery): string {
  const { messageId, sequenceNumber, topicArn, subject, text, attributes } = delivery
  const members = {
    Type: 'Notification',
    MessageId: messageId,
    ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }),
    TopicArn: topicArn,
    ...(subject !== undefined && { Subject: subject }),
    Message: text,
    Timestamp: timestampOf(delivery),
  }
  const lines = Object.entries(members).map(([name, value]) => `  "${name}" : ${JSON.stringify(value)}`)
  const shown = Object.entries(attributes).map(
    ([name, value]) => `    ${JSON.stringify(name)} : ${JSON.stringify(value)}`,
  )
  if (shown.length > 0) lines.push(`  "MessageAttributes" : {\n${shown.join(',\n')}\n  }`)
  return `{\n${lines.join(',\n')}\n}`
}

/** What a function gets (AWS Lambda Developer Guide, "Invoking Lambda functions with Amazon SNS notifications"). */
export function functionEvent(delivery: Delivery): string {
  const { messageId, topicArn, subject, text, attributes, subscriptionArn } = delivery
  const Sns = {
    Type: 'Notification',
    MessageId: messageId,
    TopicArn: topicArn,
    Subject: subject ?? null,
    Message: text,
    Timestamp: timestampOf(delivery),
    MessageAttributes: attributes,
  }
  const record = { EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn: subscriptionArn, Sns }
  return JSON.stringify({ Records: [record] })
}

function timestampOf({ publishedAt }: Delivery): string {
  return new Date(publishedAt).toISOString()
}
