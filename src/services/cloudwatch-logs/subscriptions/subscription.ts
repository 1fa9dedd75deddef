import type { GroupKey } from '../group.ts'

/** A subscription filter: which events of a log group go to a function. */
export interface Subscription {
  readonly name: string
  readonly pattern: string
  /** A function, or a version or alias of it. */
  readonly destinationArn: string
  /** Means something to Kinesis streams alone; kept, and shown. */
  readonly distribution: 'ByLogStream' | 'Random'
  readonly createdAt: number
}

/** Of one log group (API reference, PutSubscriptionFilter). */
export const SUBSCRIPTIONS_MAX = 2

/** A group's subscriptions have changed, or the group has gone. */
export const SUBSCRIPTIONS_CHANGED = 'logs.subscriptions'

export function subscriptionsKey({ accountId, region, name }: GroupKey): string {
  return `${accountId}/${region}/${name}`
}
