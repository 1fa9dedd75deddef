import type { Transaction } from 'kysely'
import type { Tables } from './database.ts'

/**
 * Who may do what only one may do at a time: poll a queue, run a schedule, read a shard. Nodes' clocks may
 * differ: by less than what a lease has left when its owner stops working on it.
 */
export interface Leases {
  /**
   * Takes the lease, where nobody has it or its time has run out; `undefined` where another owner has it.
   * Who has it already gets it again, with the same token, for longer.
   */
  acquire(name: string, owner: string, ttlMs: number): Promise<Lease | undefined>
  /** Holds it for longer; `undefined` where it was lost, and the work under it must end. */
  renew(lease: Lease, ttlMs: number): Promise<Lease | undefined>
  /** Lets others have it at once. Nothing happens where it was lost already. */
  release(lease: Lease): Promise<void>
  /**
   * Inside the transaction of a write: whether the lease is still held. Nobody else can take it before that
   * transaction has ended, so an owner that was suspended past its lease writes nothing.
   */
  isHeld(transaction: Transaction<Tables>, lease: Lease): Promise<boolean>
}

export interface Lease {
  readonly name: string
  /** A process, not a machine: two that run one after the other are two owners. */
  readonly owner: string
  /** Grows whenever the lease is taken anew: what it protects can refuse an older one. */
  readonly token: number
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}
