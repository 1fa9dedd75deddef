import type { Transaction } from 'kysely'
import type { Tables } from '../../store/database.ts'
import type { Mail } from './mail.ts'
import type { PlatformApplication, PlatformEndpoint } from './platform.ts'
import type { Scope } from './scope.ts'
import type { AccountSettings } from './sms.ts'
import type { Subscription, SubscriptionPlace } from './subscription.ts'
import type { Topic, TopicAddress } from './topic.ts'

export interface Page {
  /** What sorts behind this: a topic's name, a subscription's ARN. */
  readonly after?: string
  readonly limit: number
}

export interface SnsReader extends PlatformReader {
  findTopic(address: TopicAddress): Promise<Topic | undefined>
  /** In the order of their names. */
  listTopics(scope: Scope, page: Page): Promise<Topic[]>
  findSubscription(place: SubscriptionPlace): Promise<Subscription | undefined>
  /** Of a topic, whoever has subscribed; in the order of their ARNs. */
  subscriptionsOf(topic: TopicAddress, page: Page): Promise<Subscription[]>
  countSubscriptions(topic: TopicAddress): Promise<number>
  /** Those of an account; in the order of their ARNs. */
  listSubscriptions(owner: Scope, page: Page): Promise<Subscription[]>
  findByEndpoint(
    topic: TopicAddress,
    target: Pick<Subscription, 'protocol' | 'endpoint'>,
  ): Promise<Subscription | undefined>
  findDeparted(place: SubscriptionPlace): Promise<Departed | undefined>
  /** Those of an account that has none yet are empty. */
  accountSettings(scope: Scope): Promise<AccountSettings>
  /** The newest first; at most as many as are kept. */
  listMail(scope: Scope, to?: string): Promise<Mail[]>
}

/** Applications for mobile push, and where they are installed. Each is known by its ARN, and listed in that order. */
export interface PlatformReader {
  findApplication(arn: string): Promise<PlatformApplication | undefined>
  listApplications(scope: Scope, page: Page): Promise<PlatformApplication[]>
  findEndpoint(arn: string): Promise<PlatformEndpoint | undefined>
  findEndpointByToken(applicationArn: string, token: string): Promise<PlatformEndpoint | undefined>
  listEndpoints(applicationArn: string, page: Page): Promise<PlatformEndpoint[]>
}

export interface PlatformEditor {
  saveApplication(application: PlatformApplication): Promise<void>
  /** With its endpoints. */
  removeApplication(arn: string): Promise<void>
  saveEndpoint(endpoint: PlatformEndpoint): Promise<void>
  removeEndpoint(arn: string): Promise<void>
}

/** A subscription that has ended; until then its token brings it back. */
export interface Departed {
  readonly subscription: Subscription
  readonly token: string
  readonly expiresAt: number
}

/** A message of a FIFO topic that another one may be a duplicate of. */
export interface PublishedBefore {
  readonly key: string
  readonly messageId: string
  readonly sequence: number
  readonly expiresAt: number
}

export interface SnsEditor extends SnsReader, PlatformEditor {
  readonly transaction: Transaction<Tables>
  /** Adds it, or puts it in the place of the one with its name. */
  saveTopic(topic: Topic): Promise<void>
  /** With its subscriptions, and all else that is kept of it. */
  removeTopic(address: TopicAddress): Promise<void>
  /** Counts the messages of a FIFO topic from 1. */
  nextSequence(topic: TopicAddress): Promise<number>
  findPublished(topic: TopicAddress, key: string): Promise<PublishedBefore | undefined>
  keepPublished(topic: TopicAddress, published: PublishedBefore): Promise<void>
  /** Those whose time is over. */
  forgetPublished(topic: TopicAddress, now: number): Promise<void>
  saveSubscription(subscription: Subscription): Promise<void>
  removeSubscription(place: SubscriptionPlace): Promise<void>
  keepDeparted(departed: Departed): Promise<void>
  removeDeparted(place: SubscriptionPlace): Promise<void>
  /** Those whose time is over. */
  forgetDeparted(now: number): Promise<void>
  saveAccountSettings(scope: Scope, settings: AccountSettings): Promise<void>
  /** Keeps it, unless it is there already, and lets go of the oldest that are too many. */
  keepMail(scope: Scope, mail: Mail): Promise<void>
  clearMail(scope: Scope): Promise<void>
}

export interface SnsStore extends SnsReader {
  /** One transaction, all of it or nothing. `work` may run again, and must have no effects outside. */
  change<Result>(work: (editor: SnsEditor) => Promise<Result>): Promise<Result>
}
