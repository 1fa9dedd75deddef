import { formatArn } from '../../aws/arn.ts'

export interface QueueKey {
  readonly accountId: string
  readonly region: string
  readonly name: string
}

/** A queue as it is kept. Times are milliseconds since the epoch. */
export interface QueueRecord extends QueueKey {
  readonly id: number
  readonly createdAt: number
  readonly modifiedAt: number
  /** All that can be set, in AWS's names and as text; defaults included. */
  readonly attributes: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
}

/** A queue with its attributes read: what every message is handled by. */
export interface Queue extends QueueRecord {
  readonly arn: string
  readonly isFifo: boolean
  readonly visibilityTimeoutMs: number
  readonly delayMs: number
  readonly retentionMs: number
  readonly messageBytesMax: number
  readonly waitMs: number
  /** FIFO: the body's SHA-256 stands for a missing deduplication id. */
  readonly deduplicatesByContent: boolean
  /** FIFO: a deduplication id counts within its message group only. */
  readonly deduplicatesInGroups: boolean
  readonly redrive: RedrivePolicy | undefined
}

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string
  readonly maxReceiveCount: number
}

/** Which queues may name a queue as their dead-letter queue. */
export interface RedriveAllowPolicy {
  readonly redrivePermission: 'allowAll' | 'denyAll' | 'byQueue'
  readonly sourceQueueArns: readonly string[]
}

export function queueArn({ accountId, region, name }: QueueKey): string {
  return formatArn({ service: 'sqs', region, accountId, resource: name })
}

export function readQueue(record: QueueRecord): Queue {
  const { attributes } = record
  const ms = (name: string) => 1000 * Number(attributes[name])
  return {
    ...record,
    arn: queueArn(record),
    isFifo: attributes.FifoQueue === 'true',
    visibilityTimeoutMs: ms('VisibilityTimeout'),
    delayMs: ms('DelaySeconds'),
    retentionMs: ms('MessageRetentionPeriod'),
    messageBytesMax: Number(attributes.MaximumMessageSize),
    waitMs: ms('ReceiveMessageWaitTimeSeconds'),
    deduplicatesByContent: attributes.ContentBasedDeduplication === 'true',
    deduplicatesInGroups: attributes.DeduplicationScope === 'messageGroup',
    redrive: readRedrivePolicy(attributes.RedrivePolicy),
  }
}

function readRedrivePolicy(text: string | undefined): RedrivePolicy | undefined {
  if (text === undefined) return undefined
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(text)
  return { deadLetterTargetArn, maxReceiveCount: Number(maxReceiveCount) }
}

export function redriveAllowPolicyOf({ attributes }: QueueRecord): RedriveAllowPolicy {
  const { redrivePermission = 'allowAll', sourceQueueArns = [] } = JSON.parse(
    attributes.RedriveAllowPolicy ?? '{}',
  )
  return { redrivePermission, sourceQueueArns }
}
