import { type TopicAddress, topicArn, topicOfArn } from './topic.ts'

export interface Subscription {
  readonly topic: TopicAddress
  readonly id: string
  /** The account that subscribed. */
  readonly owner: string
  readonly principalArn: string
  readonly protocol: 'lambda' | 'sqs'
  /** An ARN. */
  readonly endpoint: string
  /** Those that were set, in AWS's names: FilterPolicy, RawMessageDelivery and the like. */
  readonly attributes: Readonly<Record<string, string>>
}

export function subscriptionArn({ topic, id }: Pick<Subscription, 'topic' | 'id'>): string {
  return `${topicArn(topic)}:${id}`
}

/** Where a subscription is, or undefined where the text is no ARN of one. */
export function subscriptionOfArn(text: string): Pick<Subscription, 'topic' | 'id'> | undefined {
  const at = text.lastIndexOf(':')
  const topic = topicOfArn(text.slice(0, at))
  return topic && { topic, id: text.slice(at + 1) }
}
