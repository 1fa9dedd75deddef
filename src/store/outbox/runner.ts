import type { Transaction } from 'kysely'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { afterCommit } from '../after-commit.ts'
import type { Database, Tables } from '../database.ts'
import { Gather } from './gather.ts'
import { Lane } from './lane.ts'
import { SqlOutbox } from './outbox.sql.ts'
import type { Item, NewItem } from './outbox.ts'

/** What became of an attempt: it arrived or was given up, it is to be tried again, or it has not been tried yet. */
export type Verdict = 'done' | { readonly retryAt: number } | { readonly notBefore: number }

export interface OutboxRunnerOptions {
  readonly database: Database
  readonly clock: Clock
  readonly random: Random
  /** The room's name for its items. */
  readonly kind: string
  /** Delivers one item. What it throws is reported, and the item tried again in a minute. */
  readonly deliver: (item: Item, signal: AbortSignal) => Promise<Verdict>
  /** Lanes whose items must arrive one after the other, in the order in which they were added. */
  readonly isOrdered?: (lane: string) => boolean
  readonly reportFault: (error: unknown) => void
  readonly limits?: Partial<OutboxLimits>
}

export interface OutboxLimits {
  /** Deliveries at a time, in one lane and in all: a target that hangs takes its own only. */
  readonly perLane: number
  readonly inAll: number
  /** Items in memory, in one lane and in all; what is beyond stays in the database. */
  readonly heldPerLane: number
  readonly heldInAll: number
}

const LIMITS: OutboxLimits = { perLane: 16, inAll: 128, heldPerLane: 1000, heldInAll: 5000 }

/** For how long an item is its owner's: a node that dies leaves its items for that long. */
const CLAIM_MS = 30_000
const RENEW_MS = CLAIM_MS / 3
/** How often other nodes' items are looked for, where there are other nodes. */
const LOOK_MS = 5000
/** What failed for reasons of our own. */
const FAULT_RETRY_MS = 60_000
/** A lane that is full here: others' turn. */
const FULL_LANE_MS = 1000
const CLAIMED_AT_ONCE = 500

/**
 * Delivers what rooms leave for others: SNS to its subscribers, S3 its notifications, rules to their targets.
 * An item is written in the transaction of what caused it and removed when it has arrived; it is delivered at
 * least once, also by another node, or after a crash. A lane is a target: one that is slow or gone holds up
 * its own items only.
 */
export class OutboxRunner {
  readonly #options: OutboxRunnerOptions
  readonly #outbox: SqlOutbox
  readonly #limits: OutboxLimits
  readonly #owner: string
  readonly #lanes = new Map<string, Lane>()
  readonly #held = new Map<number, Item>()
  /** Ordered lanes of which an item failed: until then everything waits behind it. */
  readonly #blocked = new Map<string, number>()
  readonly #stopping = new AbortController()
  /** Removes those that have arrived. */
  readonly #arrived: Gather<number>
  readonly #running = new Set<Promise<void>>()
  #timer: Timer | undefined
  #wakesAt = Infinity
  #renewal: Timer | undefined
  #looking: Promise<void> | undefined
  #inFlight = 0

  constructor(options: OutboxRunnerOptions) {
    this.#options = options
    this.#outbox = new SqlOutbox(options.database, options.kind)
    this.#limits = { ...LIMITS, ...options.limits }
    this.#owner = options.random.uuid()
    this.#arrived = new Gather((ids) => this.#outbox.remove(ids))
  }

