/** Where S3 tells of what happens in a bucket. */
export interface Notification {
  readonly id: string
  readonly kind: 'lambda' | 'sqs' | 'sns'
  readonly arn: string
  /** `s3:ObjectCreated:*` */
  readonly events: readonly string[]
  readonly prefix: string
  readonly suffix: string
}

export interface NotificationSettings {
  readonly targets: readonly Notification[]
  /** To the default bus of the account. */
  readonly eventBridge: boolean
}

/** Everything that lambdad tells of. */
export const EVENTS = [
  'ObjectCreated:Put',
  'ObjectCreated:Post',
  'ObjectCreated:Copy',
  'ObjectCreated:CompleteMultipartUpload',
  'ObjectRemoved:Delete',
  'ObjectRemoved:DeleteMarkerCreated',
  'ObjectTagging:Put',
  'ObjectTagging:Delete',
  'ObjectAcl:Put',
  'LifecycleExpiration:Delete',
  'LifecycleExpiration:DeleteMarkerCreated',
  'LifecycleTransition',
] as const
export type EventName = (typeof EVENTS)[number]

/** What AWS also tells of, and cannot happen here: it may be asked for all the same. */
const NEVER = [
  'ReducedRedundancyLostObject',
  'ObjectRestore:Post',
  'ObjectRestore:Completed',
  'ObjectRestore:Delete',
  'Replication:OperationFailedReplication',
  'Replication:OperationMissedThreshold',
  'Replication:OperationReplicatedAfterThreshold',
  'Replication:OperationNotTracked',
  'IntelligentTiering',
]

export function isEvent(name: string): boolean {
  return matching(NEVER, name).length > 0 || eventsOf(name).length > 0
}

/** Which events a name with or without an asterisk stands for. */
export function eventsOf(name: string): EventName[] {
  return matching(EVENTS, name)
}

function matching<Name extends string>(events: readonly Name[], name: string): Name[] {
  const wanted = name.replace(/^s3:/, '')
  return events.filter((event) => event === wanted || `${event.split(':')[0]}:*` === wanted)
}

export function wants({ events, prefix, suffix }: Notification, event: EventName, key: string): boolean {
  return (
    key.startsWith(prefix) && key.endsWith(suffix) && events.some((name) => eventsOf(name).includes(event))
  )
}

/** Whether one event could go to both: which S3 does not allow. */
export function overlap(one: Notification, other: Notification): boolean {
  const events = new Set(one.events.flatMap(eventsOf))
  return (
    other.events.some((name) => eventsOf(name).some((event) => events.has(event))) &&
    (one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix)) &&
    (one.suffix.endsWith(other.suffix) || other.suffix.endsWith(one.suffix))
  )
}
