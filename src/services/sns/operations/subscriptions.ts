import { isDeepStrictEqual } from 'node:util'
import { parseArn } from '../../../aws/arn.ts'
import type { Call } from '../../../aws/operation.ts'
import { confirmationFor } from '../delivery/delivery.ts'
import type { SnsDeps, SnsOperation } from '../deps.ts'
import {
  invalidParameter,
  notAuthorized,
  subscriptionLimitExceeded,
  subscriptionNotFound,
  unsupported,
} from '../errors.ts'
import { isFifo } from '../fifo.ts'
import { pageOf, pageStart } from '../pages.ts'
import { existingTopic } from '../resolve.ts'
import type { SnsEditor, SnsReader } from '../store.ts'
import {
  type Consent,
  isPending,
  type Subscription,
  subscriptionArn,
  subscriptionOfArn,
} from '../subscription.ts'
import { withAttributes } from '../subscription-attributes.ts'
import { SUBSCRIPTIONS_MAX } from '../subscription-limits.ts'
import { type Topic, topicArn } from '../topic.ts'

const PROTOCOLS = ['sqs', 'lambda', 'http', 'https'] as const
const PROTOCOLS_TO_COME = ['email', 'email-json', 'sms', 'application', 'firehose']

/** Queues and functions of the caller's own account are subscribed at once; HTTP endpoints are asked to confirm. */
export const subscribe: SnsOperation<'Subscribe'> = async (deps, input, call) => {
  const { store, random, clock } = deps
  const protocol = protocolOf(input.Protocol)
  const endpoint = input.Endpoint ?? ''
  if (isAskedFirst(protocol)) checkUrl(protocol, endpoint)
  else checkArn(protocol, endpoint, call)
  const attributes = withAttributes({}, input.Attributes ?? {}, protocol)
  const id = random.uuid()
  const token = id + random.hex(32)
  const SubscriptionArn = await store.change(async (editor) => {
    const found = await existingTopic(editor, input.TopicArn, call, 'Subscribe')
    checkFit(found, protocol, endpoint)
    const { accountId, region, name } = found
    const topic = { accountId, region, name }
    const before = await editor.findByEndpoint(topic, { protocol, endpoint })
    if (before !== undefined) {
      refuseOtherwise(before, attributes)
      // AWS asks once more who has not answered.
      if (before.consent?.isPending) await ask(deps, editor, before, before.consent)
      return shownArn(before, input.ReturnSubscriptionArn)
    }
    if ((await editor.countSubscriptions(topic)) >= SUBSCRIPTIONS_MAX) throw subscriptionLimitExceeded()
    const { accountId: owner, principalArn } = call
    const subscription = { topic, id, owner, principalArn, protocol, endpoint, attributes }
    if (!isAskedFirst(protocol)) {
      await editor.saveSubscription(subscription)
      return subscriptionArn(subscription)
    }
    const consent = {
      token,
      askedAt: clock.now(),
      isPending: true,
      needsAuthentication: false,
      callback: call.endpoint,
    }
    await editor.saveSubscription({ ...subscription, consent })
    await ask(deps, editor, subscription, consent)
    return shownArn({ ...subscription, consent }, input.ReturnSubscriptionArn)
  })
  return { SubscriptionArn }
}

function ask(
  { random, addToOutbox }: SnsDeps,
  { transaction }: SnsEditor,
  subscription: Subscription,
  consent: Consent,
): Promise<void> {
  return addToOutbox(transaction, [confirmationFor(subscription, consent, random.uuid())])
}

/** That of one that is not confirmed is shown to those who ask for it. */
function shownArn(subscription: Subscription, isWanted: boolean | undefined): string {
  return isPending(subscription) && !isWanted ? 'pending confirmation' : subscriptionArn(subscription)
}

function protocolOf(protocol = ''): Subscription['protocol'] {
  const found = PROTOCOLS.find((one) => one === protocol)
  if (found !== undefined) return found
  if (PROTOCOLS_TO_COME.includes(protocol)) throw unsupported(`The protocol ${protocol}`)
  throw invalidParameter(`Protocol Reason: Does not support this protocol string: ${protocol}`)
}

function checkArn(protocol: 'sqs' | 'lambda', endpoint: string, call: Call): void {
  const arn = parseArn(endpoint)
  if (arn?.service !== protocol) {
    throw invalidParameter(protocol === 'sqs' ? 'SQS endpoint ARN' : 'Lambda endpoint ARN')
  }
  if (arn.accountId !== call.accountId) {
    throw unsupported('An endpoint of another account, which would have to confirm the subscription,')
  }
}

function isAskedFirst(protocol: Subscription['protocol']): protocol is 'http' | 'https' {
  return protocol === 'http' || protocol === 'https'
}

function checkUrl(protocol: 'http' | 'https', endpoint: string): void {
  if (!URL.canParse(endpoint) || new URL(endpoint).protocol !== `${protocol}:`) {
    throw invalidParameter('Endpoint must match the specified protocol')
  }
}