  /** Goes on with what was left. */
  async start(): Promise<void> {
    // Where only one process has the database, whatever is claimed was claimed by one that is gone.
    if (!this.#options.database.dialect.isShared) await this.#outbox.releaseAll(this.#now())
    this.#wakeAt(this.#now())
  }

  /** Deliveries under way are told to end, and waited for; the rest is left to the next start, or to other nodes. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#timer?.cancel()
    this.#renewal?.cancel()
    await this.#looking
    await Promise.all(this.#running)
    const left = [...this.#held.keys()]
    this.#held.clear()
    await this.#outbox.postpone(left, this.#now(), 'not tried')
  }

  /** In the transaction of what causes them; delivery begins when that has committed. */
  async add(transaction: Transaction<Tables>, items: readonly NewItem[]): Promise<void> {
    const now = this.#now()
    const [ours, others]: [NewItem[], NewItem[]] = [[], []]
    for (const item of items) {
      if (this.#isOrdered(item.lane)) await this.#addBehind(transaction, item)
      else if ((item.dueAt ?? now) <= now && this.#hasRoom(item.lane)) ours.push(item)
      else others.push(item)
    }
    await this.#insert(transaction, ours, 'ours')
    await this.#insert(transaction, others, 'whose turn it is')
  }

  /** Items that are not delivered yet, on all nodes. */
  count(): Promise<number> {
    return this.#outbox.count()
  }

  /** Behind what waits in its lane already, on whichever node. */
  async #addBehind(transaction: Transaction<Tables>, item: NewItem): Promise<void> {
    const now = this.#now()
    const behind = await this.#outbox.lastDueOfOthers(transaction, item.lane, this.#owner)
    const dueAt = Math.max(item.dueAt ?? now, behind ?? now)
    const isOurs = behind === undefined && dueAt <= now && this.#hasRoom(item.lane)
    await this.#insert(transaction, [{ ...item, dueAt }], isOurs ? 'ours' : 'whose turn it is')
  }

  async #insert(
    transaction: Transaction<Tables>,
    items: readonly NewItem[],
    whose: 'ours' | 'whose turn it is',
  ): Promise<void> {
    if (items.length === 0) return
    const now = this.#now()
    const isOurs = whose === 'ours'
    const claim = isOurs ? { claim: this.#claim() } : {}
    const added = await this.#outbox.add(transaction, items, { now, ...claim })
    const dueAt = items.reduce((soonest, item) => Math.min(soonest, item.dueAt ?? now), Infinity)
    afterCommit(transaction, () => {
      if (isOurs) this.#takeIn(added).catch(this.#options.reportFault)
      else this.#wakeAt(dueAt)
    })
  }

  #hasRoom(lane: string): boolean {
    const waiting = this.#lanes.get(lane)?.waiting ?? 0
    return this.#held.size < this.#limits.heldInAll && waiting < this.#limits.heldPerLane
  }

  #hold(item: Item): void {
    if (this.#held.has(item.id)) return
    this.#held.set(item.id, item)
    const lane = this.#lanes.get(item.lane) ?? this.#openLane(item.lane)
    lane.push(item)
    this.#renewLater()
    this.#pump(lane)
  }

  #openLane(name: string): Lane {
    const lane = new Lane(name, { isOrdered: this.#isOrdered(name), atOnce: this.#limits.perLane })
    this.#lanes.set(name, lane)
    return lane
  }

  #pump(lane: Lane): void {
    while (this.#inFlight < this.#limits.inAll && !this.#stopping.signal.aborted) {
      const item = lane.take()
      if (item === undefined) return
      this.#inFlight++
      const run = this.#deliver(lane, item).finally(() => this.#running.delete(run))
      this.#running.add(run)
    }
  }

  async #deliver(lane: Lane, item: Item): Promise<void> {
    const verdict = await this.#attempt(item)
    try {
      await this.#settle(lane, item, verdict)
    } catch (error) {
      // It stays claimed until that runs out, and is then delivered once more.
      this.#options.reportFault(error)
    }
    this.#held.delete(item.id)
    this.#inFlight--
    lane.ended()
    if (lane.isEmpty) this.#lanes.delete(lane.name)
    this.#pump(lane)
    for (const other of this.#lanes.values()) {
      if (this.#inFlight >= this.#limits.inAll) break
      this.#pump(other)
    }
    if (this.#held.size === 0) this.#wakeAt(this.#now())
  }

  async #attempt(item: Item): Promise<Verdict> {
    try {
      return await this.#options.deliver(item, this.#stopping.signal)
    } catch (error) {
      if (this.#stopping.signal.aborted) return { retryAt: this.#now() }
      this.#options.reportFault(error)
      return { retryAt: this.#now() + FAULT_RETRY_MS }
    }
  }

  async #settle(lane: Lane, item: Item, verdict: Verdict): Promise<void> {
    if (verdict === 'done') {
      await this.#arrived.add(item.id)
      return
    }
    const [retryAt, failed] =
      'notBefore' in verdict
        ? [verdict.notBefore, 'not tried' as const]
        : [verdict.retryAt, 'one more attempt' as const]
    if (lane.isOrdered) this.#blocked.set(lane.name, retryAt)
    await this.#outbox.postpone([item.id], retryAt, failed)
    if (lane.isOrdered) await this.#giveBack(lane.takeAll(), retryAt)
    this.#wakeAt(retryAt)
  }

  async #giveBack(items: readonly Item[], dueAt: number): Promise<void> {
    for (const { id } of items) this.#held.delete(id)
    await this.#outbox.postpone(
      items.map(({ id }) => id),
      dueAt,
      'not tried',
    )
    if (items.length > 0) this.#wakeAt(dueAt)
  }

