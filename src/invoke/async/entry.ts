import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'

/** Work that waits in the queue: an event for a function, or a record for a destination. */
export interface QueueEntry {
  /** Unique, and in the order in which entries were made. */
  readonly id: string
  /** Entries of one lane wait for one another, and for no other lane's. */
  readonly lane: string
  /** Milliseconds since the epoch: not to be worked on before. */
  readonly dueAt: number
  /** JSON, for whoever works on it. */
  readonly detail: string
  readonly payload: Uint8Array
}

/** What an entry takes of memory while it is worked on, roughly. */
export function bytesOf(entry: Pick<QueueEntry, 'detail' | 'payload'>): number {
  return entry.detail.length + entry.payload.byteLength
}

const TIME_DIGITS = 9

/** A new id. Those made later are greater, to the millisecond: neighbours in the database's index. */
export function newEntryId({ clock, random }: { readonly clock: Clock; readonly random: Random }): string {
  return timePart(clock.now()) + random.hex(8)
}

/** Greater than all ids made until `now`, and less than those made later. */
export function idAfter(now: number): string {
  return `${timePart(now)}~`
}

function timePart(now: number): string {
  return now.toString(36).padStart(TIME_DIGITS, '0')
}
