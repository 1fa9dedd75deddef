import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Outcome } from '../../wire/invocation.ts'
import type { InitializationType, PlatformEvent } from '../../wire/platform-event.ts'
import type { EnvironmentSource, TelemetrySink } from '../../wire/worker.ts'
import { Chronicle } from './chronicle.ts'
import { Deadline } from './deadline.ts'
import { timeOut } from './failure.ts'
import { endInit, startInit } from './init.ts'
import { after, type Event, type State } from './lifecycle.ts'
import type { Ending } from './reports.ts'
import { type Phase, Run } from './run.ts'
import type { StartRuntime } from './runtime.ts'
import type { Work } from './work.ts'

export interface LifeParts {
  readonly source: EnvironmentSource
  readonly initializationType: InitializationType
  readonly telemetry: TelemetrySink
  readonly clock: Clock
  readonly random: Random
  readonly initTimeoutMs: number
  readonly startRuntime: StartRuntime
  readonly report: (error: unknown) => void
  /** It can take an invocation. */
  readonly onFree: () => void
  /** It takes none any more. */
  readonly onStopped: () => void
}

/**
 * What an environment is at, and what comes next. The table in lifecycle.ts decides what may happen; init.ts,
 * calls.ts, beside.ts and failure.ts are what happens.
 *
 * Events are told in the order in which they happened, with the output in between. So whatever ends a phase
 * waits until all that was written in it is read (`settle`), and only then is the environment free. The caller
 * of the invocation does not wait for that.
 */
export class Life {
  readonly parts: LifeParts
  readonly fn: FunctionVersion
  readonly clock: Clock
  readonly chronicle: Chronicle
  /** As it was told: who subscribes hears of it afterwards. */
  initStart: PlatformEvent | undefined
  run: Run
  work: Work | undefined
  /** Of the init, or of the invocation. */
  readonly deadline: Deadline
  #state: State = 'starting'
  /** How many phases have ended whose output is still being read. */
  #settling = 0
  /** It was said that it is free. */
  #announced = false
  #retiring = false
  #gone: Promise<unknown> = Promise.resolve()
  #shutDown: Promise<void> = Promise.resolve()

