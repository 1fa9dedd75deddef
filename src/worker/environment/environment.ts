import type { Clock, Timer } from '../../base/clock.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Invocation, Outcome } from '../../wire/invocation.ts'
import type { InitializationType } from '../../wire/platform-event.ts'
import type {
  EnvironmentListener,
  EnvironmentSource,
  TelemetrySink,
  Environment as WireEnvironment,
} from '../../wire/worker.ts'
import { INVALID_REQUEST_ID, invalidTransition, type Refusal, TOO_LARGE } from '../runtime-api/answers.ts'
import type { Connection } from '../runtime-api/connection.ts'
import type { Answer } from '../runtime-api/routes.ts'
import type { SandboxEnd } from '../sandbox/running.ts'
import { Chronicle } from './chronicle.ts'
import { after, type Event, RUNTIME_STATES, type State } from './lifecycle.ts'
import { exited, exitMessage, responseTooLarge, serviceFailure, timedOut } from './payloads.ts'
import type { Ending } from './reports.ts'
import { CannotStart, type Runtime, type StartRuntime } from './runtime.ts'
import { Work } from './work.ts'

export interface EnvironmentParts {
  readonly source: EnvironmentSource
  readonly initializationType: InitializationType
  readonly listener: EnvironmentListener
  readonly telemetry: TelemetrySink
  readonly clock: Clock
  readonly initTimeoutMs: number
  readonly startRuntime: StartRuntime
  readonly report: (error: unknown) => void
}

/** One life of the runtime, as the environment keeps it. */
interface Run {
  readonly phase: 'init' | 'invoke'
  /** By `Clock.elapsed`. */
  readonly startedAt: number
  /** Connections that wait for an event: a runtime may ask on several, and all get the same. */
  readonly waiting: Set<Connection>
  /** Settled once it is known whether there is a process. */
  starting: Promise<void>
  runtime: Runtime | undefined
  /** Failed or retired: what it still says is not heard. */
  over: boolean
}

/** Why a run of the runtime ended, and what its invocation gets for it. */
interface Failure {
  readonly ending: Ending
  readonly outcomeFor: (requestId: string) => Outcome
}

/**
 * One execution environment: a sandboxed process of one version of one function, which answers one invocation
 * at a time. The table in lifecycle.ts decides what may happen; this class does it.
 *
 * Events are told in the order in which they happened, with the output in between. So whatever ends a phase
 * waits until all that was written in it is read (`settle`), and only then is the environment free. The caller
 * of the invocation does not wait for that.
 */
export class Environment implements WireEnvironment {
  readonly id: string
  readonly fn: FunctionVersion
  readonly #parts: EnvironmentParts
  readonly #clock: Clock
  readonly #chronicle: Chronicle
  #state: State = 'starting'
  #run: Run
  #work: Work | undefined
  #timer: Timer
  /** How many phases have ended whose output is still being read. */
  #settling = 0
  /** The listener knows that it is free. */
  #announced = false
  #retiring = false
  #gone: Promise<unknown> = Promise.resolve()

  constructor(parts: EnvironmentParts) {
    this.id = parts.source.environmentId
    this.fn = parts.source.fn
    this.#parts = parts
    this.#clock = parts.clock
    this.#chronicle = new Chronicle(parts.source, parts.initializationType, parts.telemetry, parts.clock)
    this.#run = this.#startRun('init')
    this.#timer = this.#clock.after(parts.initTimeoutMs, () => this.#onTimeout())
  }

  invoke(invocation: Invocation): Promise<Outcome> {
    if (this.#state === 'stopped' || this.#work !== undefined) {
      this.#parts.report(new Error(`Environment ${this.id} was given an invocation while it was not free.`))
      return Promise.resolve(serviceFailure('The execution environment was not free.'))
    }
    const work = new Work(invocation)
    this.#work = work
    this.#announced = false
    this.#goOn()
    return work.outcome
  }

  retire(): void {
    this.#retiring = true
    if (this.#work === undefined && this.#settling === 0) this.#stop()
  }

  /** Nothing of it is left on the host. */
  async gone(): Promise<void> {
    await this.#run.starting
    await this.#gone
  }

  #startRun(phase: Run['phase']): Run {
    const startedAt = this.#clock.elapsed()
    const run: Run = {
      phase,
      startedAt,
      waiting: new Set(),
      starting: Promise.resolve(),
      runtime: undefined,
      over: false,
    }
    const time = this.#clock.now()
    const { startRuntime, telemetry, source } = this.#parts
    const calls = {
      next: (connection: Connection) => this.#next(run, connection),
      response: (requestId: string, answer: Answer) => this.#response(run, requestId, answer),
      error: (requestId: string, answer: Answer) => this.#error(run, requestId, answer),
      initError: (answer: Answer) => this.#initError(run, answer),
      closed: (connection: Connection) => void run.waiting.delete(connection),
    }
    const output = {
      output: (bytes: Uint8Array) => telemetry.output(source, bytes),
      record: (record: Parameters<TelemetrySink['record']>[1]) => telemetry.record(source, record),
    }
    run.starting = startRuntime(calls, output).then(
      (runtime) => this.#onStarted(run, runtime, time),
      (error) => this.#onNotStarted(run, error, time),
    )
    return run
  }

