import type { Clock, Timer } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { backoffMs } from '../../base/retry.ts'
import { Budget } from './budget.ts'
import { bytesOf, idAfter, type QueueEntry } from './entry.ts'
import { type Decision, Lane, type LaneSettings } from './lane.ts'
import type { AsyncQueueStore, NewEntry, QueueChange } from './store.ts'
import { QueueWriter } from './writer.ts'

export interface QueueSettings extends LaneSettings {
  /** Entries that all lanes together have in memory, and their bytes. */
  readonly entriesMax: number
  readonly bytesMax: number
  /** How often other nodes' queues are looked through for what they left. */
  readonly sweepMs: number
  /** How long a stop waits for what is under way; what is not over then is done again. */
  readonly stopMs: number
}

export const DEFAULT_QUEUE_SETTINGS: QueueSettings = {
  runningMax: 64,
  runningMaxWhenSaturated: 4,
  heldMax: 192,
  readBytesMax: 8 * 1024 * 1024,
  claimMs: 30_000,
  entriesMax: 8192,
  bytesMax: 64 * 1024 * 1024,
  sweepMs: 10_000,
  stopMs: 5000,
}

export interface QueueDeps {
  readonly store: AsyncQueueStore
  readonly clock: Clock
  readonly random: Random
  readonly settings?: Partial<QueueSettings>
  /** Whether this process has no rest. */
  readonly isSaturated?: () => boolean
  /** Works on an entry. What it throws is reported, and the entry comes again. */
  readonly handle: (entry: QueueEntry) => Promise<Decision>
  readonly reportFault: (error: unknown) => void
}

const LANES_AT_ONCE = 100
const PURGED_AT_ONCE = 500
/** After a defect in the work itself, so that it does not spin. */
const AFTER_DEFECT_MS = 30_000
/** Between attempts to write that work is over: the disk is full, or the database away. */
const WRITE_AGAIN = { baseMs: 200, maxMs: 5000 }

/**
 * A durable queue of lanes. Entries are worked on at least once: what this process has claimed and not ended
 * when it dies is claimed again, by the next process or another node. Memory is bounded whatever waits: beyond
 * that entries stand in the database only.
 */
export class DurableQueue {
  readonly #deps: QueueDeps
  readonly #settings: QueueSettings
  readonly #writer: QueueWriter
  readonly #budget: Budget
  readonly #lanes = new Map<string, Lane>()
  readonly #stopping = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #timers: Timer[] = []
  #isStarted = false

  constructor(deps: QueueDeps) {
    this.#deps = deps
    this.#settings = { ...DEFAULT_QUEUE_SETTINGS, ...deps.settings }
    this.#writer = new QueueWriter(deps.store)
    this.#budget = new Budget(this.#settings.entriesMax, this.#settings.bytesMax)
  }

