import type { Timer } from '../../base/clock.ts'
import { runChained } from './chained.ts'
import type { DurableDeps, Runner } from './deps.ts'
import type { Draft } from './draft.ts'
import { executionEnds } from './ends.ts'
import { type Execution, isClosed } from './execution.ts'
import { recordBegin, recordEnd } from './metrics.ts'
import { runExecution } from './run.ts'
import { StatusChanges } from './status-changes.ts'
import type { Changed } from './store.ts'

/** How long what a node took is its own, unless it says that it is still at work. */
const CLAIM_MS = 30_000
const RENEW_MS = 10_000
/** How often what other nodes left is looked for. */
const LOOK_MS = 1000
/** Invocations of durable executions at a time; what is due beyond that waits in the database. */
const RUNNING_MAX = 1000
const TAKEN_AT_ONCE = 100

/**
 * Calls functions when their executions are due. What is due, and who is at work on it, stands in the
 * database: this only remembers when to look next.
 */
export class Engine {
  readonly #deps: DurableDeps
  readonly #runner: Runner
  readonly #statusChanges: StatusChanges
  readonly #claims = new Map<string, number>()
  readonly #waiting = new Map<string, Set<() => void>>()
  readonly #work = new Set<Promise<unknown>>()
  #running = 0
  #timer: Timer | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #renewal: Timer | undefined
  #poll: Timer | undefined
  #isLooking = false
  #looksAgain = false
  #isStopped = true

  constructor(deps: DurableDeps) {
    this.#deps = deps
    this.#statusChanges = new StatusChanges(deps)
    this.#runner = { ...deps, change: (id, work) => this.change(id, work) }
  }

  async start(): Promise<void> {
    const { store, clock, isShared } = this.#deps
    this.#isStopped = false
    // Where the database is this process's own, whatever was claimed was so by one that died.
    if (!isShared) await store.release('all', clock.now())
    this.lookAt(clock.now())
  }