  #onStarted(run: Run, runtime: Runtime, time: number): void {
    run.runtime = runtime
    this.#gone = Promise.all([this.#gone, runtime.gone])
    if (run.over) {
      runtime.kill()
      return
    }
    this.#chronicle.initStarted(run.phase, time, runtime.version)
    runtime.ended.then((end) => this.#onExit(run, end))
  }

  #onNotStarted(run: Run, error: unknown, time: number): void {
    if (!(error instanceof CannotStart)) this.#parts.report(error)
    const outcomeFor = error instanceof CannotStart ? error.outcomeFor : () => CANNOT_START
    if (run.over) return
    const outcome = outcomeFor('')
    if (outcome.kind === 'platform-error') {
      this.#giveUp(run, outcome)
      return
    }
    const { errorType } = outcome
    this.#chronicle.initStarted(run.phase, time, undefined)
    this.#fail(run, 'exit', {
      ending: { status: 'error', errorType, errorMessage: (error as Error).message },
      outcomeFor,
    })
  }

  /** There is no runtime to be had: no fault of the function's, so no word in its logs. */
  #giveUp(run: Run, outcome: Outcome): void {
    run.over = true
    this.#timer.cancel()
    this.#state = 'dormant'
    const work = this.#work
    this.#work = undefined
    work?.fail(outcome)
    if (work === undefined) this.#goOn()
    else this.#stop()
  }

  // What the runtime says ------------------------------------------------------------------------------------

  #next(run: Run, connection: Connection): Refusal | undefined {
    const was = this.#state
    const refused = this.#move(run, 'next', 'Ready')
    if (refused !== undefined) return refused
    run.waiting.add(connection)
    if (was === 'starting' || was === 'restarting') this.#onInitDone(run)
    if (was === 'answered') this.#onInvocationDone(run)
    // Once it has been read: the connection is not waiting yet while it is asking.
    if (was === 'invoking') queueMicrotask(() => this.#deliver(run))
    return undefined
  }

  #response(run: Run, requestId: string, answer: Answer): Refusal | undefined {
    const work = this.#work
    if (run.over || work?.requestId !== requestId) return INVALID_REQUEST_ID
    const refused = this.#move(run, 'answer', 'InvocationResponse')
    if (refused !== undefined) return refused
    if (answer.tooLarge) return this.#tooLarge(work)
    const contentType = answer.contentType ?? 'application/json'
    const outcome: Outcome = { kind: 'success', payload: answer.bytes, contentType }
    work.answer({ status: 'success' }, outcome, this.#clock.elapsed())
    return undefined
  }

  #error(run: Run, requestId: string, answer: Answer): Refusal | undefined {
    const work = this.#work
    if (run.over || work?.requestId !== requestId) return INVALID_REQUEST_ID
    const refused = this.#move(run, 'answer', 'InvocationErrorResponse')
    if (refused !== undefined) return refused
    if (answer.tooLarge) return this.#tooLarge(work)
    const { errorType, bytes: payload } = answer
    const outcome: Outcome = { kind: 'function-error', payload, errorType }
    const cause = answer.errorCause === undefined ? {} : { errorCause: answer.errorCause }
    work.answer({ status: 'failure', errorType, ...cause }, outcome, this.#clock.elapsed())
    return undefined
  }

  #tooLarge(work: Work): Refusal {
    const outcome = responseTooLarge()
    work.answer({ status: 'error', errorType: outcome.errorType }, outcome, this.#clock.elapsed())
    return TOO_LARGE
  }

  #initError(run: Run, answer: Answer): Refusal | undefined {
    if (run.over || after(this.#state, 'initError') === undefined) {
      return invalidTransition(RUNTIME_STATES[this.#state], 'InitError')
    }
    const { errorType, bytes: payload } = answer
    const outcome: Outcome = { kind: 'function-error', payload, errorType }
    // The runtime first gets its 202, then its end.
    setImmediate(() => {
      this.#fail(run, 'initError', { ending: { status: 'error', errorType }, outcomeFor: () => outcome })
    })
    return undefined
  }

  /** Moves by what the runtime did, or says why that is refused. */
  #move(run: Run, event: Event, to: string): Refusal | undefined {
    const following = run.over ? undefined : after(this.#state, event)
    if (following === undefined) return invalidTransition(RUNTIME_STATES[this.#state], to)
    this.#state = following
    return undefined
  }

  // What becomes of it ---------------------------------------------------------------------------------------

  #onInitDone(run: Run): void {
    const durationMs = this.#clock.elapsed() - run.startedAt
    if (run.phase === 'init') this.#timer.cancel()
    this.#settle(run, () => {
      this.#chronicle.initEnded(run.phase, { status: 'success' }, durationMs)
      run.runtime?.endInit()
      this.#deliver(run)
    })
  }

  #onInvocationDone(run: Run): void {
    this.#timer.cancel()
    const endedAt = this.#clock.elapsed()
    this.#settle(run, () => this.#endWork(run, endedAt))
  }

  #onTimeout(): void {
    const { timeoutMs } = this.fn
    this.#fail(this.#run, 'timeout', {
      ending: { status: 'timeout' },
      outcomeFor: (requestId) => timedOut(requestId, timeoutMs),
    })
  }

  #onExit(run: Run, end: SandboxEnd): void {
    const errorType = end.outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError'
    this.#fail(run, 'exit', {
      ending: { status: 'error', errorType, errorMessage: exitMessage(end) },
      outcomeFor: (requestId) => (end.error === undefined ? exited(requestId, end) : CANNOT_START),
    })
  }

  /** The runtime is of no use any more. The next invocation, or the one that waits for its init, starts it again. */
  #fail(run: Run, event: Event, { ending, outcomeFor }: Failure): void {
    const was = this.#state
    const following = after(was, event)
    if (run.over || following === undefined) return
    this.#state = following
    run.over = true
    this.#timer.cancel()
    const work = this.#work
    // Timers may be early by a fraction of a millisecond; AWS reports the full time.
    const deadline = event === 'timeout' && work !== undefined ? work.startedAt + this.fn.timeoutMs : 0
    const endedAt = was === 'starting' ? this.#clock.elapsed() : Math.max(this.#clock.elapsed(), deadline)
    const inWork = was === 'invoking' || was === 'restarting' || was === 'answered'
    if (inWork) work?.fail(outcomeFor(work.requestId))
    this.#settling++
    this.#ended(run).then(() => {
      this.#settling--
      const inInit = was === 'starting' || was === 'restarting'
      if (inInit) this.#chronicle.initEnded(run.phase, ending, endedAt - run.startedAt)
      if (inWork) this.#endWork(run, endedAt, ending)
      this.#goOn()
    })
  }

  /** Ends the run's process. Resolves when what it wrote is consumed. */
  async #ended(run: Run): Promise<void> {
    await run.starting
    run.runtime?.kill()
    await run.runtime?.ended
  }

  #endWork(run: Run, endedAt: number, ending?: Ending): void {
    const work = this.#work
    if (work === undefined) return
    this.#work = undefined
    const memoryMb = run.runtime?.peakMemoryMb() ?? 0
    this.#chronicle.invocationEnded(work, ending ?? work.ending, endedAt, memoryMb)
  }

  /** Calls `then` when what the runtime wrote until now is read. */
  #settle(run: Run, then: () => void): void {
    const settled = () => {
      this.#settling--
      then()
      this.#goOn()
    }
    this.#settling++
    if (run.runtime === undefined) setImmediate(settled)
    else run.runtime.whenDrained(settled)
  }

  /** Gives the runtime what there is to do, or tells placement that there is room. */
  #goOn(): void {
    if (this.#settling > 0 || (this.#state !== 'idle' && this.#state !== 'dormant')) return
    const work = this.#work
    if (work !== undefined) this.#begin(work)
    else if (this.#retiring) this.#stop()
    else if (!this.#announced) {
      this.#announced = true
      this.#run.runtime?.rest()
      this.#parts.listener.onFree(this)
    }
  }

  #begin(work: Work): void {
    const wasDormant = this.#state === 'dormant'
    this.#state = after(this.#state, 'assign') as State
    work.begin(this.#clock, this.fn.timeoutMs)
    this.#timer = this.#clock.after(this.fn.timeoutMs, () => this.#onTimeout())
    if (wasDormant) this.#run = this.#startRun('invoke')
    else {
      this.#run.runtime?.wake()
      this.#deliver(this.#run)
    }
  }

  #deliver(run: Run): void {
    const work = this.#work
    if (run.over || work === undefined || this.#state !== 'invoking' || this.#settling > 0) return
    this.#chronicle.invocationStarted(work)
    for (const connection of run.waiting) connection.deliver(work.invocation, work.deadlineMs)
    run.waiting.clear()
  }

  #stop(): void {
    const following = after(this.#state, 'retire')
    if (following === undefined) return
    this.#state = following
    this.#run.over = true
    this.#timer.cancel()
    this.#run.runtime?.kill()
    this.#parts.listener.onGone(this)
  }
}

const CANNOT_START = serviceFailure('The execution environment could not be started.')
