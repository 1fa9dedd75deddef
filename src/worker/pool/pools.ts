import type { Clock, Timer } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Network } from '../network/network.ts'
import type { SandboxHost } from '../sandbox/running.ts'
import type { WorkerSettings } from '../settings.ts'
import type { Users } from '../users.ts'
import { Demand } from './demand.ts'
import type { Kind } from './eligible.ts'
import { Member } from './member.ts'
import { HELPERS, Mounter } from './mounter.ts'

export interface PoolsParts {
  readonly host: SandboxHost
  readonly users: Users
  readonly network: Network
  readonly random: Random
  /** In which each running sandbox gets a folder. */
  readonly folder: string
  /** A folder of the pools' own. */
  readonly staging: string
  readonly settings: Pick<WorkerSettings, 'poolMembersMax' | 'poolMemoryMb' | 'poolIdleMs'>
  readonly helpers?: typeof HELPERS | readonly []
  /** Memory that the machine has left. */
  readonly availableBytes?: () => number
}

interface Pool {
  readonly kind: Kind
  readonly demand: Demand
  readonly members: Member[]
  /** Boots that failed in a row. */
  failures: number
}

/** Boots come after what they would slow down: the start of the function that took the last one. */
const QUIET_MS = 40

/** Kinds whose demand is remembered; of those the longest unwanted is forgotten. */
const KINDS_MAX = 64

/** A kind that cannot be booted is left alone after this many attempts, until it has been forgotten. */
const FAILURES_MAX = 3

/**
 * Runtimes that are booted, sandboxed, and wait for a function each. A kind gets a pool when a function of that kind
 * has been started; the pool follows what is wanted, and goes when nobody has wanted one for long.
 */
export class Pools {
  readonly #parts: PoolsParts
  readonly #clock: Clock
  /** In the order of their last wish. */
  readonly #pools = new Map<string, Pool>()
  readonly #leaving = new Set<Promise<void>>()
  readonly #closing = new AbortController()
  #mounter: Mounter | undefined
  #timer: Timer | undefined
  #sweep: Timer | undefined
  #filling: Promise<void> | undefined
  #wishedAt = 0
  #booted = 0
  #off: boolean

  constructor(parts: PoolsParts) {
    this.#parts = parts
    this.#clock = parts.host.clock
    const { name, ownUsers } = parts.host.sandbox
    // Without root nobody may mount into a sandbox.
    this.#off = parts.settings.poolMembersMax === 0 || (name === 'bubblewrap' && !ownUsers)
  }

