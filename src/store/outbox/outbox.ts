import type { Transaction } from 'kysely'
import type { Tables } from '../database.ts'

/** Something that is to be delivered: kept with what caused it, in one write, and removed once it has arrived. */
export interface NewItem {
  /** What it is for, as a target's ARN: the items of one lane never hold up those of another. */
  readonly lane: string
  /** Whatever the room needs to deliver it; JSON as a rule. */
  readonly body: string
  /** Milliseconds since the epoch; at once where absent. */
  readonly dueAt?: number
}

export interface Item {
  readonly id: number
  readonly lane: string
  readonly body: string
  /** How often it was tried in vain. */
  readonly attempts: number
  readonly createdAt: number
}

export interface Claim {
  /** Of the process that delivers. */
  readonly owner: string
  /** Until then nobody else takes it; milliseconds since the epoch. */
  readonly until: number
}

/** The items of one kind, which is a room's name for them. */
export interface Outbox {
  /** In the transaction of a write. With `claim`, they are the caller's to deliver. */
  add(
    transaction: Transaction<Tables>,
    items: readonly NewItem[],
    options: { readonly now: number; readonly claim?: Claim },
  ): Promise<Item[]>
  /** Takes items that are due, or whose owner has died; the longest due first, then in the order in which they came. */
  claim(claim: Claim, options: { readonly now: number; readonly limit: number }): Promise<Item[]>
  /** Holds on to what one has. */
  renew(ids: readonly number[], claim: Claim): Promise<void>
  /** Gives items back. */
  postpone(ids: readonly number[], dueAt: number, failed: 'one more attempt' | 'not tried'): Promise<void>
  remove(ids: readonly number[]): Promise<void>
  /** When the next item is due, or undefined where there is none. */
  nextDue(): Promise<number | undefined>
  /** When the last item of a lane is due that `owner` does not hold. */
  lastDueOfOthers(transaction: Transaction<Tables>, lane: string, owner: string): Promise<number | undefined>
  /** Everything that is under way counts as due: for a process that knows that it is the only one. */
  releaseAll(now: number): Promise<void>
  count(): Promise<number>
}
