import type { Clock, Timer } from '../base/clock.ts'
import type { Member, Pool } from './pool.ts'

/** What there is of the environments that a revision is to have ahead of invocations. */
export interface ProvisionedCounts {
  /** Started, ready or not. */
  readonly allocated: number
  /** Initialised: free, or at work. */
  readonly available: number
  /** The last one could not be initialised: another is tried after a while. */
  readonly failed: boolean
}

export const NOTHING_PROVISIONED: ProvisionedCounts = { allocated: 0, available: 0, failed: false }

/** The environments of one pool that are there ahead of invocations, and replaced when one is lost. */
export class Allotment {
  wanted = 0
  failed = false
  readonly members = new Set<Member>()
  /** Those that are free. */
  readonly ready: Member[] = []
  onChange: () => void = () => {}

  get lacking(): number {
    return this.failed ? 0 : this.wanted - this.members.size
  }

  get hasSurplus(): boolean {
    return this.members.size > this.wanted
  }

  get counts(): ProvisionedCounts {
    let starting = 0
    for (const { phase } of this.members) if (phase === 'starting') starting++
    const allocated = this.members.size
    return { allocated, available: allocated - starting, failed: this.failed }
  }
}

/** After an init that failed: AWS says FAILED and does not say when it tries again. */
const RETRY_MS = 60_000

/** What placement does for it. */
export interface ProvisioningDeps {
  readonly clock: Clock
  /** Starts one for the pool, where the host has room beside what invocations need. */
  readonly startAhead: (pool: Pool) => boolean
  readonly letGo: (member: Member) => void
}

/** Keeps the allotments of all pools filled. */
export class Provisioning {
  readonly #deps: ProvisioningDeps
  readonly #pools = new Set<Pool>()
  /** By function: what is allocated is not there for its other invocations, where it has a reservation. */
  readonly #allocated = new Map<string, number>()
  readonly #retries = new Set<Timer>()

  constructor(deps: ProvisioningDeps) {
    this.#deps = deps
  }

  /** From now on the pool has so many; `onChange` hears of each change of its counts. */
  set(pool: Pool, wanted: number, onChange: () => void): void {
    const { allotment } = pool
    allotment.wanted = wanted
    allotment.failed = false
    allotment.onChange = onChange
    this.#pools.add(pool)
    while (allotment.hasSurplus) {
      const member = allotment.ready[0]
      if (member === undefined) break
      this.#deps.letGo(member)
    }
    this.fill()
  }

  /** Nothing more is started for the pool. */
  forget(pool: Pool): void {
    pool.allotment.wanted = 0
    this.#pools.delete(pool)
  }

  /** Starts what lacks, as far as the host has room. */
  fill(): void {
    for (const pool of this.#pools) {
      while (pool.allotment.lacking > 0) if (!this.#deps.startAhead(pool)) return
    }
  }

  started(member: Member): void {
    const { pool } = member
    pool.allotment.members.add(member)
    this.#count(pool.fn.arn, 1)
    pool.allotment.onChange()
  }

  /** It could not be initialised: others would not be either, and are tried later. */
  failed(member: Member): void {
    const { allotment } = member.pool
    allotment.failed = true
    const timer = this.#deps.clock.after(RETRY_MS, () => {
      this.#retries.delete(timer)
      allotment.failed = false
      this.fill()
    })
    this.#retries.add(timer.unref())
    allotment.onChange()
  }

  gone(member: Member): void {
    const { pool } = member
    if (!pool.allotment.members.delete(member)) return
    this.#count(pool.fn.arn, -1)
    pool.allotment.onChange()
  }

  allocatedOf(functionArn: string): number {
    return this.#allocated.get(functionArn) ?? 0
  }

  stop(): void {
    for (const timer of this.#retries) timer.cancel()
    this.#retries.clear()
  }

  #count(functionArn: string, difference: number): void {
    const allocated = this.allocatedOf(functionArn) + difference
    if (allocated > 0) this.#allocated.set(functionArn, allocated)
    else this.#allocated.delete(functionArn)
  }
}
