import type { QueueEntry } from './entry.ts'

/**
 * Where events stand until they are done with. Nodes claim entries for a while; a claim that is not held on to
 * runs out, and another node takes over.
 */
export interface AsyncQueueStore {
  /** Whether other processes may work on the same queue: then claims run out, and have to be held on to. */
  readonly isShared: boolean
  /** All of it or nothing; durable when it resolves. */
  apply(change: QueueChange): Promise<void>
  /** Claims entries of a lane that are due and that nobody has, those first that are due longest. */
  claim(lane: string, claim: Claim): Promise<QueueEntry[]>
  /** Holds on to claims of this node for longer. */
  extend(ids: readonly string[], until: number): Promise<void>
  /** Gives up claims of this node. */
  release(ids: readonly string[]): Promise<void>
  /** Lanes that have entries, by name. */
  lanes(after: string, max: number): Promise<string[]>
  /** When the next entry of the lane is due, of those that are due later than `now`. */
  nextDue(lane: string, now: number): Promise<number | undefined>
  /** Deletes entries of a lane, whoever has them, with ids below `before`. Returns how many there were. */
  purge(lane: string, before: string, max: number): Promise<number>
}

export interface Claim {
  readonly now: number
  readonly until: number
  readonly max: number
  /** Of all payloads together; the first entry may exceed it alone. */
  readonly bytesMax: number
}

export interface QueueChange {
  readonly inserts: readonly NewEntry[]
  readonly updates: readonly EntryUpdate[]
  /** Ids. */
  readonly deletes: readonly string[]
}

export interface NewEntry {
  readonly entry: QueueEntry
  /** Where this node begins with it at once: until when its claim holds. */
  readonly claimedUntil?: number
}

/** Another time, and the claim is given up. */
export interface EntryUpdate {
  readonly id: string
  readonly dueAt: number
  readonly detail: string
}
