import type { Call } from '../../aws/operation.ts'
import { mayAccess } from '../../aws/policy/resource-policy.ts'
import { invalidParameter, notAnArn, notAuthorized, topicNotFound } from './errors.ts'
import type { SnsReader } from './store.ts'
import { type SubscriptionPlace, subscriptionOfArn } from './subscription.ts'
import { type Topic, type TopicAddress, topicOfArn } from './topic.ts'

const ARN_ELEMENTS = 6

/** The topic that a request of the region names. */
export function readTopicArn(arn = '', region: string): TopicAddress {
  if (!hasElements(arn)) throw notAnArn('TopicArn', arn)
  const address = topicOfArn(arn)
  if (address === undefined || address.region !== region) throw invalidParameter('TopicArn')
  return address
}

/** The subscription that a request names. Its last element is a UUID. */
export function readSubscriptionArn(arn = ''): SubscriptionPlace {
  if (arn === '') throw invalidParameter('SubscriptionArn Reason: no value for required parameter')
  if (!hasElements(arn)) throw notAnArn('SubscriptionArn', arn)
  const place = subscriptionOfArn(arn)
  if (place === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(place.id)) {
    throw invalidParameter('SubscriptionId')
  }
  return place
}

function hasElements(arn: string): boolean {
  return arn.split(':').length >= ARN_ELEMENTS
}

/** The topic of an ARN. That of another account must let the caller in by its policy. */
export async function existingTopic(
  store: SnsReader,
  arn: string | undefined,
  call: Call,
  action: string,
): Promise<Topic> {
  const address = readTopicArn(arn, call.region)
  const topic = await store.findTopic(address)
  const { accountId, principalArn } = call
  if (address.accountId !== accountId) {
    const isAllowed = mayAccess(topic?.attributes.Policy, `sns:${action}`, arn ?? '', {
      accountId,
      principalArn,
    })
    if (!isAllowed) throw notAuthorized(action, call, arn ?? '')
  }
  if (topic === undefined) throw topicNotFound()
  return topic
}