  #wakeAt(at: number): void {
    if (this.#stopping.signal.aborted || at >= this.#wakesAt) return
    this.#timer?.cancel()
    this.#wakesAt = at
    this.#timer = this.#options.clock.after(Math.max(0, at - this.#now()), () => this.#wake()).unref()
  }

  #wake(): void {
    this.#wakesAt = Infinity
    if (this.#looking !== undefined) {
      this.#wakeAt(this.#now() + 1)
      return
    }
    this.#looking = this.#look()
      .catch((error: unknown) => {
        this.#options.reportFault(error)
        this.#wakeAt(this.#now() + LOOK_MS)
      })
      .finally(() => {
        this.#looking = undefined
      })
  }

  /** Takes what is due, as far as there is room, and finds out when to look again. */
  async #look(): Promise<void> {
    const limit = Math.min(CLAIMED_AT_ONCE, this.#limits.heldInAll - this.#held.size)
    if (limit > 0) {
      const now = this.#now()
      for (const [lane, until] of this.#blocked) if (until <= now) this.#blocked.delete(lane)
      const items = await this.#outbox.claim(this.#claim(), { now, limit })
      await this.#takeIn(items)
    }
    const next = (await this.#outbox.nextDue()) ?? Infinity
    const soonest = this.#now() + (limit > 0 ? 0 : FULL_LANE_MS)
    const look = this.#options.database.dialect.isShared ? this.#now() + LOOK_MS : Infinity
    this.#wakeAt(Math.max(soonest, Math.min(next, look)))
  }

  async #takeIn(items: readonly Item[]): Promise<void> {
    const tooMany = new Map<string, Item[]>()
    for (const item of items) {
      const { lane } = item
      if (tooMany.has(lane) || this.#blocked.has(lane) || !this.#hasRoom(lane)) {
        tooMany.set(lane, [...(tooMany.get(lane) ?? []), item])
      } else this.#hold(item)
    }
    for (const [lane, left] of tooMany) {
      await this.#giveBack(left, this.#blocked.get(lane) ?? this.#now() + FULL_LANE_MS)
    }
  }

  /** While there is something in memory, its claims are kept from running out. */
  #renewLater(): void {
    this.#renewal ??= this.#options.clock
      .after(RENEW_MS, () => {
        this.#renewal = undefined
        if (this.#held.size === 0 || this.#stopping.signal.aborted) return
        this.#outbox.renew([...this.#held.keys()], this.#claim()).catch(this.#options.reportFault)
        this.#renewLater()
      })
      .unref()
  }

  #isOrdered(lane: string): boolean {
    return this.#options.isOrdered?.(lane) ?? false
  }

  #claim() {
    return { owner: this.#owner, until: this.#now() + CLAIM_MS }
  }

  #now(): number {
    return this.#options.clock.now()
  }
}
