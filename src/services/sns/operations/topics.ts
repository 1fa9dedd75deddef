import { isDeepStrictEqual } from 'node:util'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import { effectiveTopicPolicy } from '../delivery-policy.ts'
import type { SnsOperation } from '../deps.ts'
import { invalidNextToken, invalidParameter, unsupported } from '../errors.ts'
import { isFifo } from '../fifo.ts'
import { existingTopic, readTopicArn } from '../resolve.ts'
import { isPending } from '../subscription.ts'
import { SUBSCRIPTIONS_MAX } from '../subscription-limits.ts'
import { tagsFrom } from '../tags.ts'
import { defaultPolicy, type Topic, topicArn } from '../topic.ts'
import { readTopicAttributes } from '../topic-attributes.ts'

/** Made once: the same call again answers with the topic that is there. */
export const createTopic: SnsOperation<'CreateTopic'> = async ({ store }, input, call) => {
  const { Name: name = '', Attributes = {}, DataProtectionPolicy, Tags } = input
  const isOrdered = Attributes.FifoTopic === 'true'
  checkName(name, isOrdered)
  if (DataProtectionPolicy !== undefined) throw unsupported('DataProtectionPolicy')
  const attributes = readTopicAttributes(Attributes, isOrdered)
  const { accountId, region } = call
  const topic: Topic = { accountId, region, name, attributes, tags: tagsFrom(Tags) }
  await store.change(async (editor) => {
    const found = await editor.findTopic(topic)
    if (found === undefined) return editor.saveTopic(topic)
    refuseOtherwise(found, topic, Tags !== undefined)
  })
  return { TopicArn: topicArn(topic) }
}

function checkName(name: string, isFifo: boolean): void {
  if (!isFifo && !/^[\w-]{1,256}$/.test(name)) throw invalidParameter('Topic Name')
  if (isFifo && !/^[\w-]{1,251}\.fifo$/.test(name)) {
    throw invalidParameter(
      'Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.',
    )
  }
}

function refuseOtherwise(found: Topic, wanted: Topic, hasTags: boolean): void {
  const isSame = Object.entries(wanted.attributes).every(([name, value]) => found.attributes[name] === value)
  if (!isSame) throw invalidParameter('Attributes Reason: Topic already exists with different attributes')
  if (hasTags && !isDeepStrictEqual(found.tags, wanted.tags)) {
    throw invalidParameter('Tags Reason: Topic already exists with different tags')
  }
}

/** Deletes its subscriptions, too. What is not there is deleted already. */
export const deleteTopic: SnsOperation<'DeleteTopic'> = async ({ store }, { TopicArn = '' }, call) => {
  const address = readTopicArn(TopicArn, call.region)
  if (address.accountId !== call.accountId) await existingTopic(store, TopicArn, call, 'DeleteTopic')
  await store.change((editor) => editor.removeTopic(address))
  return {}
}

export const listTopics: SnsOperation<'ListTopics'> = async ({ store }, input, call) => {
  const { limit, ...from } = pageStart(input, invalidNextToken)
  const topics = await store.listTopics(call, { ...from, limit: limit + 1 })
  const { shown, rest } = pageOf(topics, limit, ({ name }) => name)
  return { Topics: shown.map((topic) => ({ TopicArn: topicArn(topic) })), ...rest }
}

export const getTopicAttributes: SnsOperation<'GetTopicAttributes'> = async ({ store }, input, call) => {
  const topic = await existingTopic(store, input.TopicArn, call, 'GetTopicAttributes')
  const subscriptions = await store.subscriptionsOf(topic, { limit: SUBSCRIPTIONS_MAX })
  const pending = subscriptions.filter(isPending).length
  const Attributes = {
    TopicArn: topicArn(topic),
    Owner: topic.accountId,
    DisplayName: '',
    Policy: defaultPolicy(topic),
    EffectiveDeliveryPolicy: JSON.stringify(effectiveTopicPolicy(topic.attributes.DeliveryPolicy)),
    SubscriptionsConfirmed: String(subscriptions.length - pending),
    SubscriptionsPending: String(pending),
    // AWS keeps deleted ones for three days and counts them; here they are gone.
    SubscriptionsDeleted: '0',
    ...(isFifo(topic) && { ContentBasedDeduplication: 'false' }),
    ...topic.attributes,
  }
  return { Attributes }
}

export const setTopicAttributes: SnsOperation<'SetTopicAttributes'> = async ({ store }, input, call) => {
  const { TopicArn, AttributeName: name = '', AttributeValue: value = '' } = input
  await store.change(async (editor) => {
    const topic = await existingTopic(editor, TopicArn, call, 'SetTopicAttributes')
    if (name === 'FifoTopic') throw invalidParameter('AttributeName')
    const { [name]: _, ...others } = topic.attributes
    const changed = readTopicAttributes({ [name]: value }, isFifo(topic))
    return editor.saveTopic({ ...topic, attributes: { ...others, ...changed } })
  })
  return {}
}
