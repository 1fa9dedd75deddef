import type { Clock, Timer } from '../base/clock.ts'
import type { FunctionVersion } from '../wire/function-version.ts'
import type { Invocation, Outcome } from '../wire/invocation.ts'
import type { InitializationType } from '../wire/platform-event.ts'
import type { ResponseStream } from '../wire/response-stream.ts'
import type { Worker } from '../wire/worker.ts'
import { Admission } from './admission.ts'
import { type ConcurrencyLimits, concurrencyReason } from './concurrency.ts'
import { tooManyRequests } from './errors.ts'
import { HostRoom } from './host-room.ts'
import { ManagedPools, type ManagedScale } from './managed.ts'
import type { Member, Pool } from './pool.ts'
import { Pools } from './pools.ts'
import { NOTHING_PROVISIONED, type ProvisionedCounts, Provisioning } from './provisioned.ts'
import { ScalingRates } from './rates.ts'
import type { PlacementSettings } from './settings.ts'

export type { PlacementSettings } from './settings.ts'

export interface PlacementDeps {
  readonly worker: Worker
  readonly clock: Clock
  readonly settings: PlacementSettings
  /** The processors are what invocations wait for: more environments would only take time from those there are. */
  readonly isSaturated?: () => boolean
}

export interface PlacementCounts {
  readonly environments: number
  readonly idle: number
  readonly starting: number
  readonly waiting: number
}

/** How often environments that were idle too long are looked for, in one idle time. */
const SWEEPS_PER_IDLE_TIME = 10
/**
 * How long an invocation at most waits for one of the environments that are there before another is
 * started: about what a start takes.
 */
const PATIENCE_MS = 20
/** An environment that ends by itself sooner after its init is as good as one whose init failed. */
const NO_USE_MS = 1000

/** Which environment takes an invocation: one that is free, one that soon will be, or a new one. */
export class Placement {
  readonly #deps: PlacementDeps
  readonly #pools = new Pools()
  /** Those with invocations that wait, so that a busy host need not look through all. */
  readonly #wanting = new Set<Pool>()
  readonly #admission: Admission
  readonly #host: HostRoom
  readonly #provisioning: Provisioning
  readonly #scaling: ScalingRates
  /** Versions on managed instances, whose environments take several invocations at once. */
  readonly #managed: ManagedPools
  #waiting = 0
  #sweep: Timer | undefined

