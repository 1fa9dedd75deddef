import { type ReceivedMessage, sequenceNumber } from './message.ts'

/** API reference, "ReceiveMessage", MessageSystemAttributeNames. */
export function systemAttributesOf(message: ReceivedMessage): Record<string, string> {
  const { groupId, deduplicationId, traceHeader, deadLetterSource } = message
  return {
    SenderId: message.senderId,
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAt),
    ...(deduplicationId !== undefined && {
      SequenceNumber: sequenceNumber(message.id),
      MessageDeduplicationId: deduplicationId,
    }),
    ...(groupId !== undefined && { MessageGroupId: groupId }),
    ...(traceHeader !== undefined && { AWSTraceHeader: traceHeader }),
    ...(deadLetterSource !== undefined && { DeadLetterQueueSourceArn: deadLetterSource }),
  }
}
