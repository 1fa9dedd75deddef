import type { Call } from '../../../aws/operation.ts'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import { effectiveSubscriptionPolicy } from '../delivery-policy.ts'
import type { SnsOperation } from '../deps.ts'
import { invalidNextToken, notAuthorized, subscriptionNotFound } from '../errors.ts'
import { existingTopic, readSubscriptionArn } from '../resolve.ts'
import type { SnsReader } from '../store.ts'
import { isPending, type Subscription, subscriptionArn } from '../subscription.ts'
import { isHttp, withAttributes } from '../subscription-attributes.ts'
import { topicArn } from '../topic.ts'

/** Both who has subscribed and whose the topic is may see and end a subscription. */
export function refuseStrangers({ owner, topic, id }: Subscription, call: Call, action: string): void {
  if (call.accountId === owner || call.accountId === topic.accountId) return
  throw notAuthorized(action, call, subscriptionArn({ topic, id }))
}

async function existing(
  store: SnsReader,
  arn: string | undefined,
  call: Call,
  action: string,
): Promise<Subscription> {
  const subscription = await store.findSubscription(readSubscriptionArn(arn))
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
  const { FilterPolicyScope = 'MessageAttributes', ...others } = attributes
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
    ...(others.FilterPolicy !== undefined && { FilterPolicyScope }),
    ...(isHttp(protocol) && { EffectiveDeliveryPolicy: await effectivePolicyOf(store, subscription) }),
    ...others,
  }
  return { Attributes }
}

async function effectivePolicyOf(store: SnsReader, { topic, attributes }: Subscription): Promise<string> {
  const ofTopic = (await store.findTopic(topic))?.attributes.DeliveryPolicy
  return JSON.stringify(effectiveSubscriptionPolicy(ofTopic, attributes.DeliveryPolicy))
}

export const setSubscriptionAttributes: SnsOperation<'SetSubscriptionAttributes'> = async (
  { store },
  input,
  call,
) => {
  const { SubscriptionArn, AttributeName: name = '', AttributeValue: value = '' } = input
  await store.change(async (editor) => {
    const subscription = await existing(editor, SubscriptionArn, call, 'SetSubscriptionAttributes')
    const attributes = withAttributes(subscription.attributes, { [name]: value }, subscription)
    await editor.saveSubscription({ ...subscription, attributes })
  })
  return {}
}

export const listSubscriptions: SnsOperation<'ListSubscriptions'> = async ({ store }, input, call) => {
  const { limit, ...from } = pageStart(input, invalidNextToken)
  return page(await store.listSubscriptions(call, { ...from, limit: limit + 1 }), limit)
}

export const listSubscriptionsByTopic: SnsOperation<'ListSubscriptionsByTopic'> = async (
  { store },
  input,
  call,
) => {
  const topic = await existingTopic(store, input.TopicArn, call, 'ListSubscriptionsByTopic')
  const { limit, ...from } = pageStart(input, invalidNextToken)
  return page(await store.subscriptionsOf(topic, { ...from, limit: limit + 1 }), limit)
}

function page(subscriptions: readonly Subscription[], limit: number) {
  const { shown, rest } = pageOf(subscriptions, limit, subscriptionArn)
  const Subscriptions = shown.map((one) => ({
    SubscriptionArn: isPending(one) ? 'PendingConfirmation' : subscriptionArn(one),
    Owner: one.owner,
    Protocol: one.protocol,
    Endpoint: one.endpoint,
    TopicArn: topicArn(one.topic),
  }))
  return { Subscriptions, ...rest }
}
