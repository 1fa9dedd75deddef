import type { Call } from '../../aws/operation.ts'
import { mayAccess } from '../../aws/policy/resource-policy.ts'
import { invalidParameter, notAuthorized, topicNotFound } from './errors.ts'
import type { SnsReader } from './store.ts'
import { type Topic, topicOfArn } from './topic.ts'

/** The topic of an ARN. That of another account must let the caller in by its policy. */
export async function existingTopic(
  store: SnsReader,
  arn: string | undefined,
  call: Call,
  action: string,
): Promise<Topic> {
  const address = topicOfArn(arn ?? '')
  if (address === undefined || address.region !== call.region) throw invalidParameter('TopicArn')
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
