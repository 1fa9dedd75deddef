import type { Random } from '../../base/random.ts'
import { type TopicAddress, topicArn, topicOfArn } from './topic.ts'

/** Amazon SNS Developer Guide, "Confirming an Amazon SNS subscription": for so long a token is good. */
export const TOKEN_MS = 2 * 24 * 60 * 60_000

export interface Consent {
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly askedAt: number
  readonly isPending: boolean
  /** Whether only those who may manage it can end it. */
  readonly needsAuthentication: boolean
}

export type Protocol = 'lambda' | 'sqs' | 'http' | 'https' | 'email' | 'email-json' | 'sms' | 'application'

export interface Subscription {
  readonly topic: TopicAddress
  readonly id: string
  /** The account that subscribed. */
  readonly owner: string
  readonly principalArn: string
  readonly protocol: Protocol
  /** An ARN, a URL, an address or a phone number. */
  readonly endpoint: string
  /** Where who subscribed has reached lambdad: links in messages lead there. */
  readonly callback: string
  /** Of those who must agree before they are sent anything else. */
  readonly consent?: Consent
  /** Those that were set, in AWS's names: FilterPolicy, RawMessageDelivery and the like. */
  readonly attributes: Readonly<Record<string, string>>
}

export function subscriptionArn({ topic, id }: SubscriptionPlace): string {
  return `${topicArn(topic)}:${id}`
}

/** Where a subscription is. */
export type SubscriptionPlace = Pick<Subscription, 'topic' | 'id'>

/** The place that an ARN names, or undefined where the text is no ARN of a subscription. */
export function subscriptionOfArn(text: string): SubscriptionPlace | undefined {
  const at = text.lastIndexOf(':')
  const topic = topicOfArn(text.slice(0, at))
  return topic && { topic, id: text.slice(at + 1) }
}

/** 160 hex digits, of which the first are the subscription's id. */
export function newToken(id: string, random: Pick<Random, 'hex'>): string {
  return id.replaceAll('-', '') + random.hex(64)
}

/** The id that a token begins with, or undefined where it is no token of ours. */
export function idOfToken(token: string): string | undefined {
  if (!/^[0-9a-f]{160}$/.test(token)) return undefined
  const [, ...groups] = /^(.{8})(.{4})(.{4})(.{4})(.{12})/.exec(token) ?? []
  return groups.join('-')
}

export function isPending({ consent }: Subscription): boolean {
  return consent?.isPending ?? false
}
