import type { Dialect } from '../../aws/event-pattern/pattern.ts'
import type { SqsPort } from '../../aws/ports/sqs.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Lease, Leases } from '../../store/leases.ts'
import { filterOf } from './filter.ts'
import { runBatch } from './lane.ts'
import { Lanes } from './lanes.ts'
import type { MappedFunctions, Mapping, MappingSource } from './mapping.ts'
import { laneCounts } from './sqs/lane-counts.ts'
import { QueueSource } from './sqs/source.ts'

export interface MappingsDeps {
  readonly mappings: MappingSource
  readonly functions: MappedFunctions
  readonly sqs: SqsPort
  readonly leases: Leases
  /** Who holds the leases: this process, or this data folder where only one process can have it. */
  readonly owner: string
  /** Of the filters; that of event source mappings where absent. */
  readonly dialect?: Dialect
  readonly clock: Clock
  readonly reportFault: (error: unknown) => void
}

const LEASE_MS = 30_000
/** Leases are renewed, and those of nodes that are gone are taken, every so often. */
const ROUND_MS = 10_000
/** How long a stop waits for functions that are at work. What they do not finish comes again. */
const STOP_MS = 10_000

interface Running {
  readonly mapping: Mapping
  readonly lanes: Lanes
  lease: Lease
}

/** Feeds functions from their sources: each mapping is run by one node at a time, by lease. */
export class Mappings {
  readonly #deps: MappingsDeps
  readonly #running = new Map<string, Running>()
  readonly #ending = new Set<Promise<void>>()
  #timer: Timer | undefined
  #unsubscribe: (() => void) | undefined
  #round: Promise<void> | undefined
  /** A change came while a round was under way: another one follows. */
  #again = false
  #isStopped = false

  constructor(deps: MappingsDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.#deps.mappings.subscribe(() => this.#look())
    this.#look()
    await this.#round
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#unsubscribe?.()
    this.#timer?.cancel()
    await this.#round
    for (const running of [...this.#running.values()]) this.#end(running, running.lease)
    const waiting = new AbortController()
    const tooLong = this.#deps.clock.sleep(STOP_MS, waiting.signal).catch(() => {})
    await Promise.race([Promise.all(this.#ending), tooLong])
    waiting.abort()
  }

  /** Batches that may be under way at once, of all mappings that this node runs. */
  counts(): { readonly mappings: number; readonly lanes: number } {
    const lanes = [...this.#running.values()].reduce((sum, running) => sum + running.lanes.size, 0)
    return { mappings: this.#running.size, lanes }
  }

  #look(): void {
    if (this.#isStopped) return
    if (this.#round !== undefined) {
      this.#again = true
      return
    }
    this.#timer?.cancel()
    this.#round = this.#runRound()
      .catch((error) => this.#deps.reportFault(error))
      .then(() => {
        this.#round = undefined
        if (this.#isStopped) return
        if (this.#again) {
          this.#again = false
          this.#look()
        } else {
          this.#timer = this.#deps.clock.after(ROUND_MS, () => this.#look()).unref()
        }
      })
  }

  /** Ends what is not to run any more, holds what runs, and begins what is to run and nobody runs. */
  async #runRound(): Promise<void> {
    const { leases, owner, mappings } = this.#deps
    const wanted = new Map((await mappings.polled()).map((mapping) => [mapping.uuid, mapping]))
    for (const running of [...this.#running.values()]) {
      const lease = await leases.renew(running.lease, LEASE_MS)
      if (lease === undefined || !wanted.has(running.mapping.uuid)) this.#end(running, lease)
      else running.lease = lease
    }
    for (const mapping of wanted.values()) {
      const running = this.#running.get(mapping.uuid)
      if (running !== undefined && JSON.stringify(mapping) === JSON.stringify(running.mapping)) continue
      const lease = running?.lease ?? (await leases.acquire(`mapping/${mapping.uuid}`, owner, LEASE_MS))
      // What it has read under its old settings it finishes under them.
      if (running !== undefined) this.#end(running)
      if (lease !== undefined) await this.#begin(mapping, lease)
    }
  }

  /** One that cannot begin holds up no other: the next round tries again. */
  async #begin(mapping: Mapping, lease: Lease): Promise<void> {
    const { leases, reportFault } = this.#deps
    try {
      const running = { mapping, lanes: this.#lanesOf(mapping), lease }
      await running.lanes.start()
      this.#running.set(mapping.uuid, running)
    } catch (error) {
      reportFault(error)
      await leases.release(lease)
    }
  }

  #lanesOf(mapping: Mapping): Lanes {
    const { functions, clock, reportFault, dialect } = this.#deps
    const source = new QueueSource(this.#deps, mapping)
    const passes = filterOf(mapping.filters, dialect)
    return new Lanes({
      counts: async () => laneCounts(mapping, await functions.describe(mapping.functionArn)),
      run: (signal, onBatch) => runBatch({ mapping, source, functions, passes, clock }, signal, onBatch),
      clock,
      reportFault,
    })
  }

  /** @param lease - where it is to be released once all is settled */
  #end(running: Running, lease?: Lease): void {
    const { leases, reportFault } = this.#deps
    this.#running.delete(running.mapping.uuid)
    const ending = running.lanes
      .stop()
      .then(() => lease && leases.release(lease))
      .catch((error) => this.#isStopped || reportFault(error))
      .then(() => void this.#ending.delete(ending))
    this.#ending.add(ending)
  }
}