  /** A runtime of this kind that waits, if there is one. More of them are booted for those to come. */
  take(kind: Kind): Member | undefined {
    if (this.#off) return undefined
    const pool = this.#poolOf(kind)
    this.#wishedAt = this.#clock.elapsed()
    pool.demand.wished(this.#wishedAt)
    this.#fillLater()
    for (;;) {
      const member = pool.members.shift()
      if (member === undefined || member.usable) return member
    }
  }

  /** How many wait, of all kinds. */
  get size(): number {
    let size = 0
    for (const { members } of this.#pools.values()) size += members.length
    return size
  }

  /** Boots no more, and ends all that wait. */
  async close(): Promise<void> {
    this.#off = true
    this.#closing.abort()
    this.#timer?.cancel()
    this.#sweep?.cancel()
    await this.#filling
    this.#dropAll()
    this.#mounter?.stop()
  }

  /** Resolves when nothing is left of any that it booted. */
  async gone(): Promise<void> {
    await Promise.all(this.#leaving)
  }

  #poolOf(kind: Kind): Pool {
    const pool = this.#pools.get(kind.key) ?? {
      kind,
      demand: new Demand(),
      members: [],
      failures: 0,
    }
    this.#pools.delete(kind.key)
    this.#pools.set(kind.key, pool)
    if (this.#pools.size > KINDS_MAX) {
      const [key, longestUnwanted] = this.#pools.entries().next().value as [string, Pool]
      this.#pools.delete(key)
      for (const member of longestUnwanted.members) member.drop()
    }
    return pool
  }

  #fillLater(): void {
    if (this.#timer !== undefined || this.#filling !== undefined) return
    this.#timer = this.#clock
      .after(QUIET_MS, () => {
        this.#timer = undefined
        if (this.#clock.elapsed() - this.#wishedAt < QUIET_MS / 2) return this.#fillLater()
        this.#filling = this.#fill().finally(() => {
          this.#filling = undefined
        })
      })
      .unref()
  }

  /** One at a time: each takes a processor for some 30 ms. */
  async #fill(): Promise<void> {
    if (!(await this.#canBoot())) return
    for (;;) {
      const pool = this.#off ? undefined : this.#neediest()
      if (pool === undefined) break
      await this.#bootOne(pool)
    }
    this.#sweepLater()
  }

  async #canBoot(): Promise<boolean> {
    const { host, folder, staging, helpers } = this.#parts
    if (this.#off || host.sandbox.name === 'process') return !this.#off
    if (this.#mounter?.works) return true
    // Those that are there were started in the namespace of a helper that is gone.
    this.#dropAll()
    this.#mounter = await Mounter.start(folder, staging, helpers ?? HELPERS)
    if (this.#mounter === undefined) this.#off = true
    return !this.#off
  }

  /** The kind that was wanted last and has fewer than it is to have, where there is room. */
  #neediest(): Pool | undefined {
    const { poolIdleMs, poolMembersMax, poolMemoryMb } = this.#parts.settings
    const now = this.#clock.elapsed()
    if (this.#memoryIsShort()) return undefined
    for (const pool of [...this.#pools.values()].reverse()) {
      if (pool.failures >= FAILURES_MAX) continue
      if (pool.members.length >= pool.demand.wanted(now, poolIdleMs)) continue
      if (this.size < poolMembersMax && this.#memoryMb() < poolMemoryMb) return pool
      // Every kind in use has one before any has many.
      if (pool.members.length > 0 || !this.#makeRoom(pool)) continue
      return pool
    }
    return undefined
  }

  /** Lets one go: of a kind that has several, or else of the one that was unwanted the longest. */
  #makeRoom(wanted: Pool): boolean {
    for (const pool of this.#pools.values()) {
      const member = pool === wanted || pool.members.length < 2 ? undefined : pool.members.pop()
      if (member === undefined) continue
      member.drop()
      return true
    }
    for (const pool of this.#pools.values()) {
      if (pool === wanted) return false
      const member = pool.members.pop()
      if (member === undefined) continue
      member.drop()
      return true
    }
    return false
  }

  /** What waits for functions to come is the first to give way. */
  #memoryIsShort(): boolean {
    const { settings, availableBytes = () => process.availableMemory() } = this.#parts
    return availableBytes() < settings.poolMemoryMb * 2 ** 20
  }

  #memoryMb(): number {
    let mb = 0
    for (const { members } of this.#pools.values()) {
      for (const { sandbox } of members) mb += sandbox.peakMemoryMb()
    }
    return mb
  }

  async #bootOne(pool: Pool): Promise<void> {
    const { host, users, network, folder, random } = this.#parts
    try {
      const id = `${random.hex(8)}-${++this.#booted % 1000}`
      const parts = { host, users, network, folder, mounter: this.#mounter, signal: this.#closing.signal }
      const member = await Member.boot(parts, pool.kind, id)
      pool.failures = 0
      const leaves = member.gone.then(() => {
        this.#leaving.delete(leaves)
        const at = pool.members.indexOf(member)
        if (at >= 0) pool.members.splice(at, 1)
      })
      this.#leaving.add(leaves)
      if (this.#off || this.#pools.get(pool.kind.key) !== pool) member.drop()
      else pool.members.push(member)
    } catch (error) {
      if (this.#off) return
      if (++pool.failures === FAILURES_MAX) host.report(error)
    }
  }

  /** Looks now and then whether what waits is still wanted. Ends with the last member. */
  #sweepLater(): void {
    if (this.#sweep !== undefined || this.#off || this.#pools.size === 0) return
    const { poolIdleMs } = this.#parts.settings
    this.#sweep = this.#clock
      .after(poolIdleMs / 10, () => {
        this.#sweep = undefined
        this.#dropUnwanted()
        this.#sweepLater()
      })
      .unref()
  }

  #dropUnwanted(): void {
    const { poolIdleMs } = this.#parts.settings
    const now = this.#clock.elapsed()
    if (this.#memoryIsShort()) this.#dropAll()
    for (const [key, pool] of this.#pools) {
      const wanted = pool.demand.wanted(now, poolIdleMs)
      for (const member of pool.members.splice(wanted)) member.drop()
      if (wanted === 0) this.#pools.delete(key)
    }
    if (this.#pools.size > 0) return
    this.#mounter?.stop()
    this.#mounter = undefined
  }

  #dropAll(): void {
    for (const { members } of this.#pools.values()) {
      for (const member of members.splice(0)) member.drop()
    }
  }
}
