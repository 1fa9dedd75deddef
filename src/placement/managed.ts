import type { Clock } from '../base/clock.ts'
import type { FunctionVersion, ManagedInstances } from '../wire/function-version.ts'
import type { Invocation, Outcome } from '../wire/invocation.ts'
import type { ResponseStream } from '../wire/response-stream.ts'
import type { Environment, Worker } from '../wire/worker.ts'
import { tooManyRequests } from './errors.ts'
import type { HostRoom } from './host-room.ts'
import { NOTHING_PROVISIONED, type ProvisionedCounts } from './provisioned.ts'

/** How many environments a version on managed instances is to have, and of what. */
export interface ManagedScale {
  readonly min: number
  readonly max: number
  /** The capacity provider that its processors are of, and how many that one has for all of its functions. */
  readonly provider: string
  readonly vcpusMax: number
}

export interface ManagedDeps {
  readonly worker: Worker
  readonly clock: Clock
  readonly host: HostRoom
  readonly waitingMax: number
  readonly idleMs: number
  /** Makes room on the host. False where there is none to be made. */
  readonly letLongestIdleGo: () => boolean
}

/** After an init that failed, or an environment that ended before it served. */
const RETRY_MS = 60_000
/** Where so much of what is there is at work, another environment is started. */
const BUSY_SHARE = 0.5

interface Member {
  readonly pool: ManagedPool
  environment: Environment
  phase: 'starting' | 'ready' | 'gone'
  /** Invocations that it has. */
  busy: number
  served: boolean
  idleSince: number
}

class ManagedPool {
  readonly fn: FunctionVersion & { readonly managed: ManagedInstances }
  scale: ManagedScale
  onChange: () => void = () => {}
  readonly members = new Set<Member>()
  /** Who came before the first environment was ready. */
  readonly waiting: ((ready: boolean) => void)[] = []
  failed = false
  retired = false

  constructor(fn: FunctionVersion & { readonly managed: ManagedInstances }, scale: ManagedScale) {
    this.fn = fn
    this.scale = scale
  }

  get counts(): ProvisionedCounts {
    const available = [...this.members].filter(({ phase }) => phase === 'ready').length
    return { allocated: this.members.size, available, failed: this.failed }
  }

  /** The one with the fewest invocations, where one has a slot left. */
  get freest(): Member | undefined {
    let freest: Member | undefined
    for (const member of this.members) {
      if (member.phase !== 'ready' || member.busy >= this.fn.managed.maxConcurrency) continue
      if (freest === undefined || member.busy < freest.busy) freest = member
    }
    return freest
  }

  get isCrowded(): boolean {
    let busy = 0
    let slots = 0
    for (const { phase, busy: own } of this.members) {
      if (phase === 'starting') return false // which is about to be room
      busy += own
      slots += this.fn.managed.maxConcurrency
    }
    return busy > slots * BUSY_SHARE
  }
}

/**
 * The environments of versions on managed instances, each of which takes several invocations at once (AWS Lambda
 * Developer Guide, "Lambda managed instances scaling"). They are there before invocations are; an invocation that
 * finds all slots taken is refused, and more environments are on their way by then.
 */
export class ManagedPools {
  readonly #deps: ManagedDeps
  readonly #pools = new Map<string, ManagedPool>()
  /** Processors in use, by capacity provider. */
  readonly #vcpus = new Map<string, number>()
  #waiting = 0

  constructor(deps: ManagedDeps) {
    this.#deps = deps
  }

  get idle(): number {
    return this.#count(({ phase, busy }) => phase === 'ready' && busy === 0)
  }

  /** From now on the version has so many environments; `onChange` hears of each change of its counts. */
  keep(fn: FunctionVersion, scale: ManagedScale, onChange: () => void): void {
    const pool = this.#poolOf(fn, scale)
    if (pool === undefined) return
    pool.scale = scale
    pool.failed = false
    pool.onChange = onChange
    this.fill()
    this.#shrink(pool, Number.POSITIVE_INFINITY, scale.max)
  }

  counts(revision: string): ProvisionedCounts {
    return this.#pools.get(revision)?.counts ?? NOTHING_PROVISIONED
  }

