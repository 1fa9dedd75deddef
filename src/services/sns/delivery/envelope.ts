import type { Delivery } from './delivery.ts'

export function typeOf({ token }: Delivery): 'Notification' | 'SubscriptionConfirmation' {
  return token === undefined ? 'Notification' : 'SubscriptionConfirmation'
}

/** What queues and HTTP endpoints get, laid out as AWS does (Amazon SNS Developer Guide, "Parsing message formats"). */
export function envelope(delivery: Delivery): string {
  const { messageId, sequenceNumber, topicArn, subject, text, attributes, token } = delivery
  const members = {
    Type: typeOf(delivery),
    MessageId: messageId,
    ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }),
    ...(token !== undefined && { Token: token }),
    TopicArn: topicArn,
    ...(subject !== undefined && { Subject: subject }),
    Message: text,
    ...(token !== undefined && { SubscribeURL: confirmUrl(delivery, token) }),
    Timestamp: timestampOf(delivery),
    ...(token === undefined &&
      delivery.callback !== undefined && { UnsubscribeURL: unsubscribeUrl(delivery) }),
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

/** Unlike AWS's it names the version, by which lambdad knows the service of a request that nobody has signed. */
function confirmUrl({ callback, topicArn }: Delivery, token: string): string {
  return `${callback}/?Action=ConfirmSubscription&Version=${VERSION}&TopicArn=${topicArn}&Token=${token}`
}

function unsubscribeUrl({ callback, subscriptionArn }: Delivery): string {
  return `${callback}/?Action=Unsubscribe&Version=${VERSION}&SubscriptionArn=${subscriptionArn}`
}

const VERSION = '2010-03-31'

function timestampOf({ publishedAt }: Delivery): string {
  return new Date(publishedAt).toISOString()
}