  /** What runs is left as it is: it is due again at once, for other nodes or for the next start. */
  async stop(): Promise<void> {
    const { store, clock } = this.#deps
    this.#isStopped = true
    for (const timer of [this.#timer, this.#renewal, this.#poll]) timer?.cancel()
    await Promise.allSettled(this.#work)
    await this.#statusChanges.settled()
    if (this.#claims.size > 0) await store.release([...this.#claims.keys()], clock.now())
  }

  /** What is under way here: invocations, and what else is being read or written. */
  counts(): { readonly running: number; readonly others: number } {
    return {
      running: this.#running,
      others: this.#work.size + this.#statusChanges.underWay + (this.#isLooking ? 1 : 0),
    }
  }

  /** Changes an execution, and sees to what follows from that. */
  async change<Result>(
    id: string,
    work: (draft: Draft) => Promise<Result>,
  ): Promise<Changed<Result> | undefined> {
    const changed = await this.#track(this.#deps.store.change(id, work))
    for (const { execution, dueAt, hasBegun, hasEnded } of changed?.executions ?? []) {
      if (hasBegun) this.hasBegun(execution)
      if (hasEnded) this.#hasEnded(execution)
      if (isClosed(execution)) this.#tellEnd(execution.id)
      if (dueAt !== undefined) this.lookAt(dueAt)
    }
    if (changed?.hasInvokes) this.lookAt(this.#deps.clock.now())
    return changed
  }

  /** Tells whoever watches. */
  hasBegun(execution: Execution): void {
    recordBegin(this.#deps.recordMetric, execution)
    this.#statusChanges.tell(execution)
  }

  #hasEnded(execution: Execution): void {
    recordEnd(this.#deps.recordMetric, execution)
    this.#statusChanges.tell(execution)
  }

  /** Looks for work at `at`, or before. */
  lookAt(at: number): void {
    const { clock, isShared } = this.#deps
    const wanted = isShared ? Math.min(at, clock.now() + LOOK_MS) : at
    if (this.#isStopped || wanted >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = wanted
    this.#timer = clock.after(Math.max(0, wanted - clock.now()), () => void this.#look()).unref()
  }

  /** Resolves when the execution has ended; rejects with the signal's reason when the caller goes away. */
  async ended(id: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(id) ?? new Set()
    this.#waiting.set(id, waiting.add(resolve))
    const leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    try {
      // It may have ended before anybody waited.
      if ((await this.#deps.store.closed([id])).length > 0) return
      if (this.#deps.isShared) this.#pollEnds()
      await promise
    } finally {
      signal.removeEventListener('abort', leave)
      waiting.delete(resolve)
      if (waiting.size === 0) this.#waiting.delete(id)
    }
  }

  async #look(): Promise<void> {
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    if (this.#isLooking) {
      this.#looksAgain = true
      return
    }
    this.#isLooking = true
    try {
      await this.#track(this.#takeAll())
      // Who ends makes room, and looks then.
      if (this.#running < RUNNING_MAX) this.lookAt((await this.#nextDueAt()) ?? Number.POSITIVE_INFINITY)
    } catch (error) {
      this.#report(error)
      this.lookAt(this.#deps.clock.now() + LOOK_MS)
    } finally {
      this.#isLooking = false
    }
    if (this.#looksAgain) this.lookAt(this.#deps.clock.now())
    this.#looksAgain = false
    if (this.#deps.isShared) this.lookAt(this.#deps.clock.now() + LOOK_MS)
  }

  async #nextDueAt(): Promise<number | undefined> {
    return this.#isStopped ? undefined : this.#deps.store.nextDueAt()
  }

  async #takeAll(): Promise<void> {
    const { store, clock, random } = this.#deps
    if (this.#isStopped) return
    for (const id of await store.expired(clock.now(), TAKEN_AT_ONCE)) await this.#expire(id)

    const max = Math.min(TAKEN_AT_ONCE, RUNNING_MAX - this.#running)
    if (max <= 0) return
    const [claim, now] = [random.uuid(), clock.now()]
    const wanted = { claim, now, until: now + CLAIM_MS, max }
    for (const id of await store.take(wanted))
      this.#run(claim, {
        work: () => runExecution(this.#runner, id, claim),
        giveBack: (at) => this.change(id, async (draft) => giveBack(draft, claim, at)),
      })
    for (const invoke of await store.takeInvokes(wanted))
      this.#run(claim, {
        work: () => runChained(this.#runner, invoke),
        giveBack: (at) => store.postponeInvoke(invoke, at),
      })
  }

  async #expire(id: string): Promise<void> {
    const { store, clock } = this.#deps
    const changed = await this.change(id, async (draft) => {
      if (isClosed(draft.execution) || draft.expiresAt > clock.now()) return
      await executionEnds(draft, clock.now(), { status: 'TIMED_OUT', error: timedOut(draft.execution) })
    })
    if (changed !== undefined) await store.forget(id, clock.now())
  }

  #run(claim: string, { work, giveBack }: Taken): void {
    this.#running++
    this.#claims.set(claim, (this.#claims.get(claim) ?? 0) + 1)
    this.#keepClaims()
    work()
      .catch((error: unknown) => {
        this.#report(error)
        // Where that fails as well, it is due again when the claim ends.
        return this.#isStopped ? undefined : giveBack(this.#deps.clock.now() + LOOK_MS)
      })
      .catch((error: unknown) => this.#report(error))
      .finally(() => {
        this.#running--
        const left = (this.#claims.get(claim) ?? 1) - 1
        if (left > 0) this.#claims.set(claim, left)
        else this.#claims.delete(claim)
        this.lookAt(this.#deps.clock.now())
      })
  }

  /** Says that this node is still at work, for as long as it is. */
  #keepClaims(): void {
    const { store, clock } = this.#deps
    this.#renewal ??= clock
      .after(RENEW_MS, () => {
        this.#renewal = undefined
        if (this.#claims.size === 0 || this.#isStopped) return
        this.#keepClaims()
        this.#track(store.renew([...this.#claims.keys()], clock.now() + CLAIM_MS)).catch((error) =>
          this.#report(error),
        )
      })
      .unref()
  }

  /** Another node may run what a caller of this one waits for. */
  #pollEnds(): void {
    const { store, clock } = this.#deps
    this.#poll ??= clock
      .after(LOOK_MS, async () => {
        this.#poll = undefined
        if (this.#waiting.size === 0 || this.#isStopped) return
        this.#pollEnds()
        const closed = await this.#track(store.closed([...this.#waiting.keys()])).catch((error) => {
          this.#report(error)
          return []
        })
        for (const id of closed) this.#tellEnd(id)
      })
      .unref()
  }

  #tellEnd(id: string): void {
    for (const resolve of this.#waiting.get(id) ?? []) resolve()
  }

  /** The database is open until what is under way has been written. */
  #track<Result>(work: Promise<Result>): Promise<Result> {
    const tracked = work.finally(() => this.#work.delete(tracked))
    this.#work.add(tracked)
    return tracked
  }

  #report(error: unknown): void {
    if (!this.#isStopped) this.#deps.reportFault(error)
  }
}

interface Taken {
  readonly work: () => Promise<void>
  /** To be taken again at `at`, where the work failed for reasons of our own. */
  readonly giveBack: (at: number) => Promise<unknown>
}

function giveBack(draft: Draft, claim: string, at: number): void {
  if (draft.claim !== claim) return
  draft.claim = undefined
  draft.dueAt = at
}

/** AWS's text (facts: JS SDK's local server). */
function timedOut({ timeoutSeconds }: Execution) {
  return { ErrorMessage: `Execution timed out after ${timeoutSeconds} seconds.` }
}