  constructor(parts: LifeParts) {
    const { source, initializationType, clock, initTimeoutMs } = parts
    this.parts = parts
    this.fn = source.fn
    this.clock = clock
    this.chronicle = new Chronicle(source, initializationType, this.#heardToo(), clock)
    this.deadline = new Deadline(clock, () => timeOut(this))
    this.run = this.#startRun('init')
    this.deadline.set(initTimeoutMs)
  }

  get state(): State {
    return this.#state
  }

  get isInInit(): boolean {
    return this.#state === 'starting' || this.#state === 'restarting'
  }

  /** Its extensions have had the time that is theirs, where it was retired. */
  get shutDown(): Promise<void> {
    return this.#shutDown
  }

  /** Nothing of it is left on the host. */
  async gone(): Promise<void> {
    await this.run.starting
    await this.#shutDown
    await this.#gone
  }

  willBeGone(gone: Promise<void>): void {
    this.#gone = Promise.all([this.#gone, gone])
  }

  assign(work: Work): void {
    this.work = work
    this.#announced = false
    this.#goOn()
  }

  retire(): void {
    this.#retiring = true
    if (this.work === undefined && this.#settling === 0) this.#stop()
  }

  /** False where the table does not allow it. */
  move(event: Event): boolean {
    const following = after(this.#state, event)
    if (following === undefined) return false
    this.#state = following
    return true
  }

  /** The runtime is ready for its next event, and so are its extensions. */
  onNext(run: Run): void {
    const was = this.#state
    this.move('next')
    if (was === 'starting' || was === 'restarting') endInit(this, run)
    if (was === 'answered') this.#endInvocation(run)
    // Once it has been read: the connection is not waiting yet while it is asking.
    if (was === 'invoking') queueMicrotask(() => this.deliver(run))
  }

  deliver(run: Run): void {
    const { work } = this
    if (run.over || work === undefined || this.#state !== 'invoking' || this.#settling > 0) return
    run.deliver(work)
    // The runtime is woken before that is told: its answer cannot be read before this turn is over.
    this.chronicle.invocationStarted(work)
  }

  endWork(run: Run, endedAt: number, ending?: Ending): void {
    const { work } = this
    if (work === undefined) return
    this.work = undefined
    const memoryMb = run.runtime?.peakMemoryMb() ?? 0
    this.chronicle.invocationEnded(work, ending ?? work.ending, endedAt, memoryMb)
  }

  /** Calls `then` when what the runtime wrote until now is read. */
  settle(run: Run, then: () => void): void {
    this.#settling++
    run.whenRead(() => {
      this.#settling--
      then()
      this.#goOn()
    })
  }

  /** Goes on when a run that failed has ended. */
  settleAfter(ended: Promise<void>): void {
    this.#settling++
    ended.then(() => {
      this.#settling--
      this.#goOn()
    })
  }

  /** There is no runtime to be had. */
  giveUp(run: Run, outcome: Outcome): void {
    run.over = true
    this.deadline.clear()
    this.#state = 'dormant'
    const { work } = this
    this.work = undefined
    work?.fail(outcome)
    if (work === undefined) this.#goOn()
    else this.#stop()
  }

  #startRun(phase: Phase): Run {
    const run = new Run(phase, this.clock)
    startInit(this, run)
    return run
  }

  /** Gives the runtime what there is to do, or says that there is room. */
  #goOn(): void {
    if (this.#settling > 0 || (this.#state !== 'idle' && this.#state !== 'dormant')) return
    // It is dormant in a moment, and its invocation, if it has one, starts the next runtime.
    if (this.#state === 'idle' && this.run.runtime?.isEnding === true) return
    const { work } = this
    if (work !== undefined) this.#begin(work)
    else if (this.#retiring || this.#isLostAhead) this.#stop()
    else if (!this.#announced) {
      this.#announced = true
      this.run.rest()
      this.parts.onFree()
    }
  }

  /** Its runtime ended while it was idle, and it is there to have no init in front of an invocation. */
  get #isLostAhead(): boolean {
    const isAhead = this.parts.initializationType !== 'on-demand'
    return this.#announced && this.#state === 'dormant' && isAhead
  }

  #begin(work: Work): void {
    const wasDormant = this.#state === 'dormant'
    this.move('assign')
    work.begin(this.clock, this.fn.timeoutMs)
    this.deadline.set(this.fn.timeoutMs)
    if (wasDormant) this.run = this.#startRun('invoke')
    else {
      // What is frozen finds its event when it thaws: one wake-up instead of two.
      this.deliver(this.run)
      this.run.wake()
    }
  }

  #endInvocation(run: Run): void {
    this.deadline.clear()
    const endedAt = this.clock.elapsed()
    this.settle(run, () => this.endWork(run, endedAt))
  }

  #stop(): void {
    if (!this.move('retire')) return
    const { run } = this
    run.over = true
    this.deadline.end()
    if (run.runtime === undefined || !run.hasExtensions) run.runtime?.kill()
    else this.#shutDown = this.#spinDown(run)
    this.parts.onStopped()
  }

  async #spinDown(run: Run): Promise<void> {
    await run.shutDown('spindown')
    run.runtime?.kill()
    run.companions?.subscriptions.stop()
  }

  /** What is told goes to who listens inside the environment, too. */
  #heardToo(): TelemetrySink {
    const { telemetry } = this.parts
    return {
      event: (source, event) => {
        telemetry.event(source, event)
        if (event.type === 'platform.initStart') this.initStart = event
        this.run.companions?.subscriptions.event(event)
      },
      output: (source, bytes) => telemetry.output(source, bytes),
      record: (source, record) => telemetry.record(source, record),
    }
  }
}
