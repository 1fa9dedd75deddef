import type { Seal } from '../signing/signer.ts'
import type { Delivery } from './delivery.ts'

export type MessageType = 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation'

export function typeOf({ token, isGoodbye }: Delivery): MessageType {
  if (token === undefined) return 'Notification'
  return isGoodbye ? 'UnsubscribeConfirmation' : 'SubscriptionConfirmation'
}

/** What queues and HTTP endpoints get, laid out as AWS does (Amazon SNS Developer Guide, "Parsing message formats"). */
export function envelope(delivery: Delivery, seal: Seal | undefined): string {
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
    ...(seal !== undefined && {
      SignatureVersion: seal.version,
      Signature: seal.signature,
      SigningCertURL: certificateUrl(delivery, seal),
    }),
    ...(token === undefined && { UnsubscribeURL: unsubscribeUrl(delivery) }),
  }
  const lines = Object.entries(members).map(([name, value]) => `  "${name}" : ${JSON.stringify(value)}`)
  const shown = Object.entries(attributes).map(
    ([name, value]) => `    ${JSON.stringify(name)} : ${JSON.stringify(value)}`,
  )
  if (shown.length > 0) lines.push(`  "MessageAttributes" : {\n${shown.join(',\n')}\n  }`)
  return `{\n${lines.join(',\n')}\n}`
}

/** What a function gets (AWS Lambda Developer Guide, "Invoking Lambda functions with Amazon SNS notifications"). */
export function functionEvent(delivery: Delivery, seal: Seal | undefined): string {
  const { messageId, topicArn, subject, text, attributes, subscriptionArn } = delivery
  const Sns = {
    Type: 'Notification',
    MessageId: messageId,
    TopicArn: topicArn,
    Subject: subject ?? null,
    Message: text,
    Timestamp: timestampOf(delivery),
    ...(seal !== undefined && {
      SignatureVersion: seal.version,
      Signature: seal.signature,
      SigningCertUrl: certificateUrl(delivery, seal),
    }),
    UnsubscribeUrl: unsubscribeUrl(delivery),
    MessageAttributes: attributes,
  }
  const record = { EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn: subscriptionArn, Sns }
  return JSON.stringify({ Records: [record] })
}

/**
 * What a signature is made over (Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS messages"): the
 * members that it names, each name and value with a line break behind it.
 */
export function stringToSign(delivery: Delivery): string {
  const { messageId, topicArn, subject, text, token } = delivery
  const members =
    token === undefined
      ? { Message: text, MessageId: messageId, Subject: subject }
      : { Message: text, MessageId: messageId, SubscribeURL: confirmUrl(delivery, token) }
  const all = {
    ...members,
    Timestamp: timestampOf(delivery),
    Token: token,
    TopicArn: topicArn,
    Type: typeOf(delivery),
  }
  return Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join('')
}

export function confirmUrl({ callback, topicArn }: Delivery, token: string): string {
  return `${callback}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`
}

export function unsubscribeUrl({ callback, subscriptionArn }: Delivery): string {
  return `${callback}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`
}

function certificateUrl({ callback }: Delivery, { certificateId }: Seal): string {
  return `${callback}/SimpleNotificationService-${certificateId}.pem`
}

export function timestampOf({ publishedAt }: Delivery): string {
  return new Date(publishedAt).toISOString()
}