  /** Goes on with what an earlier process left, without waiting for it. */
  start(): void {
    this.#isStarted = true
    this.#background(this.#sweep())
    if (!this.#deps.store.isShared) return
    this.#every(this.#settings.sweepMs, () => this.#sweep())
    this.#every(this.#settings.claimMs / 3, () => this.#extendClaims())
  }

  /** Begins with nothing new, and waits a while for what is under way. */
  async stop(): Promise<void> {
    this.#isStarted = false
    for (const timer of this.#timers) timer.cancel()
    const left = [...this.#lanes.values()].flatMap((lane) => lane.stop())
    const { clock } = this.#deps
    await Promise.race([this.idle(), clock.sleep(this.#settings.stopMs, this.#stopping.signal)])
    this.#stopping.abort()
    await this.idle()
    if (this.#deps.store.isShared) await this.#deps.store.release(left).catch(this.#deps.reportFault)
  }

  /**
   * Resolves when the entry is durable. Work on it may have begun.
   *
   * @throws StoreError where it could not be kept.
   */
  async add(entry: QueueEntry): Promise<void> {
    const inserts = this.#begin([entry])
    try {
      await this.#writer.insert(inserts)
    } catch (error) {
      for (const { entry, claimedUntil } of inserts)
        if (claimedUntil !== undefined) this.#laneOf(entry.lane).cancel(bytesOf(entry))
      throw error
    }
    this.#began(inserts)
  }

  /** Forgets what waits in a lane now. Resolves when it is gone; what comes later stays. */
  async purge(key: string): Promise<void> {
    const lane = this.#laneOf(key)
    const before = idAfter(this.#deps.clock.now())
    lane.pause()
    try {
      while ((await this.#deps.store.purge(key, before, PURGED_AT_ONCE)) === PURGED_AT_ONCE);
    } finally {
      lane.resume()
    }
  }

  /** When nothing is under way: what waits, waits for its time, for capacity or in the database. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  #begin(entries: readonly QueueEntry[]): NewEntry[] {
    const now = this.#deps.clock.now()
    return entries.map((entry) => {
      const isDue = entry.dueAt <= now && this.#isStarted
      return isDue && this.#laneOf(entry.lane).reserve(bytesOf(entry))
        ? { entry, claimedUntil: now + this.#settings.claimMs }
        : { entry }
    })
  }

  #began(inserts: readonly NewEntry[]): void {
    for (const { entry, claimedUntil } of inserts) {
      const lane = this.#laneOf(entry.lane)
      if (claimedUntil !== undefined) lane.arrive(entry)
      else if (this.#isStarted) lane.expect(entry.dueAt)
    }
  }

  #laneOf(key: string): Lane {
    const known = this.#lanes.get(key)
    if (known !== undefined) return known
    const lane = new Lane(key, {
      store: this.#deps.store,
      clock: this.#deps.clock,
      budget: this.#budget,
      settings: this.#settings,
      isSaturated: this.#deps.isSaturated ?? (() => false),
      work: (entry) => this.#work(entry),
      settle: (change) => this.#settle(change),
      begin: (entries) => this.#begin(entries),
      began: (inserts) => this.#began(inserts),
      background: (work) => this.#background(work, lane),
      reportFault: this.#deps.reportFault,
    })
    this.#lanes.set(key, lane)
    return lane
  }

  #background(work: Promise<void>, lane?: Lane): void {
    const running = work
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#deps.reportFault(error)
      })
      .then(() => {
        this.#underWay.delete(running)
        if (lane?.isOver && this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key)
      })
    this.#underWay.add(running)
  }

  async #work(entry: QueueEntry): Promise<Decision> {
    try {
      return await this.#untilStopped(this.#deps.handle(entry))
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#deps.reportFault(error)
      return { kind: 'later', dueAt: this.#deps.clock.now() + AFTER_DEFECT_MS, detail: entry.detail }
    }
  }

  /** Work that goes on after the stop is of no use any more: the entry stays claimed, and is done again. */
  #untilStopped<Result>(work: Promise<Result>): Promise<Result> {
    const { signal } = this.#stopping
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason)
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    })
  }

  async #settle(change: Partial<QueueChange>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.#stopping.signal.throwIfAborted()
      try {
        return await this.#writer.change(change)
      } catch (error) {
        this.#deps.reportFault(error)
      }
      const wait = backoffMs(attempt, { ...WRITE_AGAIN, random: this.#deps.random })
      await this.#deps.clock.sleep(wait, this.#stopping.signal)
    }
  }

  /** Looks into every lane that has entries. */
  async #sweep(): Promise<void> {
    let after = ''
    while (this.#isStarted) {
      const keys = await this.#deps.store.lanes(after, LANES_AT_ONCE)
      if (keys.length === 0) return
      for (const key of keys) this.#laneOf(key).look()
      after = keys.at(-1) as string
    }
  }

  async #extendClaims(): Promise<void> {
    const ids = [...this.#lanes.values()].flatMap((lane) => [...lane.claimed])
    await this.#deps.store.extend(ids, this.#deps.clock.now() + this.#settings.claimMs)
  }

  #every(ms: number, work: () => Promise<void>): void {
    const timer = this.#deps.clock
      .after(ms, () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
        this.#background(
          work().finally(() => {
            if (this.#isStarted) this.#every(ms, work)
          }),
        )
      })
      .unref()
    this.#timers.push(timer)
  }
}
