import { parseArn } from '../../../aws/arn.ts'
import type { GroupKey } from '../group.ts'
import type { Subscription } from './subscription.ts'

/** What the outbox holds: events of one stream for one subscriber. The events themselves are in the log's blocks. */
export interface Delivery {
  readonly group: GroupKey
  readonly stream: string
  /** The subscription filter's name. */
  readonly filter: string
  readonly destinationArn: string
  readonly blocks: readonly BlockChoice[]
}

export interface BlockChoice {
  readonly id: number
  /** Which of the block's events: pairs of the first one's index and how many follow it; all where absent. */
  readonly runs?: readonly number[]
}

/** Where a function is told of what it writes itself, one delivery comes after the other: see `deliver`. */
const OWN_LOG = 'own-log:'

export function laneOf(group: GroupKey, { destinationArn }: Subscription): string {
  return isOwnLog(group, destinationArn) ? OWN_LOG + destinationArn : destinationArn
}

export function isOrdered(lane: string): boolean {
  return lane.startsWith(OWN_LOG)
}

/** Whether the group is where the function's own output goes, unless its `LoggingConfig` says otherwise. */
export function isOwnLog({ name }: GroupKey, functionArn: string): boolean {
  return name === `/aws/lambda/${parseArn(functionArn)?.resource.split(':')[1]}`
}
