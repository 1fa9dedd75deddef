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

export function laneOf(group: GroupKey, stream: string, { destinationArn }: Subscription): string {
  return isOwnLog(group, stream, destinationArn) ? OWN_LOG + destinationArn : destinationArn
}

export function isOrdered(lane: string): boolean {
  return lane.startsWith(OWN_LOG)
}

/** Of a function that writes to a group of its owner's choice: `2026/11/21/name[$LATEST]4f1c…`. */
const NAMED_STREAM = /^\d{4}\/\d\d\/\d\d\/([^[\]]+)\[[^\]]+\][0-9a-f]{32}$/

/** Whether the stream is one that the function writes itself. */
function isOwnLog({ name }: GroupKey, stream: string, functionArn: string): boolean {
  const functionName = parseArn(functionArn)?.resource.split(':')[1]
  return name === `/aws/lambda/${functionName}` || NAMED_STREAM.exec(stream)?.[1] === functionName
}
