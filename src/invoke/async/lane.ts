import type { Clock, Timer } from '../../base/clock.ts'
import type { Budget } from './budget.ts'
import { bytesOf, type QueueEntry } from './entry.ts'
import type { AsyncQueueStore, NewEntry, QueueChange } from './store.ts'

/** What becomes of an entry once it has been worked on. */
export type Decision =
  /** It is over; `follows` takes its place, in the same commit. */
  | { readonly kind: 'done'; readonly follows?: readonly QueueEntry[] }
  /** It is worked on again at `dueAt`. */
  | {
      readonly kind: 'later'
      readonly dueAt: number
      readonly detail: string
      /** There was no capacity: the lane asks for less at a time. */
      readonly throttled?: boolean
    }

export interface LaneSettings {
  /** Entries that are worked on at the same time. */
  readonly runningMax: number
  /** As many while this process has no rest: what callers wait for comes before what nobody waits for. */
  readonly runningMaxWhenSaturated: number
  /** Entries in memory, those that are worked on included. */
  readonly heldMax: number
  /** Bytes that are read from the database at once. */
  readonly readBytesMax: number
  /** How long a claim holds. */
  readonly claimMs: number
}

export interface LaneDeps {
  readonly store: Pick<AsyncQueueStore, 'claim' | 'nextDue'>
  readonly clock: Clock
  readonly budget: Budget
  readonly settings: LaneSettings
  readonly isSaturated: () => boolean
  /** Never rejects. */
  readonly work: (entry: QueueEntry) => Promise<Decision>
  /** Durable when it resolves; tried until it is. Rejects only when the queue stops. */
  readonly settle: (change: Partial<QueueChange>) => Promise<void>
  /** Entries that were put into lanes, this one or others, claimed by this node. */
  readonly begin: (entries: readonly QueueEntry[]) => NewEntry[]
  readonly began: (entries: readonly NewEntry[]) => void
  /** Runs on its own; the queue waits for it when it stops. */
  readonly background: (work: Promise<void>) => void
  readonly reportFault: (error: unknown) => void
}

/** After a failed read. */
const READ_AGAIN_MS = 1000

/** The entries of one function, or of one destination: a slow one holds up none but its own. */
export class Lane {
  readonly key: string
  readonly #deps: LaneDeps
  readonly #held = new Set<string>()
  #ready: QueueEntry[] = []
  #running = 0
  /** Places that are kept for entries on their way into the database. */
  #coming = 0
  /** How many may run: less than the most where there is no capacity for them. */
  #limit: number
  /** Whether the database may have entries that are due and not in memory. */
  #hasMore = false
  /** Counts what the database got, so that a read that was under way meanwhile is not the last one. */
  #arrivals = 0
  #isReading = false
  #pauses = 0
  #timer: { readonly at: number; readonly timer: Timer } | undefined
  #stopped = false
  readonly #onRoom = () => this.#fill()

  constructor(key: string, deps: LaneDeps) {
    this.key = key
    this.#deps = deps
    this.#limit = deps.settings.runningMax
  }

  /** Nothing in memory, and nothing that it waits for. */
  get isOver(): boolean {
    return this.#isIdle && this.#timer === undefined && !this.#hasMore
  }

  /** Ids of what this node has claimed here. */
  get claimed(): ReadonlySet<string> {
    return this.#held
  }

  /** Keeps a place in memory for an entry that is about to be written. False: it has to wait in the database. */
  reserve(bytes: number): boolean {
    const isFull = this.#held.size + this.#coming >= this.#deps.settings.heldMax
    if (isFull || this.#hasMore || this.#pauses > 0 || this.#stopped) return false
    const share = this.#deps.budget.take(1, bytes)
    if (share === undefined) return false
    // What little the entry has beyond its share is given back with it.
    this.#deps.budget.give({ entries: 0, bytes: share.bytes - bytes })
    this.#coming++
    return true
  }

  /** The reserved place's entry is durable. */
  arrive(entry: QueueEntry): void {
    this.#coming--
    this.#hold(entry)
    this.#ready.push(entry)
    this.#pump()
  }

  /** The reserved place's entry could not be written. */
  cancel(bytes: number): void {
    this.#coming--
    this.#deps.budget.give({ entries: 1, bytes })
  }

  /** The database has an entry that is due at `dueAt`. */
  expect(dueAt: number): void {
    const now = this.#deps.clock.now()
    if (dueAt <= now) this.look()
    else this.#wakeAt(dueAt)
  }

  /** The database may have entries that are due. */
  look(): void {
    this.#arrivals++
    this.#hasMore = true
    this.#fill()
  }

  /** Begins with nothing new until `resume`. Returns what was claimed and not begun. */
  pause(): string[] {
    this.#pauses++
    return this.#forgetReady()
  }

  resume(): void {
    this.#pauses--
    this.look()
  }

  /** Begins with nothing any more. Returns what was claimed and not begun. */
  stop(): string[] {
    this.#stopped = true
    this.#timer?.timer.cancel()
    this.#timer = undefined
    return this.#forgetReady()
  }

  get #isIdle(): boolean {
    return this.#held.size === 0 && this.#coming === 0 && !this.#isReading && this.#pauses === 0
  }

