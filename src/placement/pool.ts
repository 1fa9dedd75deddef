import type { FunctionVersion } from '../wire/function-version.ts'
import type { Environment } from '../wire/worker.ts'
import { Allotment } from './provisioned.ts'

/**
 * How much of a moving average the newest value makes up. Good news counts at once and bad news slowly: the
 * first invocations of an environment are its slowest, and so is everything while others start.
 */
const FASTER_WEIGHT = 0.5
const SLOWER_WEIGHT = 0.05

/**
 * The environments of one revision of a function, of one tenant where it isolates tenants, and the invocations
 * that wait for one. A waiting invocation takes whichever comes first: one that has become free, or one that was started for it.
 */
export class Pool {
  readonly fn: FunctionVersion
  /** Whose environments these are, of a function that isolates its tenants. */
  readonly tenantId: string | undefined
  /** Free ones; the last to become free is taken first, so that the others can be let go. */
  readonly idle: Member[] = []
  readonly members = new Set<Member>()
  /** Those of them that are there ahead of invocations, and stay when they are idle. */
  readonly allotment = new Allotment()
  readonly #waiting: Waiter[] = []
  starting = 0
  /** Answered, but not yet free: the runtime is about to ask for the next event. */
  settling = 0
  /** Somebody looks after a while whether invocations still wait. */
  isWatched = false
  /** No new revision will come here: what becomes free is let go. */
  retired = false
  /** How often one of its environments became free. */
  frees = 0
  /** Averages: how long an environment is busy with one invocation, and how long one takes to start. */
  busyMs: number | undefined
  startMs: number | undefined
  /** By another invocation than an environment's first. */
  #isBusyKnown = false

  constructor(fn: FunctionVersion, tenantId?: string) {
    this.fn = fn
    this.tenantId = tenantId
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get isEmpty(): boolean {
    return this.members.size === 0 && this.#waiting.length === 0 && this.allotment.wanted === 0
  }

  /** When the invocation that waits longest began to. */
  get waitingSince(): number | undefined {
    return this.#waiting[0]?.since
  }

  /** A promise of the next environment that becomes free. */
  next(now: number): Promise<Member> {
    return new Promise((resolve) => this.#waiting.push({ since: now, resolve }))
  }

  /** Hands a free environment to who waits longest, or keeps it. */
  offer(member: Member, now: number): void {
    const waiter = this.#waiting.shift()
    if (waiter === undefined) {
      member.since = now
      this.#idleBeside(member).push(member)
      return
    }
    member.phase = 'busy' // nobody may let it go while the waiting invocation is on its way to it
    waiter.resolve(member)
  }

  /**
   * How long who comes now will wait if no environment is started, milliseconds. Infinite where none has
   * served an invocation yet.
   */
  expectedWaitMs(): number {
    const serving = this.members.size - this.starting
    if (this.busyMs === undefined || serving === 0) return Number.POSITIVE_INFINITY
    return (this.busyMs * (this.#waiting.length + 1)) / serving
  }

  /** The first invocation of an environment takes longer than all others: it counts until there is another. */
  wasBusyFor(ms: number, isFirst: boolean): void {
    if (isFirst && this.#isBusyKnown) return
    this.busyMs = average(isFirst || this.#isBusyKnown ? this.busyMs : undefined, ms)
    this.#isBusyKnown ||= !isFirst
  }

  tookToStart(ms: number): void {
    this.startMs = average(this.startMs, ms)
  }

  remove(member: Member): void {
    this.members.delete(member)
    this.removeIdle(member)
  }

  removeIdle(member: Member): void {
    const idle = this.#idleBeside(member)
    const at = idle.indexOf(member)
    if (at >= 0) idle.splice(at, 1)
  }

  #idleBeside(member: Member): Member[] {
    return member.isProvisioned ? this.allotment.ready : this.idle
  }
}

interface Waiter {
  readonly since: number
  readonly resolve: (member: Member) => void
}

/** An environment in its pool. */
export interface Member {
  readonly pool: Pool
  readonly isProvisioned: boolean
  environment: Environment
  phase: 'starting' | 'idle' | 'busy' | 'settling' | 'gone'
  /** It was told to go. */
  isLeaving: boolean
  /** When the phase began. */
  since: number
  /** The concurrency slot that its invocation holds. */
  slot: string | undefined
  /** Counts its invocations, to tell one from the next. */
  turn: number
}

function average(so: number | undefined, newest: number): number {
  if (so === undefined) return newest
  return so + (newest - so) * (newest < so ? FASTER_WEIGHT : SLOWER_WEIGHT)
}
