import type { Transaction } from 'kysely'
import type { Tables } from '../../store/database.ts'
import type { Block } from './block.ts'
import type { GroupKey, LogGroup } from './group.ts'
import type { ResourcePolicy } from './resource-policy.ts'
import type { LogStream } from './stream.ts'
import type { Subscription } from './subscriptions/subscription.ts'

/** Where log groups, streams and events are kept. Every method is one transaction. */
export interface LogStore {
  /** False where there is one of that name. */
  createGroup(group: Omit<LogGroup, 'id'>): Promise<boolean>
  findGroup(key: GroupKey): Promise<LogGroup | undefined>
  /** By name, in the order of their bytes. */
  listGroups(list: GroupList): Promise<LogGroup[]>
  /** The bytes stored in each group, events not yet removed by `removeExpired` included. */
  storedBytes(groupIds: readonly number[]): Promise<Map<number, number>>
  /** Changes what may change of a group; what is left out stays. False where there is no such group. */
  changeGroup(key: GroupKey, change: GroupChange): Promise<boolean>
  /** With its streams, all their events, and its subscriptions. */
  deleteGroup(group: LogGroup): Promise<void>

  /** False where the group has one of that name. */
  createStream(groupId: number, stream: { name: string; createdAt: number }): Promise<boolean>
  findStreams(groupId: number, names: readonly string[]): Promise<LogStream[]>
  listStreams(groupId: number, list: StreamList): Promise<LogStream[]>
  /** Ids that are no stream's, any more, are left out. */
  streamNames(streamIds: readonly number[]): Promise<Map<number, string>>
  deleteStream(streamId: number): Promise<void>

  /**
   * Adds blocks to streams, making those streams and groups that are not there yet: all or none. Blocks of one
   * stream keep their order among events of the same timestamp.
   */
  append(batches: readonly StreamBatch[], now: number): Promise<void>

  /** Adds blocks to a stream that is there. False where it is not, any more. */
  appendTo(streamId: number, added: Appended, now: number): Promise<boolean>

  /** Blocks that may hold events of the range, in the reading order of their first events. */
  readBlocks(query: BlockQuery): Promise<StoredBlock[]>
  /** Those that are there still, in the order of their ids. */
  findBlocks(ids: readonly number[]): Promise<StoredBlock[]>

  /** Removes the blocks whose events have all expired under their group's retention. Returns how many. */
  removeExpired(now: number): Promise<number>

  /** By name, in the order of their bytes; none where there is no such group. */
  subscriptionsOf(group: GroupKey): Promise<Subscription[]>
  /** Makes one or replaces that of its name, which keeps its time of creation. Refused beyond `max` in a group. */
  putSubscription(
    group: LogGroup,
    subscription: Subscription,
    max: number,
  ): Promise<'put' | 'too many' | 'no such group'>
  /** False where the group has none of that name. */
  deleteSubscription(group: LogGroup, name: string): Promise<boolean>

  /** By name, in the order of their bytes. */
  resourcePolicies(scope: Scope): Promise<ResourcePolicy[]>
  /** Makes one or replaces that of its name. False where there are `max` others. */
  putResourcePolicy(scope: Scope, policy: ResourcePolicy, max: number): Promise<boolean>
  /** False where there is none of that name. */
  deleteResourcePolicy(scope: Scope, name: string): Promise<boolean>
}

export type Scope = Pick<GroupKey, 'accountId' | 'region'>

/** Blocks that come to a stream. */
export interface Appended {
  readonly blocks: readonly Block[]
  /** Leaves word of them for others, in the write that keeps them; it is given their ids, in their order. */
  readonly announce?: Announce | undefined
}

export type Announce = (transaction: Transaction<Tables>, blockIds: readonly number[]) => Promise<void>

export interface GroupList {
  readonly accountId: string
  readonly region: string
  readonly prefix?: string | undefined
  /** Names that contain it, in the same case. */
  readonly containing?: string | undefined
  readonly names?: readonly string[] | undefined
  /** Names after this one. */
  readonly after?: string | undefined
  readonly limit: number
}

export interface GroupChange {
  readonly retentionDays?: number | null
  readonly isDeletionProtected?: boolean
  readonly addTags?: Readonly<Record<string, string>>
  readonly removeTags?: readonly string[]
}

export interface StreamList {
  readonly prefix?: string | undefined
  readonly orderBy: 'LogStreamName' | 'LastEventTime'
  readonly descending: boolean
  /** The last stream of the page before: its name, and its last event's time, 0 where it has none. */
  readonly after?: { readonly name: string; readonly lastEventAt: number } | undefined
  readonly limit: number
}

export interface StreamBatch extends Appended {
  readonly group: GroupKey
  readonly stream: string
}

export interface BlockQuery {
  readonly groupId: number
  readonly streams: StreamChoice
  /** Timestamps, both inclusive. */
  readonly from: number
  readonly to: number
  readonly direction: Direction
  /** The last block of the page before. */
  readonly after?: StoredBlock | undefined
  readonly limit: number
}

export type StreamChoice = 'all' | { readonly ids: readonly number[] } | { readonly prefix: string }
export type Direction = 'forward' | 'backward'

export interface StoredBlock {
  readonly id: number
  readonly streamId: number
  readonly firstAt: number
  readonly lastAt: number
  readonly ingestedAt: number
  readonly packed: Uint8Array
}