  constructor(deps: PlacementDeps) {
    this.#deps = deps
    const { worker, clock, settings } = deps
    this.#host = new HostRoom(worker, clock, settings, (tooMany) => this.#makeRoom(tooMany))
    this.#admission = new Admission(clock, settings.requestsPerSecond)
    this.#scaling = new ScalingRates(clock, settings.startsPerTenSeconds)
    this.#managed = new ManagedPools({
      ...{ worker, clock, host: this.#host },
      waitingMax: settings.waitingMax,
      idleMs: settings.idleMs,
      letLongestIdleGo: () => this.#letLongestIdleGo(),
    })
    this.#provisioning = new Provisioning({
      clock,
      startAhead: (pool) => this.#startAhead(pool),
      letGo: (member) => this.#letGo(member),
    })
  }

  start(): void {
    this.#sweep = this.#deps.clock
      .after(this.#deps.settings.idleMs / SWEEPS_PER_IDLE_TIME, () => {
        this.#retireIdle()
        this.#scaling.forgetFull()
        this.#managed.retireIdle()
        this.start()
      })
      .unref()
  }

  /** Lets all environments go; invocations under way run to their end. */
  stop(): void {
    this.#sweep?.cancel()
    this.#host.stop()
    this.#provisioning.stop()
    this.#managed.stop()
    for (const pool of [...this.#pools.all()]) this.#retire(pool)
  }

  /**
   * Runs an invocation in some environment of `fn`; its response goes to `stream` as it comes, where it is streamed.
   *
   * @throws AwsError TooManyRequestsException where no concurrency is left.
   */
  async invoke(
    fn: FunctionVersion,
    invocation: Invocation,
    limits: ConcurrencyLimits,
    stream?: ResponseStream,
  ): Promise<Outcome> {
    if (fn.managed !== undefined) return this.#managed.invoke(fn, invocation, stream)
    const pool = this.#pools.poolOf(fn, invocation.tenantId)
    const ahead = this.#admission.takeAhead(pool, limits)
    const slot =
      ahead === undefined
        ? this.#admission.admit(fn, limits, this.#provisioning.allocatedOf(fn.arn))
        : undefined
    const member = ahead ?? pool.idle.pop() ?? (await this.#wait(pool, slot, limits))
    member.phase = 'busy'
    member.since = this.#deps.clock.elapsed()
    member.slot = slot
    const turn = ++member.turn
    const outcome = await member.environment.invoke(invocation, stream)
    this.#answered(member, turn)
    return outcome
  }

  /**
   * Keeps `wanted` environments of `fn` initialised ahead of invocations; 0 gives them back. They are no part of
   * the concurrency that invocations share. `onChange` hears of each change of `provisioned(fn.revision)`.
   */
  provision(fn: FunctionVersion, wanted: number, onChange: () => void): void {
    const pool = this.#pools.poolOf(fn, undefined)
    if (pool.retired) return
    this.#provisioning.set(pool, wanted, onChange)
    if (wanted > 0) return
    this.#provisioning.forget(pool)
    if (pool.isEmpty) this.#pools.drop(pool)
  }

  /** Keeps environments of a version on managed instances, as `provision` does of others. */
  keepManaged(fn: FunctionVersion, scale: ManagedScale, onChange: () => void): void {
    this.#managed.keep(fn, scale, onChange)
  }

  managed(revision: string): ProvisionedCounts {
    return this.#managed.counts(revision)
  }

  provisioned(revision: string): ProvisionedCounts {
    const [pool] = this.#pools.ofRevision(revision)
    return pool?.allotment.counts ?? NOTHING_PROVISIONED
  }

  /** Lets the environments of a revision go: it was replaced or deleted. */
  retire(revision: string): void {
    this.#managed.retire(revision)
    for (const pool of this.#pools.ofRevision(revision)) this.#retire(pool)
  }

  #retire(pool: Pool): void {
    pool.retired = true
    this.#provisioning.forget(pool)
    for (const member of [...pool.members]) {
      const isWanted = member.phase === 'starting' && pool.waiting > 0
      if (!isWanted) this.#letGo(member)
    }
    if (pool.isEmpty) this.#pools.drop(pool)
  }

  counts(): PlacementCounts {
    let { idle } = this.#managed
    for (const pool of this.#pools.all()) idle += pool.idle.length + pool.allotment.ready.length
    const { environments, starting } = this.#host
    return { environments, idle, starting, waiting: this.#waiting }
  }

  async #wait(pool: Pool, slot: string | undefined, limits: ConcurrencyLimits): Promise<Member> {
    const willBeFreeSoon =
      pool.settling > pool.waiting || pool.expectedWaitMs() < this.#patienceMs(pool.startMs)
    const growsTooFast = !willBeFreeSoon && this.#scaling.left(pool.fn.arn) <= pool.waiting - pool.starting
    if (growsTooFast || this.#waiting >= this.#deps.settings.waitingMax) {
      this.#admission.release(slot)
      throw tooManyRequests(concurrencyReason(limits))
    }
    this.#waiting++
    this.#wanting.add(pool)
    const next = pool.next(this.#deps.clock.elapsed())
    if (willBeFreeSoon) this.#startIfStillWaiting(pool)
    else this.#startWhereWanted(pool)
    const member = await next
    this.#waiting--
    if (pool.waiting === 0) this.#wanting.delete(pool)
    return member
  }

  /**
   * How long waiting is better than starting. A start from a pool of booted runtimes is soon done, but the
   * next one that is booted for it takes its time from all others: where there is none to spare, that counts.
   */
  #patienceMs(startMs = PATIENCE_MS): number {
    return this.#isSaturated ? Math.max(startMs, PATIENCE_MS) : startMs
  }

  get #isSaturated(): boolean {
    return this.#deps.isSaturated?.() ?? false
  }

  /** Gives the environments that are there a moment; starts others where that was in vain. */
  #startIfStillWaiting(pool: Pool): void {
    if (pool.isWatched) return
    pool.isWatched = true
    const freesBefore = pool.frees
    const due = this.#deps.clock.elapsed() + PATIENCE_MS
    this.#deps.clock.after(PATIENCE_MS, () => {
      pool.isWatched = false
      // Where this comes late, environments may have had no time either: that they freed nobody says nothing.
      const isLate = this.#deps.clock.elapsed() > due + PATIENCE_MS
      if (!isLate) this.#startForWhoWaitsTooLong(pool, freesBefore)
      if (pool.waiting > 0) this.#startIfStillWaiting(pool)
    })
  }

  #startForWhoWaitsTooLong(pool: Pool, freesBefore: number): void {
    const since = pool.waitingSince
    if (since === undefined) return
    const waited = this.#deps.clock.elapsed() - since
    // As many again, not one for each that waits: it may be the machine that stood still.
    if (pool.frees === freesBefore) this.#startWhereWanted(pool, Math.max(1, pool.members.size))
    else if (waited >= PATIENCE_MS && !this.#isSaturated) this.#startWhereWanted(pool, pool.starting + 1)
  }

  /** Starts environments until each waiting invocation has one under way, or a limit is reached. */
  #startWhereWanted(pool: Pool, startingAtMost = pool.waiting): void {
    // Without processor time to spare, several that start at once are no sooner there than one after another.
    const atOnce = this.#isSaturated && pool.busyMs !== undefined ? 1 : startingAtMost
    while (pool.starting < Math.min(pool.waiting, atOnce) && this.#host.mayStart) {
      if (this.#scaling.left(pool.fn.arn) < 1) {
        this.#startIfStillWaiting(pool)
        return
      }
      if (!this.#host.isFull()) this.#startOne(pool, 'on-demand')
      // One that goes makes room at once, and may have been replaced already when this returns.
      else if (!this.#letLongestIdleGo()) return
    }
  }

  /** The last environment of the host is for invocations: else other functions could wait for ever. */
  #startAhead(pool: Pool): boolean {
    while (this.#host.mayStart && this.#host.isFull(1)) if (!this.#letLongestIdleGo()) return false
    if (!this.#host.mayStart) return false
    this.#startOne(pool, 'provisioned-concurrency')
    return true
  }

  #startOne(pool: Pool, initializationType: InitializationType): void {
    this.#host.begun()
    pool.starting++
    const environment = this.#deps.worker.startEnvironment(pool.fn, {
      initializationType,
      listener: { onFree: () => this.#free(member), onGone: () => this.#gone(member) },
    })
    const member: Member = {
      pool,
      isProvisioned: initializationType === 'provisioned-concurrency',
      environment,
      phase: 'starting',
      isLeaving: false,
      since: this.#deps.clock.elapsed(),
      slot: undefined,
      turn: 0,
    }
    pool.members.add(member)
    if (member.isProvisioned) this.#provisioning.started(member)
    else this.#scaling.started(pool.fn.arn)
  }

  #answered(member: Member, turn: number): void {
    // It may be free again, and even at work on the next one, before its answer has come through.
    if (member.phase !== 'busy' || member.turn !== turn) return
    member.phase = 'settling'
    member.pool.settling++
  }

  #free(member: Member): void {
    const { pool } = member
    const now = this.#deps.clock.elapsed()
    const wasStarting = member.phase === 'starting'
    if (wasStarting) pool.tookToStart(now - member.since)
    else pool.wasBusyFor(now - member.since, member.turn === 1)
    pool.frees++
    this.#leavePhase(member)
    const isUnwanted = pool.retired && pool.waiting === 0
    if (isUnwanted || (member.isProvisioned && !this.#staysAhead(member, wasStarting))) this.#letGo(member)
    else pool.offer(member, now)
    this.#startForOthers()
  }

  /** Whether an environment that has become free is one of those that are kept ahead. */
  #staysAhead(member: Member, wasStarting: boolean): boolean {
    const { allotment } = member.pool
    if (!member.environment.isInitialized) {
      if (wasStarting) this.#provisioning.failed(member)
      return false
    }
    if (wasStarting) allotment.onChange()
    return !allotment.hasSurplus
  }

  #gone(member: Member): void {
    const { pool } = member
    const wasNoUse = isNoUse(member, this.#deps.clock.elapsed())
    this.#leavePhase(member)
    member.phase = 'gone'
    pool.remove(member)
    if (member.isProvisioned && wasNoUse) this.#provisioning.failed(member)
    if (member.isProvisioned) this.#provisioning.gone(member)
    this.#host.gone()
    if (pool.isEmpty) this.#pools.drop(pool)
    this.#startForOthers()
  }

  /** Gives back what the member's phase had counted. */
  #leavePhase(member: Member): void {
    this.#admission.release(member.slot)
    member.slot = undefined
    if (member.phase === 'settling') member.pool.settling--
    if (member.phase === 'starting') {
      member.pool.starting--
      this.#host.started()
    }
    member.phase = 'idle'
  }

  /** A limit may have been relieved: who waited for that goes on. */
  #startForOthers(): void {
    for (const pool of this.#wanting) {
      if (pool.expectedWaitMs() > PATIENCE_MS) this.#startWhereWanted(pool)
    }
    this.#provisioning.fill()
    this.#managed.fill()
  }

  /** Idle environments give way to what others need of memory; where others gave some back, more may start. */
  #makeRoom(tooMany: number): void {
    for (let left = tooMany; left > 0 && this.#letLongestIdleGo(); ) left--
    this.#startForOthers()
  }

  #retireIdle(): void {
    const before = this.#deps.clock.elapsed() - this.#deps.settings.idleMs
    for (const pool of this.#pools.all()) {
      for (const member of pool.idle.filter(({ since }) => since <= before)) this.#letGo(member)
    }
  }

  /** Makes room for another function's environment. False where all are at work. */
  #letLongestIdleGo(): boolean {
    let oldest: Member | undefined
    for (const { idle } of this.#pools.all()) {
      const [first] = idle
      if (first !== undefined && (oldest === undefined || first.since < oldest.since)) oldest = first
    }
    if (oldest === undefined) return false
    this.#letGo(oldest)
    return true
  }

  #letGo(member: Member): void {
    if (member.phase === 'busy' || member.phase === 'settling') return
    member.pool.removeIdle(member)
    member.isLeaving = true
    member.environment.retire()
  }
}

/** It ended by itself as soon as it was initialised: another would do so, too. */
function isNoUse({ phase, turn, isLeaving, since }: Member, now: number): boolean {
  return phase === 'idle' && turn === 0 && !isLeaving && now - since < NO_USE_MS
}
