import type { Socket } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import type { ShutdownReason } from '../extensions/answers.ts'
import type { Companions } from '../extensions/companions.ts'
import type { Connection } from '../runtime-api/connection.ts'
import type { Runtime } from './runtime.ts'
import type { Work } from './work.ts'

/** `init`: before there was an invocation. `invoke`: inside one, whose time it takes ("suppressed init"). */
export type Phase = 'init' | 'invoke'

/** As long as what listens has, at most, to take what was told of an invocation before all is frozen. */
const TOLD_MS = 500

/** One life of the runtime, as the environment keeps it. */
export class Run {
  readonly phase: Phase
  /** By `Clock.elapsed`. */
  readonly startedAt: number
  /** Connections that wait for an event: a runtime may ask on several, and all get the same. */
  readonly waiting = new Set<Connection>()
  /** Settled once it is known whether there is a process. */
  starting: Promise<void> = Promise.resolve()
  runtime: Runtime | undefined
  /** Its extensions and who listens to it, from the first of these on. */
  companions: Companions | undefined
  /** The runtime asks for its next event, and extensions are still at work. */
  asked = false
  /** Failed or retired: what it still says is not heard. */
  over = false
  readonly #clock: Clock
  /** Counts rests and wakings, by which a rest that was put off knows whether it is still wanted. */
  #turn = 0

  constructor(phase: Phase, clock: Clock) {
    this.phase = phase
    this.startedAt = clock.elapsed()
    this.#clock = clock
  }

  get hasExtensions(): boolean {
    return this.companions?.extensions.isEmpty === false
  }

  wake(): void {
    this.#turn++
    this.runtime?.wake()
    this.companions?.subscriptions.wake()
  }

  /** It has nothing to do. What listens first gets what was told: once frozen it could not take it. */
  rest(): void {
    this.#turn++
    if (this.companions?.subscriptions.isEmpty === false) void this.#restOnceTold(this.companions)
    else this.runtime?.rest()
  }

  async #restOnceTold({ subscriptions }: Companions): Promise<void> {
    const turn = this.#turn
    const told = new AbortController()
    const late = this.#clock.sleep(TOLD_MS, told.signal).catch(() => {})
    await Promise.race([subscriptions.flush(), late])
    told.abort()
    if (turn !== this.#turn || this.over) return
    this.runtime?.rest()
    subscriptions.rest()
  }

  /** The extensions first: the runtime may answer at once. */
  deliver({ invocation, deadlineMs }: Work): void {
    this.companions?.extensions.invoke(invocation, deadlineMs)
    for (const connection of this.waiting) connection.deliver(invocation, deadlineMs)
    this.waiting.clear()
  }

  /** Calls `then` when what the runtime wrote until now is read. */
  whenRead(then: () => void): void {
    if (this.runtime === undefined) setImmediate(then)
    else this.runtime.whenDrained(then)
  }

  /** Asks the runtime and its extensions to end. Resolves when they have, or when their time is up. */
  async shutDown(reason: ShutdownReason): Promise<void> {
    const { runtime, companions } = this
    if (runtime === undefined || companions === undefined) return
    companions.subscriptions.wake()
    await companions.extensions.shutDown(runtime, reason, companions.subscriptions.flush())
  }

  /** Ends its process, at once. Resolves when what it wrote is consumed. */
  async end(): Promise<void> {
    await this.starting
    this.runtime?.kill()
    await this.runtime?.ended
  }

  /** Never the host's ports in place of an environment's: which one is the function's choice. */
  connect(port: number): Socket | Promise<Socket> {
    if (this.runtime?.connect === undefined) return Promise.reject(new Error('The runtime has not started.'))
    return this.runtime.connect(port)
  }
}
