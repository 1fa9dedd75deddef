import type { ReceivedMessage } from '../message.ts'
import { unpackAttributes } from '../message-attributes.ts'

// PostgreSQL gives 64-bit integers as text unless it is told otherwise: rows are read with `Number`.

/** What handling a message needs; see the migration for the meaning. */
export const MESSAGE_COLUMNS =
  'id, visible_at, sent_at, receive_count, received_before, first_received_at, message_id, group_id, dedup_id, ' +
  'sender_id, trace_header, dead_letter_source, attributes, body'

export interface MessageRow {
  readonly id: number
  readonly visible_at: number
  readonly sent_at: number
  readonly receive_count: number
  readonly received_before: number
  readonly first_received_at: number | null
  readonly message_id: string
  readonly group_id: string | null
  readonly dedup_id: string | null
  readonly sender_id: string
  readonly trace_header: string | null
  readonly dead_letter_source: string | null
  readonly attributes: string | null
  readonly body: string
}

/** @param receives - the receive that is under way, where the row does not count it yet */
export function toMessage(row: MessageRow, now: number, receives: 0 | 1): ReceivedMessage {
  return {
    id: Number(row.id),
    messageId: row.message_id,
    body: row.body,
    attributes: unpackAttributes(row.attributes),
    senderId: row.sender_id,
    traceHeader: row.trace_header ?? undefined,
    groupId: row.group_id ?? undefined,
    deduplicationId: row.dedup_id ?? undefined,
    deadLetterSource: row.dead_letter_source ?? undefined,
    sentAt: Number(row.sent_at),
    receiveCount: Number(row.received_before) + Number(row.receive_count) + receives,
    firstReceivedAt: Number(row.first_received_at ?? now),
  }
}