  #forgetReady(): string[] {
    const forgotten = this.#ready
    this.#ready = []
    for (const entry of forgotten) this.#letGo(entry)
    return forgotten.map(({ id }) => id)
  }

  #hold(entry: QueueEntry): void {
    this.#held.add(entry.id)
  }

  #letGo(entry: QueueEntry): void {
    this.#held.delete(entry.id)
    this.#deps.budget.give({ entries: 1, bytes: bytesOf(entry) })
  }

  #pump(): void {
    while (this.#ready.length > 0 && this.#running < this.#allowed) {
      const entry = this.#ready.shift() as QueueEntry
      this.#running++
      this.#deps.background(this.#run(entry))
    }
  }

  get #allowed(): number {
    const limit = Math.floor(this.#limit)
    const { runningMaxWhenSaturated } = this.#deps.settings
    return limit > runningMaxWhenSaturated && this.#deps.isSaturated() ? runningMaxWhenSaturated : limit
  }

  async #run(entry: QueueEntry): Promise<void> {
    const decision = await this.#deps.work(entry)
    this.#adapt(decision)
    this.#running--
    this.#pump()
    try {
      await this.#settle(entry, decision)
    } finally {
      this.#letGo(entry)
      this.#fill()
    }
    if (decision.kind === 'later') this.expect(decision.dueAt)
  }

  /** Half as many where there is no capacity, one more for each full round that succeeds. */
  #adapt(decision: Decision): void {
    const { runningMax } = this.#deps.settings
    const isThrottled = decision.kind === 'later' && decision.throttled
    this.#limit = isThrottled
      ? Math.max(1, Math.min(this.#limit, this.#running) / 2)
      : Math.min(runningMax, this.#limit + 1 / this.#limit)
  }

  async #settle({ id }: QueueEntry, decision: Decision): Promise<void> {
    if (decision.kind === 'later') {
      const { dueAt, detail } = decision
      return this.#deps.settle({ updates: [{ id, dueAt, detail }] })
    }
    const inserts = this.#deps.begin(decision.follows ?? [])
    await this.#deps.settle({ deletes: [id], inserts })
    this.#deps.began(inserts)
  }

  #fill(): void {
    if (this.#isReading || !this.#wantsMore) return
    this.#isReading = true
    this.#deps.background(this.#read())
  }

  get #wantsMore(): boolean {
    const { heldMax } = this.#deps.settings
    const isAtWork = this.#held.size + this.#coming > heldMax / 2
    return this.#hasMore && !isAtWork && this.#pauses === 0 && !this.#stopped
  }

  async #read(): Promise<void> {
    try {
      while (this.#wantsMore && (await this.#readSome()));
    } catch (error) {
      this.#deps.reportFault(error)
      this.#wakeAt(this.#deps.clock.now() + READ_AGAIN_MS)
    } finally {
      this.#isReading = false
    }
  }

  /** False where memory is used up: the lane is called when there is room. */
  async #readSome(): Promise<boolean> {
    const { budget, clock, store, settings } = this.#deps
    const share = budget.take(settings.heldMax - this.#held.size - this.#coming, settings.readBytesMax)
    if (share === undefined) {
      budget.whenRoom(this.#onRoom)
      return false
    }
    const since = this.#arrivals
    const now = clock.now()
    let entries: QueueEntry[] = []
    try {
      const until = now + settings.claimMs
      entries = await store.claim(this.key, { now, until, max: share.entries, bytesMax: share.bytes })
    } finally {
      const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0)
      budget.give({ entries: share.entries - entries.length, bytes: share.bytes - bytes })
    }
    this.#take(entries)
    if (entries.length === 0 && since === this.#arrivals) await this.#waitForNext(now)
    return true
  }

  #take(entries: readonly QueueEntry[]): void {
    for (const entry of entries) {
      if (this.#held.has(entry.id)) {
        // This process was too late to hold on to its claim, and got it again.
        this.#deps.budget.give({ entries: 1, bytes: bytesOf(entry) })
        continue
      }
      this.#hold(entry)
      this.#ready.push(entry)
    }
    this.#pump()
  }

  async #waitForNext(now: number): Promise<void> {
    this.#hasMore = false
    const next = await this.#deps.store.nextDue(this.key, now)
    if (next !== undefined) this.expect(next)
  }

  #wakeAt(at: number): void {
    if (this.#stopped || (this.#timer !== undefined && this.#timer.at <= at)) return
    this.#timer?.timer.cancel()
    const timer = this.#deps.clock
      .after(at - this.#deps.clock.now(), () => {
        this.#timer = undefined
        this.look()
      })
      .unref()
    this.#timer = { at, timer }
  }
}