function checkFit(topic: Topic, protocol: Subscription['protocol'], endpoint: string): void {
  if (isFifo(topic) && protocol !== 'sqs') {
    throw invalidParameter(`Protocol Reason: FIFO topics deliver to SQS queues only, not to ${protocol}`)
  }
  if (!isFifo(topic) && protocol === 'sqs' && endpoint.endsWith('.fifo')) {
    throw invalidParameter(
      'Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics',
    )
  }
}

function refuseOtherwise(found: Subscription, wanted: Subscription['attributes']): void {
  const isSame = Object.entries(wanted).every(([name, value]) =>
    isDeepStrictEqual(found.attributes[name], value),
  )
  if (!isSame) {
    throw invalidParameter('Attributes Reason: Subscription already exists with different attributes')
  }
}

/** What is not there is unsubscribed already. */
export const unsubscribe: SnsOperation<'Unsubscribe'> = async ({ store }, input, call) => {
  const place = subscriptionOfArn(input.SubscriptionArn ?? '')
  if (place === undefined)
    throw invalidParameter('SubscriptionArn Reason: An ARN must have at least 6 elements')
  await store.change(async (editor) => {
    const subscription = await editor.findSubscription(place)
    if (subscription === undefined) return
    // A link in a message to an endpoint is enough, unless who confirmed wanted it otherwise.
    if (subscription.consent?.needsAuthentication !== false)
      refuseStrangers(subscription, call, 'Unsubscribe')
    await editor.removeSubscription(place)
  })
  return {}
}

/** Both who has subscribed and whose the topic is may see and end a subscription. */
function refuseStrangers({ owner, topic, id }: Subscription, call: Call, action: string): void {
  if (call.accountId === owner || call.accountId === topic.accountId) return
  throw notAuthorized(action, call, subscriptionArn({ topic, id }))
}

async function existing(
  store: SnsReader,
  arn: string | undefined,
  call: Call,
  action: string,
): Promise<Subscription> {
  const place = subscriptionOfArn(arn ?? '')
  if (place === undefined) throw invalidParameter('SubscriptionArn')
  const subscription = await store.findSubscription(place)
  if (subscription === undefined) throw subscriptionNotFound()
  refuseStrangers(subscription, call, action)
  return subscription
}

export const getSubscriptionAttributes: SnsOperation<'GetSubscriptionAttributes'> = async (
  { store },
  { SubscriptionArn },
  call,
) => {
  const subscription = await existing(store, SubscriptionArn, call, 'GetSubscriptionAttributes')
  const { attributes, owner, principalArn, protocol, endpoint, topic } = subscription
  const scope = attributes.FilterPolicy === undefined ? {} : { FilterPolicyScope: 'MessageAttributes' }
  const Attributes = {
    SubscriptionArn: subscriptionArn(subscription),
    TopicArn: topicArn(topic),
    Owner: owner,
    Protocol: protocol,
    Endpoint: endpoint,
    SubscriptionPrincipal: principalArn,
    ConfirmationWasAuthenticated: String(subscription.consent?.needsAuthentication ?? true),
    PendingConfirmation: String(isPending(subscription)),
    RawMessageDelivery: 'false',
    ...scope,
    ...attributes,
  }
  return { Attributes }
}

export const setSubscriptionAttributes: SnsOperation<'SetSubscriptionAttributes'> = async (
  { store },
  input,
  call,
) => {
  const { SubscriptionArn, AttributeName: name = '', AttributeValue: value = '' } = input
  await store.change(async (editor) => {
    const subscription = await existing(editor, SubscriptionArn, call, 'SetSubscriptionAttributes')
    const attributes = withAttributes(subscription.attributes, { [name]: value }, subscription.protocol)
    await editor.saveSubscription({ ...subscription, attributes })
  })
  return {}
}

export const listSubscriptions: SnsOperation<'ListSubscriptions'> = async ({ store }, { NextToken }, call) =>
  page(await store.listSubscriptions(call, pageFrom(NextToken)))

export const listSubscriptionsByTopic: SnsOperation<'ListSubscriptionsByTopic'> = async (
  { store },
  { TopicArn, NextToken },
  call,
) => {
  const topic = await existingTopic(store, TopicArn, call, 'ListSubscriptionsByTopic')
  return page(await store.subscriptionsOf(topic, pageFrom(NextToken)))
}

function page(subscriptions: readonly Subscription[]) {
  const { shown, rest } = pageOf(subscriptions, subscriptionArn)
  const Subscriptions = shown.map((one) => ({
    SubscriptionArn: isPending(one) ? 'PendingConfirmation' : subscriptionArn(one),
    Owner: one.owner,
    Protocol: one.protocol,
    Endpoint: one.endpoint,
    TopicArn: topicArn(one.topic),
  }))
  return { Subscriptions, ...rest }
}
