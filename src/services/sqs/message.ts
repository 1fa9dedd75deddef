/** A message as it is sent: checked, and with what the queue adds. Times are milliseconds since the epoch. */
export interface NewMessage {
  readonly messageId: string
  readonly body: string
  readonly attributes: MessageAttributes | undefined
  readonly senderId: string
  readonly traceHeader: string | undefined
  readonly groupId: string | undefined
  readonly deduplicationId: string | undefined
  readonly visibleAt: number
}

/** A message that somebody has received. */
export interface ReceivedMessage {
  readonly id: number
  readonly messageId: string
  readonly body: string
  readonly attributes: MessageAttributes | undefined
  readonly senderId: string
  readonly traceHeader: string | undefined
  readonly groupId: string | undefined
  readonly deduplicationId: string | undefined
  readonly deadLetterSource: string | undefined
  readonly sentAt: number
  /** This time included, and what was before it was moved to this queue. */
  readonly receiveCount: number
  readonly firstReceivedAt: number
}

export interface MessageAttribute {
  readonly dataType: string
  readonly stringValue?: string
  readonly binaryValue?: Uint8Array
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>

/**
 * Twenty digits that grow from message to message, as AWS's do ("FIFO queue and message identifiers"). Those of
 * AWS are far apart; these follow the order in which messages came to the queue.
 */
export function sequenceNumber(id: number): string {
  return `188${String(id).padStart(17, '0')}`
}
