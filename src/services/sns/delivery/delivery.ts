import type { NewItem } from '../../../store/outbox/outbox.ts'
import type { Message } from '../message.ts'
import { type KeptAttribute, keptAttributes } from '../message-attributes.ts'
import { type Consent, type Subscription, subscriptionArn } from '../subscription.ts'
import { topicArn } from '../topic.ts'

/** A message on its way to one subscriber: all that delivering it takes, so that later changes do not matter. */
export interface Delivery {
  readonly subscriptionArn: string
  readonly topicArn: string
  readonly accountId: string
  readonly protocol: Subscription['protocol']
  readonly endpoint: string
  readonly isRaw: boolean
  readonly deadLetterQueue?: string
  readonly messageId: string
  /** Milliseconds since the epoch. */
  readonly publishedAt: number
  readonly text: string
  readonly subject?: string
  readonly attributes: Readonly<Record<string, KeptAttribute>>
  /** FIFO topics only. */
  readonly sequenceNumber?: string
  readonly deduplicationId?: string
  readonly groupId?: string
  readonly traceHeader?: string
  /** Of HTTP endpoints: where lambdad is reached. */
  readonly callback?: string
  /** The message asks to confirm the subscription, with this. */
  readonly token?: string
}

export interface PublishedMessage extends Message {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly sequenceNumber?: string
}

const FIFO_LANE = '.fifo:'

/** A FIFO topic's messages reach a subscriber one after the other, group by group. */
export function isOrdered(lane: string): boolean {
  return lane.includes(FIFO_LANE)
}

export function deliveryOf(subscription: Subscription, message: PublishedMessage): NewItem {
  const { topic, protocol, endpoint, attributes, consent } = subscription
  const { subject, groupId, deduplicationId, sequenceNumber, traceHeader } = message
  const arn = subscriptionArn(subscription)
  const delivery: Delivery = {
    subscriptionArn: arn,
    topicArn: topicArn(topic),
    accountId: topic.accountId,
    protocol,
    endpoint,
    isRaw: attributes.RawMessageDelivery === 'true',
    ...(attributes.RedrivePolicy !== undefined && {
      deadLetterQueue: JSON.parse(attributes.RedrivePolicy).deadLetterTargetArn,
    }),
    messageId: message.id,
    publishedAt: message.at,
    text: message.byProtocol[protocol] ?? message.text,
    attributes: keptAttributes(message.attributes),
    ...(subject !== undefined && { subject }),
    ...(sequenceNumber !== undefined && { sequenceNumber }),
    ...(deduplicationId !== undefined && { deduplicationId }),
    ...(groupId !== undefined && { groupId }),
    ...(traceHeader !== undefined && { traceHeader }),
    ...(consent !== undefined && { callback: consent.callback }),
  }
  const lane = isOrdered(arn) ? `${arn}/${groupId}` : arn
  return { lane, body: JSON.stringify(delivery) }
}

/** Asks an endpoint whether it wants what the topic publishes. */
export function confirmationFor(
  subscription: Subscription,
  { token, askedAt, callback }: Consent,
  id: string,
): NewItem {
  const { topic, protocol, endpoint } = subscription
  const arn = topicArn(topic)
  const delivery: Delivery = {
    subscriptionArn: subscriptionArn(subscription),
    topicArn: arn,
    accountId: topic.accountId,
    protocol,
    endpoint,
    isRaw: false,
    messageId: id,
    publishedAt: askedAt,
    text: `You have chosen to subscribe to the topic ${arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    attributes: {},
    callback,
    token,
  }
  return { lane: subscriptionArn(subscription), body: JSON.stringify(delivery) }
}