  /** @throws AwsError TooManyRequestsException where all slots are taken. */
  async invoke(fn: FunctionVersion, invocation: Invocation, stream?: ResponseStream): Promise<Outcome> {
    const pool = this.#pools.get(fn.revision)
    if (pool === undefined || pool.retired) return NOT_READY
    const member = pool.freest ?? (await this.#firstReady(pool))
    if (member === undefined) return NOT_READY
    member.busy++
    member.served = true
    if (pool.isCrowded) this.#start(pool)
    return member.environment.invoke(invocation, stream)
  }

  retire(revision: string): void {
    const pool = this.#pools.get(revision)
    if (pool === undefined) return
    pool.retired = true
    this.#pools.delete(revision)
    this.#release(pool, false)
    for (const member of [...pool.members]) member.environment.retire()
  }

  /** Starts what lacks, as far as the host and the capacity provider have room. */
  fill(): void {
    for (const pool of this.#pools.values())
      while (!pool.failed && pool.members.size < pool.scale.min) if (!this.#start(pool)) break
  }

  /** Lets those go that were idle for long and are more than the least. */
  retireIdle(): void {
    const before = this.#deps.clock.elapsed() - this.#deps.idleMs
    for (const pool of this.#pools.values()) this.#shrink(pool, before, pool.scale.min)
  }

  stop(): void {
    for (const revision of [...this.#pools.keys()]) this.retire(revision)
  }

  #poolOf(fn: FunctionVersion, scale: ManagedScale): ManagedPool | undefined {
    const known = this.#pools.get(fn.revision)
    const { managed } = fn
    if (known !== undefined || managed === undefined) return known
    const pool = new ManagedPool({ ...fn, managed }, scale)
    this.#pools.set(fn.revision, pool)
    return pool
  }

  /** AWS has environments before a version is Active. Here who comes sooner waits for the first. */
  async #firstReady(pool: ManagedPool): Promise<Member | undefined> {
    const isStarting = pool.counts.available === 0 && !pool.failed
    if (!isStarting || this.#waiting >= this.#deps.waitingMax) {
      this.#start(pool)
      if (pool.failed) return undefined
      throw tooManyRequests('ConcurrentInvocationLimitExceeded')
    }
    this.#waiting++
    const ready = await new Promise<boolean>((resolve) => pool.waiting.push(resolve))
    this.#waiting--
    if (!ready) return undefined
    const member = pool.freest
    if (member === undefined) throw tooManyRequests('ConcurrentInvocationLimitExceeded')
    return member
  }

  /** False where there is no room for another. */
  #start(pool: ManagedPool): boolean {
    const { host, worker, clock, letLongestIdleGo } = this.#deps
    const { scale, fn } = pool
    const vcpus = this.#vcpus.get(scale.provider) ?? 0
    const mayGrow = pool.members.size < scale.max && vcpus + fn.managed.vcpus <= scale.vcpusMax
    if (pool.retired || pool.failed || !mayGrow) return false
    while (host.mayStart && host.isFull(1)) if (!letLongestIdleGo()) return false
    if (!host.mayStart) return false
    host.begun()
    this.#vcpus.set(scale.provider, vcpus + fn.managed.vcpus)
    const environment = worker.startEnvironment(fn, {
      initializationType: 'lambda-managed-instances',
      listener: { onFree: () => this.#free(member), onGone: () => this.#gone(member, scale.provider) },
    })
    const member: Member = {
      ...{ pool, environment, busy: 0, served: false },
      phase: 'starting',
      idleSince: clock.elapsed(),
    }
    pool.members.add(member)
    pool.onChange()
    return true
  }

  /** Its init has ended, or one of its invocations has. */
  #free(member: Member): void {
    const { pool } = member
    member.idleSince = this.#deps.clock.elapsed()
    if (member.phase === 'ready') {
      member.busy--
      return
    }
    this.#deps.host.started()
    if (!member.environment.isInitialized) {
      member.phase = 'gone'
      this.#failed(pool)
      member.environment.retire()
      return
    }
    member.phase = 'ready'
    this.#release(pool, true)
    pool.onChange()
    this.fill()
  }

  #gone(member: Member, provider: string): void {
    const { pool, phase, served } = member
    const { host } = this.#deps
    if (phase === 'starting') host.started()
    host.gone()
    const vcpus = (this.#vcpus.get(provider) ?? 0) - pool.fn.managed.vcpus
    if (vcpus > 0) this.#vcpus.set(provider, vcpus)
    else this.#vcpus.delete(provider)
    pool.members.delete(member)
    member.phase = 'gone'
    // One that ends by itself before it has served would do so again, at once.
    if (phase === 'ready' && !served && !pool.retired && pool.members.size < pool.scale.min)
      this.#failed(pool)
    else pool.onChange()
    this.fill()
  }

  #failed(pool: ManagedPool): void {
    if (pool.failed) return
    pool.failed = true
    this.#release(pool, false)
    this.#deps.clock
      .after(RETRY_MS, () => {
        pool.failed = false
        this.fill()
      })
      .unref()
    pool.onChange()
  }

  #release(pool: ManagedPool, ready: boolean): void {
    for (const resolve of pool.waiting.splice(0)) resolve(ready)
  }

  #shrink(pool: ManagedPool, idleBefore: number, least: number): void {
    for (const member of [...pool.members]) {
      if (pool.members.size <= least) return
      if (member.phase === 'ready' && member.busy === 0 && member.idleSince <= idleBefore)
        member.environment.retire()
    }
  }

  #count(is: (member: Member) => boolean): number {
    let count = 0
    for (const { members } of this.#pools.values()) for (const member of members) if (is(member)) count++
    return count
  }
}

const NOT_READY = {
  kind: 'platform-error',
  code: 'ResourceNotReadyException',
  message: 'The function has no execution environments on its capacity provider.',
} as const satisfies Outcome
