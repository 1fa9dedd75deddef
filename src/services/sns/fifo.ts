import { createHash } from 'node:crypto'
import { invalidParameter } from './errors.ts'
import type { Topic } from './topic.ts'

/** Where a message stands among others, and what makes it a duplicate. */
export interface Order {
  /** FIFO topics: what is ordered. Standard ones hand it on to queues, as their tenant for fair queues. */
  readonly groupId?: string
  /** FIFO topics only. */
  readonly deduplicationId?: string
}

export interface OrderInput {
  readonly Message?: string | undefined
  readonly MessageGroupId?: string | undefined
  readonly MessageDeduplicationId?: string | undefined
}

/** Amazon SNS Developer Guide, "Message deduplication for FIFO topics": the same is published once in 5 minutes. */
export const DEDUPLICATION_MS = 5 * 60_000

const ID = /^[!-~]{1,128}$/

export function isFifo({ attributes }: Pick<Topic, 'attributes'>): boolean {
  return attributes.FifoTopic === 'true'
}

export function readOrder(input: OrderInput, topic: Pick<Topic, 'attributes'>): Order {
  const { MessageGroupId: groupId, MessageDeduplicationId: given } = input
  if (groupId !== undefined && !ID.test(groupId)) throw invalidParameter('MessageGroupId')
  if (given !== undefined && !ID.test(given)) throw invalidParameter('MessageDeduplicationId')
  if (isFifo(topic)) return fifoOrder(input, topic)
  if (given !== undefined) {
    throw invalidParameter(
      'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    )
  }
  return groupId === undefined ? {} : { groupId }
}

function fifoOrder(input: OrderInput, { attributes }: Pick<Topic, 'attributes'>): Order {
  const { Message = '', MessageGroupId: groupId, MessageDeduplicationId: given } = input
  if (groupId === undefined) {
    throw invalidParameter('The MessageGroupId parameter is required for FIFO topics')
  }
  if (given !== undefined) return { groupId, deduplicationId: given }
  if (attributes.ContentBasedDeduplication !== 'true') {
    throw invalidParameter(
      'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    )
  }
  return { groupId, deduplicationId: createHash('sha256').update(Message).digest('hex') }
}

/** What two messages must have in common for the second to be a duplicate of the first. */
export function deduplicationKey({ attributes }: Pick<Topic, 'attributes'>, order: Order): string {
  const { groupId = '', deduplicationId = '' } = order
  // Both have no blanks, so that one cannot be taken for the other.
  return attributes.FifoThroughputScope === 'MessageGroup' ? `${groupId} ${deduplicationId}` : deduplicationId
}

/** Twenty digits that grow with every message of a topic. */
export function sequenceNumber(count: number): string {
  return String(10_000_000_000_000_000_000n + BigInt(count))
}
