import type { NewItem } from '../../../store/outbox/outbox.ts'
import { type EffectivePolicy, effectivePolicy } from '../delivery-policy.ts'
import { isFifo } from '../fifo.ts'
import type { Message } from '../message.ts'
import { type KeptAttribute, keptAttributes } from '../message-attributes.ts'
import { platformOfEndpoint } from '../platform.ts'
import type { Scope } from '../scope.ts'
import type { SignatureVersion } from '../signing/signer.ts'
import { type Protocol, type Subscription, subscriptionArn } from '../subscription.ts'
import { isHttp } from '../subscription-attributes.ts'
import { type Topic, topicArn } from '../topic.ts'
import { type Feedback, feedbackOf } from './status.ts'

/** A message on its way to one subscriber: all that delivering it takes, so that later changes do not matter. */
export interface Delivery {
  /** Empty where the message was published to a phone number or a device, as is the topic's. */
  readonly subscriptionArn: string
  readonly topicArn: string
  readonly accountId: string
  readonly region: string
  readonly protocol: Protocol
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
  /** Where lambdad is reached. */
  readonly callback: string
  /** Absent where the message is not signed. */
  readonly signatureVersion?: SignatureVersion
  /** Absent where its end is not logged. */
  readonly feedback?: Feedback
  /** Of HTTP endpoints: how it is sent, and again. */
  readonly policy?: EffectivePolicy
  /** The message asks to confirm the subscription, with this. */
  readonly token?: string
  /** The subscription has ended, and the token brings it back. */
  readonly isGoodbye?: true
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

export function deliveryOf(topic: Topic, subscription: Subscription, message: PublishedMessage): NewItem {
  const { protocol, endpoint, attributes } = subscription
  const { subject, groupId, deduplicationId, sequenceNumber, traceHeader } = message
  const arn = subscriptionArn(subscription)
  const feedback = feedbackOf(topic, protocol)
  const delivery: Delivery = {
    ...addressOf(subscription),
    isRaw: attributes.RawMessageDelivery === 'true',
    ...(attributes.RedrivePolicy !== undefined && {
      deadLetterQueue: JSON.parse(attributes.RedrivePolicy).deadLetterTargetArn,
    }),
    messageId: message.id,
    publishedAt: message.at,
    text: textFor(message, protocol, endpoint),
    attributes: keptAttributes(message.attributes),
    ...signatureOf(topic, protocol),
    ...(feedback !== undefined && { feedback }),
    ...(isHttp(protocol) && {
      policy: effectivePolicy(topic.attributes.DeliveryPolicy, attributes.DeliveryPolicy),
    }),
    ...(subject !== undefined && { subject }),
    ...(sequenceNumber !== undefined && { sequenceNumber }),
    ...(deduplicationId !== undefined && { deduplicationId }),
    // Of an ordered topic it orders; queues that do not keep the order are not told (as recorded on AWS).
    ...(groupId !== undefined && !(isFifo(topic) && !endpoint.endsWith('.fifo')) && { groupId }),
    ...(traceHeader !== undefined && { traceHeader }),
  }
  const lane = isOrdered(arn) ? `${arn}/${groupId}` : arn
  return { lane, body: JSON.stringify(delivery) }
}

/** Of a structured message its own; that of a device goes by its platform's name. */
function textFor({ byProtocol, text }: PublishedMessage, protocol: Protocol, endpoint: string): string {
  const name = protocol === 'application' ? platformOfEndpoint(endpoint) : protocol
  return byProtocol[name] ?? text
}

function addressOf(subscription: Subscription) {
  const { topic, protocol, endpoint, callback } = subscription
  const { accountId, region } = topic
  const arns = { subscriptionArn: subscriptionArn(subscription), topicArn: topicArn(topic) }
  return { ...arns, accountId, region, protocol, endpoint, callback }
}

/** AWS signs nothing that FIFO topics send, and what functions get always in the first version (as recorded there). */
function signatureOf(topic: Topic, protocol: Protocol): Pick<Delivery, 'signatureVersion'> {
  if (isFifo(topic)) return {}
  const isSecond = topic.attributes.SignatureVersion === '2' && protocol !== 'lambda'
  return { signatureVersion: isSecond ? '2' : '1' }
}

interface Asking {
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Asks an endpoint whether it wants what the topic publishes. */
export function confirmationFor(
  topic: Topic,
  subscription: Subscription,
  asking: Asking,
  id: string,
): NewItem {
  const text = `You have chosen to subscribe to the topic ${topicArn(topic)}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`
  return askingFor(topic, subscription, asking, { messageId: id, text })
}

/** Tells an endpoint that its subscription has ended. */
export function unsubscriptionFor(
  topic: Topic,
  subscription: Subscription,
  asking: Asking,
  id: string,
): NewItem {
  const text = `You have chosen to deactivate subscription ${subscriptionArn(subscription)}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`
  return askingFor(topic, subscription, asking, { messageId: id, text, isGoodbye: true })
}

function askingFor(
  topic: Topic,
  subscription: Subscription,
  { token, at }: Asking,
  message: Pick<Delivery, 'messageId' | 'text' | 'isGoodbye'>,
): NewItem {
  const delivery: Delivery = {
    ...addressOf(subscription),
    isRaw: false,
    publishedAt: at,
    attributes: {},
    ...signatureOf(topic, subscription.protocol),
    token,
    ...message,
  }
  return { lane: delivery.subscriptionArn, body: JSON.stringify(delivery) }
}

/** What is published to a phone number or a device, and to no topic. */
export function directTo(
  { protocol, endpoint }: Pick<Subscription, 'protocol' | 'endpoint'>,
  scope: Scope,
  message: PublishedMessage,
): NewItem {
  const delivery: Delivery = {
    subscriptionArn: '',
    topicArn: '',
    ...scope,
    protocol,
    endpoint,
    callback: '',
    isRaw: false,
    messageId: message.id,
    publishedAt: message.at,
    text: textFor(message, protocol, endpoint),
    attributes: keptAttributes(message.attributes),
  }
  return { lane: `${protocol}:${endpoint}`, body: JSON.stringify(delivery) }
}
