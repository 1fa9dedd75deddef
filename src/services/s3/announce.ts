import type { Transaction } from 'kysely'
import type { Clock } from '../../base/clock.ts'
import type { Tables } from '../../store/database.ts'
import type { Bucket } from './bucket.ts'
import type { Delivery } from './deliver.ts'
import { type EventName, type Notification, wants } from './notification.ts'
import { NO_VERSION, type ObjectVersion, sizeOf } from './object.ts'

/** Who made it happen. */
export interface Cause {
  readonly accountId: string
  readonly requestId: string
  /** S3 itself, by a lifecycle rule. */
  readonly isS3?: boolean
}

export interface Happened {
  readonly event: EventName
  readonly version: ObjectVersion
  readonly cause: Cause
}

/** Leaves word of what happened for those whom the bucket tells, in the write that makes it happen. */
export type Announce = (transaction: Transaction<Tables>, bucket: Bucket, happened: Happened) => Promise<void>

interface AnnounceDeps {
  readonly clock: Clock
  readonly add: (
    transaction: Transaction<Tables>,
    items: readonly { readonly lane: string; readonly body: string }[],
  ) => Promise<unknown>
}

export function createAnnounce({ clock, add }: AnnounceDeps): Announce {
  let count = 0
  return async (transaction, bucket, happened) => {
    const { targets = [], eventBridge = false } = bucket.notifications ?? {}
    const { event, version } = happened
    const wanting = targets.filter((target) => wants(target, event, version.key))
    if (wanting.length === 0 && !eventBridge) return
    const now = clock.now()
    const sequencer = sequencerOf(now, count++)
    const about = { bucket, happened, now, sequencer }
    const { accountId, region, name } = bucket
    const deliveries: Delivery[] = wanting.map((target) => ({
      kind: target.kind,
      arn: target.arn,
      body: JSON.stringify({ Records: [recordOf(target, about)] }),
      bucket: name,
      accountId,
      at: now,
    }))
    if (eventBridge) {
      const arn = `arn:aws:events:${region}:${accountId}:event-bus/default`
      const { detailType, detail } = busEventOf(about)
      const body = JSON.stringify(detail)
      deliveries.push({ kind: 'events', arn, detailType, body, bucket: name, accountId, at: now })
    }
    const items = deliveries.map((delivery) => ({ lane: delivery.arn, body: JSON.stringify(delivery) }))
    await add(transaction, items)
  }
}

interface About {
  readonly bucket: Bucket
  readonly happened: Happened
  readonly now: number
  readonly sequencer: string
}

/** Of two events of one key, the later has the greater one. */
function sequencerOf(now: number, count: number): string {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0')
  return hex(now, 14) + hex(count % 0x1_0000, 4)
}

/** Amazon S3 User Guide, "Event message structure". */
function recordOf({ id }: Notification, { bucket, happened, now, sequencer }: About) {
  const { event, cause, version } = happened
  const { isDeletion, isCreation, isLifecycle, isAside } = kindOf(event)
  return {
    eventVersion: isAside || isLifecycle ? '2.3' : '2.1',
    eventSource: 'aws:s3',
    awsRegion: bucket.region,
    eventTime: new Date(now).toISOString(),
    eventName: event,
    userIdentity: { principalId: cause.isS3 ? S3_ITSELF : `AWS:${cause.accountId}` },
    requestParameters: { sourceIPAddress: cause.isS3 ? S3_ITSELF : SOURCE_ADDRESS },
    responseElements: { 'x-amz-request-id': cause.requestId, 'x-amz-id-2': cause.requestId },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: id,
      bucket: {
        name: bucket.name,
        ownerIdentity: { principalId: bucket.accountId },
        arn: `arn:aws:s3:::${bucket.name}`,
      },
      object: {
        key: formEncoded(version.key),
        ...(isCreation && { size: sizeOf(version) }),
        ...(!isDeletion && { eTag: version.etag }),
        ...(version.versionId !== NO_VERSION && { versionId: version.versionId }),
        ...(!isAside && { sequencer }),
      },
    },
    ...(event === 'LifecycleTransition' && {
      lifecycleEventData: { transitionEventData: { destinationStorageClass: version.storageClass } },
    }),
  }
}

function kindOf(event: EventName) {
  return {
    isCreation: event.startsWith('ObjectCreated'),
    isDeletion: event.startsWith('ObjectRemoved') || event.startsWith('LifecycleExpiration'),
    isLifecycle: event.startsWith('Lifecycle'),
    /** Nothing became of the object itself. */
    isAside: event.startsWith('ObjectTagging') || event.startsWith('ObjectAcl'),
  }
}

const S3_ITSELF = 's3.amazonaws.com'
/** Operations do not learn their caller's address. */
const SOURCE_ADDRESS = '127.0.0.1'

const BUS_EVENTS: Readonly<
  Record<EventName, { readonly type: string; readonly reason?: string; readonly deletion?: string }>
> = {
  'ObjectCreated:Put': { type: 'Object Created', reason: 'PutObject' },
  'ObjectCreated:Post': { type: 'Object Created', reason: 'PostObject' },
  'ObjectCreated:Copy': { type: 'Object Created', reason: 'CopyObject' },
  'ObjectCreated:CompleteMultipartUpload': { type: 'Object Created', reason: 'CompleteMultipartUpload' },
  'ObjectRemoved:Delete': {
    type: 'Object Deleted',
    reason: 'DeleteObject',
    deletion: 'Permanently Deleted',
  },
  'ObjectRemoved:DeleteMarkerCreated': {
    type: 'Object Deleted',
    reason: 'DeleteObject',
    deletion: 'Delete Marker Created',
  },
  'ObjectTagging:Put': { type: 'Object Tags Added' },
  'ObjectTagging:Delete': { type: 'Object Tags Deleted' },
  'ObjectAcl:Put': { type: 'Object ACL Updated' },
  'LifecycleExpiration:Delete': {
    type: 'Object Deleted',
    reason: 'Lifecycle Expiration',
    deletion: 'Permanently Deleted',
  },
  'LifecycleExpiration:DeleteMarkerCreated': {
    type: 'Object Deleted',
    reason: 'Lifecycle Expiration',
    deletion: 'Delete Marker Created',
  },
  LifecycleTransition: { type: 'Object Storage Class Changed' },
}

/** Amazon S3 User Guide, "EventBridge event message structure". */
function busEventOf({ bucket, happened, sequencer }: About) {
  const { event, cause, version } = happened
  const { type, reason, deletion } = BUS_EVENTS[event]
  const { isCreation, isDeletion } = kindOf(event)
  const isTransition = event === 'LifecycleTransition'
  const detail = {
    version: '0',
    bucket: { name: bucket.name },
    object: {
      key: version.key,
      ...((isCreation || isTransition) && { size: sizeOf(version) }),
      ...(!isDeletion && { etag: version.etag }),
      ...(version.versionId !== NO_VERSION && { 'version-id': version.versionId }),
      ...(reason !== undefined && { sequencer }),
    },
    'request-id': cause.requestId,
    requester: cause.isS3 ? S3_ITSELF : cause.accountId,
    ...(!cause.isS3 && { 'source-ip-address': SOURCE_ADDRESS }),
    ...(reason !== undefined && { reason }),
    ...(deletion !== undefined && { 'deletion-type': deletion }),
    ...(isTransition && { 'destination-storage-class': version.storageClass }),
  }
  return { detailType: type, detail }
}

/** As Java's URLEncoder has it, but for the slash. */
function formEncoded(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
