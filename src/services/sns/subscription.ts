import { type TopicAddress, topicArn, topicOfArn } from './topic.ts'

export interface Consent {
  /** Begins with the subscription's id. */
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly askedAt: number
  readonly isPending: boolean
  /** Whether only those who may manage it can end it. */
  readonly needsAuthentication: boolean
  /** Where who subscribed has reached lambdad: links in messages lead there. */
  readonly callback: string
}

export interface Subscription {
  readonly topic: TopicAddress
  readonly id: string
  /** The account that subscribed. */
  readonly owner: string
  readonly principalArn: string
  readonly protocol: 'lambda' | 'sqs' | 'http' | 'https'
  /** An ARN, or a URL. */
  readonly endpoint: string
  /** Of HTTP endpoints, which must agree before they are sent anything else. */
  readonly consent?: Consent
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

export function isPending({ consent }: Subscription): boolean {
  return consent?.isPending ?? false
}
