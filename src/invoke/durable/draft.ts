import { type EventDetails, type EventType, type HistoryEvent, headOf } from './event.ts'
import { type Execution, isClosed, type Progress } from './execution.ts'
import { dueAt, earliest, isAwaited, type Operation } from './operation.ts'

/** What of an execution's operations is read within the transaction that changes it. */
export interface OperationReads {
  find(id: string): Promise<Operation | undefined>
  /** Those that time alone changes at `now`, or before. */
  due(now: number): Promise<Operation[]>
  /** In the order of their changes. */
  changedAfter(change: number): Promise<ChangedOperation[]>
  /** Of those that something outside the function ends. */
  awaited(): Promise<AwaitedOperation[]>
}

export interface AwaitedOperation extends Pick<Operation, 'id' | 'status'> {
  readonly dueAt?: number | undefined
}

export interface ChangedOperation {
  readonly operation: Operation
  readonly change: number
}

/** `place`: the change that made it, where it is new. `change` is 0 where the function need not be told. */
export interface PutOperation extends ChangedOperation {
  readonly place: number
}

/** Of an execution that is new: nothing is kept of it yet. */
const NOTHING_KEPT: OperationReads = {
  find: async () => undefined,
  due: async () => [],
  changedAfter: async () => [],
  awaited: async () => [],
}

/** An execution while it is changed: what is put here is written when the transaction's work is done. */
export class Draft {
  execution: Execution
  /** Who runs its invocation; nobody where it is suspended or closed. */
  claim: string | undefined
  /** When somebody is to look at it next: where it is claimed, when the claim ends. */
  dueAt: number | undefined
  /** When it times out; once it is closed, when it is forgotten. */
  expiresAt: number
  readonly changed = new Map<string, PutOperation>()
  readonly events: HistoryEvent[] = []
  /** CHAINED_INVOKE operations whose functions are to be called. */
  readonly invokes: string[] = []
  /** Those for which that is over. */
  readonly endedInvokes: string[] = []
  /** Executions that begin with this change. */
  readonly begun: Draft[] = []
  /** Another execution in the same transaction: the parent of this one. */
  readonly other: (id: string) => Promise<Draft | undefined>
  readonly #reads: OperationReads
  readonly #wasClosed: boolean

  constructor(
    head: Pick<Draft, 'execution' | 'claim' | 'dueAt' | 'expiresAt'>,
    reads: OperationReads,
    other: (id: string) => Promise<Draft | undefined>,
  ) {
    this.execution = head.execution
    this.claim = head.claim
    this.dueAt = head.dueAt
    this.expiresAt = head.expiresAt
    this.#reads = reads
    this.#wasClosed = isClosed(head.execution)
    this.other = other
  }

  /** An execution that begins now, and is due at once. */
  static begin(execution: Execution): Draft {
    const expiresAt = execution.startedAt + execution.timeoutSeconds * 1000
    const head = { execution, claim: undefined, dueAt: execution.startedAt, expiresAt }
    return new Draft(head, NOTHING_KEPT, async () => undefined)
  }

  /** Whether it has ended with this change. */
  get hasEnded(): boolean {
    return isClosed(this.execution) && !this.#wasClosed
  }

  get progress(): Progress {
    return this.execution.progress
  }

  advance(progress: Partial<Progress>): void {
    this.execution = { ...this.execution, progress: { ...this.progress, ...progress } }
  }

  async find(id: string): Promise<Operation | undefined> {
    return this.changed.get(id)?.operation ?? (await this.#reads.find(id))
  }

  put(operation: Operation): void {
    const change = this.progress.changes + 1
    this.advance({ changes: change })
    const place = this.changed.get(operation.id)?.place ?? change
    this.changed.delete(operation.id)
    this.changed.set(operation.id, { operation, change, place })
  }

  /** As `put`, for what the function need not be told: its heartbeats. */
  putQuietly(operation: Operation): void {
    this.changed.set(operation.id, { operation, change: 0, place: 0 })
  }

  addEvent(type: EventType, at: number, details: EventDetails, operation?: Operation): void {
    const id = this.progress.events + 1
    this.advance({ events: id })
    this.events.push({ id, type, at, ...(operation && headOf(operation)), details })
  }

  async due(now: number): Promise<Operation[]> {
    const found = await this.#reads.due(now)
    return found
      .map((operation) => this.changed.get(operation.id)?.operation ?? operation)
      .filter((operation) => (dueAt(operation) ?? Number.POSITIVE_INFINITY) <= now)
  }

  /** What the function has not been told, in the order in which it happened. */
  async changedAfter(change: number): Promise<Operation[]> {
    const before = (await this.#reads.changedAfter(change)).filter(
      ({ operation }) => !this.changed.has(operation.id),
    )
    const here = [...this.changed.values()].filter((entry) => entry.change > change)
    return [...before, ...here].map(({ operation }) => operation)
  }

  /** Somebody is to look at it at `at` the latest; who runs it looks anyway, when that is over. */
  wakeAt(at: number): void {
    if (this.claim === undefined) this.dueAt = earliest(this.dueAt, at)
  }

  /** What the execution waits for, and when time alone changes one of it. */
  async awaited(): Promise<{ count: number; hasReady: boolean; dueAt: number | undefined }> {
    const kept = (await this.#reads.awaited()).filter(({ id }) => !this.changed.has(id))
    const here = [...this.changed.values()].map(({ operation }) => operation).filter(isAwaited)
    const all = [...kept, ...here.map((operation) => ({ ...operation, dueAt: dueAt(operation) }))]
    return {
      count: all.length,
      hasReady: all.some(({ status }) => status === 'READY'),
      dueAt: earliest(...all.map((awaited) => awaited.dueAt)),
    }
  }
}
