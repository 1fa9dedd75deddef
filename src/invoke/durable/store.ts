import type { Draft } from './draft.ts'
import type { HistoryEvent } from './event.ts'
import type { Execution, ExecutionStatus } from './execution.ts'
import type { Operation } from './operation.ts'

/** Where executions are kept, with their operations, their history, and what is due. */
export interface ExecutionStore {
  /**
   * Keeps a new execution, due at once; where the function has one of that name, nothing is kept and that
   * one is returned.
   */
  start(draft: Draft): Promise<Execution>
  find(id: string): Promise<Execution | undefined>
  operation(executionId: string, id: string): Promise<Operation | undefined>
  /** In the order in which they came; `after` is the place of the last one seen. */
  operations(executionId: string, page: Page): Promise<Placed<Operation>[]>
  /** What they are and how they stand, without what they carry. */
  outline(executionId: string): Promise<OutlinedOperation[]>
  events(executionId: string, page: Page & { readonly isNewestFirst: boolean }): Promise<HistoryEvent[]>
  list(wanted: ListWanted): Promise<Execution[]>

  /**
   * Changes an execution in one transaction, in which nobody else changes it; a refusal thrown by `work`
   * undoes all. `work` is given what is kept, and what it puts is written when it is done. Undefined, and no
   * work, where there is no such execution.
   */
  change<Result>(id: string, work: (draft: Draft) => Promise<Result>): Promise<Changed<Result> | undefined>
  /** Forgets it with all it has, where its time has come. */
  forget(id: string, now: number): Promise<void>

  /** Takes what is due, each until its claim ends. What two nodes take at the same time is never the same. */
  take(claim: Claim): Promise<string[]>
  takeInvokes(claim: Claim): Promise<ChainedInvoke[]>
  /** Executions that have run, or been kept, too long. */
  expired(now: number, max: number): Promise<string[]>
  /** Puts off the end of what was taken with these claims. */
  renew(claims: readonly string[], until: number): Promise<void>
  /** What was taken with these claims is due again; with no claims named, whatever was taken. */
  release(claims: readonly string[] | 'all', now: number): Promise<void>
  /** A chained invocation waits until `at` for its next attempt; with no time, it is over. */
  postponeInvoke(invoke: ChainedInvoke, at: number): Promise<void>
  /** When there is something to do next, leases that end included. */
  nextDueAt(): Promise<number | undefined>
  /** Of these executions, those that have ended, or are gone. */
  closed(ids: readonly string[]): Promise<string[]>
}

export interface Page {
  readonly after?: number | undefined
  readonly max: number
}

export interface Placed<Item> {
  readonly place: number
  readonly item: Item
}

export interface OutlinedOperation
  extends Pick<Operation, 'id' | 'parentId' | 'type' | 'status' | 'replayChildren'> {
  readonly place: number
}

export interface Claim {
  /** Unique to the taking. */
  readonly claim: string
  readonly now: number
  readonly until: number
  readonly max: number
}

/** A CHAINED_INVOKE whose function is to be called. */
export interface ChainedInvoke {
  readonly executionId: string
  readonly operationId: string
  readonly claim: string
  /** How often it was taken, this time included. */
  readonly attempts: number
}

export interface Changed<Result> {
  readonly result: Result
  /** The execution, and others that changed with it. */
  readonly executions: readonly ChangedExecution[]
  readonly hasInvokes: boolean
}

export interface ChangedExecution {
  readonly execution: Execution
  readonly dueAt: number | undefined
  readonly hasBegun: boolean
  readonly hasEnded: boolean
}

/** All in one account and region. */
export interface ListWanted {
  readonly accountId: string
  readonly region: string
  readonly functionName: string
  readonly version?: string | undefined
  readonly name?: string | undefined
  readonly status?: ExecutionStatus | undefined
  readonly startedAfter?: number | undefined
  readonly startedBefore?: number | undefined
  readonly isOldestFirst: boolean
  /** The last one that was listed. */
  readonly after?: { readonly startedAt: number; readonly id: string } | undefined
  readonly max: number
}
