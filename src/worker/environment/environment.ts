import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Invocation, Outcome } from '../../wire/invocation.ts'
import type { InitializationType, PlatformEvent } from '../../wire/platform-event.ts'
import type {
  EnvironmentListener,
  EnvironmentSource,
  LogRecord,
  TelemetrySink,
  Environment as WireEnvironment,
} from '../../wire/worker.ts'
import type { ShutdownReason } from '../extensions/answers.ts'
import { Companions } from '../extensions/companions.ts'
import type { ExternalExtension } from '../extensions/external.ts'
import type { Exit } from '../launcher/protocol.ts'
import { INVALID_REQUEST_ID, invalidTransition, type Refusal, TOO_LARGE } from '../runtime-api/answers.ts'
import type { Connection } from '../runtime-api/connection.ts'
import type { Answer } from '../runtime-api/routes.ts'
import type { SandboxEnd } from '../sandbox/running.ts'
import { Lines } from '../telemetry-api/lines.ts'
import { Chronicle } from './chronicle.ts'
import { after, type Event, RUNTIME_STATES, type State } from './lifecycle.ts'
import {
  exited,
  exitMessage,
  extensionExited,
  extensionMessage,
  platformFailure,
  responseTooLarge,
  serviceFailure,
  timedOut,
} from './payloads.ts'
import type { Ending } from './reports.ts'
import { CannotStart, type Runtime, type StartRuntime } from './runtime.ts'
import { Work } from './work.ts'

export interface EnvironmentParts {
  readonly source: EnvironmentSource
  readonly initializationType: InitializationType
  readonly listener: EnvironmentListener
  readonly telemetry: TelemetrySink
  readonly clock: Clock
  readonly random: Random
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
  /** Its extensions and who listens to it, from the first of these on. */
  companions: Companions | undefined
  /** The runtime asks for its next event, and extensions are still at work. */
  asked: boolean
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
  #initStart: PlatformEvent | undefined
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
  #shutDown: Promise<void> = Promise.resolve()

  constructor(parts: EnvironmentParts) {
    this.id = parts.source.environmentId
    this.fn = parts.source.fn
    this.#parts = parts
    this.#clock = parts.clock
    this.#chronicle = new Chronicle(parts.source, parts.initializationType, this.#heardToo(), parts.clock)
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

  /** Its extensions have had the time that is theirs, where it was retired. */
  get shutDown(): Promise<void> {
    return this.#shutDown
  }

  /** Nothing of it is left on the host. */
  async gone(): Promise<void> {
    await this.#run.starting
    await this.#shutDown
    await this.#gone
  }

  /** What is told goes to who listens inside the environment, too. */
  #heardToo(): TelemetrySink {
    const { telemetry } = this.#parts
    return {
      event: (source, event) => {
        telemetry.event(source, event)
        if (event.type === 'platform.initStart') this.#initStart = event
        this.#run.companions?.subscriptions.event(event)
      },
      output: (source, bytes) => telemetry.output(source, bytes),
      record: (source, record) => telemetry.record(source, record),
    }
  }

  #startRun(phase: Run['phase']): Run {
    const startedAt = this.#clock.elapsed()
    const run: Run = {
      phase,
      startedAt,
      waiting: new Set(),
      starting: Promise.resolve(),
      runtime: undefined,
      companions: undefined,
      asked: false,
      over: false,
    }
    const time = this.#clock.now()
    const { startRuntime, telemetry, source } = this.#parts
    const calls = {
      next: (connection: Connection) => this.#next(run, connection),
      response: (requestId: string, answer: Answer) => this.#response(run, requestId, answer),
      error: (requestId: string, answer: Answer) => this.#error(run, requestId, answer),
      initError: (answer: Answer) => this.#initError(run, answer),
      closed: (connection: Connection) => {
        run.waiting.delete(connection)
        run.companions?.extensions.closed(connection)
      },
      extension: (...call: Parameters<Companions['answer']>) => this.#companionsOf(run).answer(...call),
      external: (found: readonly ExternalExtension[]) => this.#external(run, found),
    }
    const output = {
      output: (bytes: Uint8Array) => {
        run.companions?.subscriptions.output('function', bytes)
        return telemetry.output(source, bytes)
      },
      record: (record: LogRecord) => {
        run.companions?.subscriptions.record(record)
        return telemetry.record(source, record)
      },
      extension: extensionOutput(
        (line) => telemetry.record(source, line),
        this.#clock,
        (bytes) => run.companions?.subscriptions.output('extension', bytes),
      ),
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
    if (runtime.supervisor !== undefined) {
      run.companions?.extensions.started(runtime.supervisor, (exit) =>
        this.#onExit(run, { ...exit, outOfMemory: runtime.isOutOfMemory(exit) }),
      )
    }
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

  // Its extensions -------------------------------------------------------------------------------------------

  #companionsOf(run: Run): Companions {
    if (run.companions !== undefined) return run.companions
    const inInit = this.#state === 'starting' || this.#state === 'restarting'
    const { clock, random } = this.#parts
    const parts = {
      fn: this.fn,
      clock,
      random,
      reach: { connect: (port: number) => connectInside(run.runtime, port) },
      tell: (event: Parameters<Chronicle['tell']>[0]) => this.#chronicle.tell(event),
      onReady: () => this.#onExtensionsReady(run),
      onFailed: (errorType: string, exit: Exit) => this.#onExtensionFailed(run, errorType, exit),
    }
    run.companions = new Companions(parts, { closed: run.over || !inInit })
    if (this.#initStart !== undefined) run.companions.subscriptions.event(this.#initStart)
    return run.companions
  }

  #external(run: Run, found: readonly ExternalExtension[]): void {
    this.#initStart = undefined
    const { name = '', flaw } = this.#companionsOf(run).extensions.addExternal(found) ?? {}
    if (flaw === undefined) return
    throw new CannotStart(`the extension ${name} cannot be started`, (requestId) =>
      platformFailure(requestId, 'Extension.LaunchError', flaw.message),
    )
  }

  #onExtensionsReady(run: Run): void {
    if (!run.asked || run.over) return
    run.asked = false
    this.#onNext(run)
  }

  #onExtensionFailed(run: Run, errorType: string, exit: Exit): void {
    const outcomeFor = (requestId: string) => extensionExited(requestId, errorType, exit)
    const ending = { status: 'error', errorType, errorMessage: extensionMessage(exit) } as const
    this.#fail(run, 'exit', { ending, outcomeFor })
  }

  /**
   * Whether the runtime, which asks for its next event, has to wait for extensions. That it is done is told at
   * once: there are extensions that wait to hear it.
   */
  #waitsForExtensions(run: Run, { extensions }: Companions): boolean {
    const was = this.#state
    const inInit = was === 'starting' || was === 'restarting'
    if (inInit) extensions.closeRegistration()
    if ((!inInit && was !== 'answered') || !extensions.areBusy) return false
    if (run.asked) return true
    run.asked = true
    const work = this.#work
    const at = this.#clock.elapsed()
    run.runtime?.whenDrained(() => {
      if (run.over) return
      if (inInit) this.#chronicle.initRuntimeDone(run.phase, { status: 'success' })
      else if (work !== undefined && work === this.#work) this.#chronicle.runtimeDone(work, work.ending, at)
    })
    return true
  }

  // What the runtime says ------------------------------------------------------------------------------------

  #next(run: Run, connection: Connection): Refusal | undefined {
    if (run.over || after(this.#state, 'next') === undefined) {
      return invalidTransition(RUNTIME_STATES[this.#state], 'Ready')
    }
    run.waiting.add(connection)
    if (run.companions === undefined || !this.#waitsForExtensions(run, run.companions)) this.#onNext(run)
    return undefined
  }

  /** The runtime is ready for its next event, and so are its extensions. */
  #onNext(run: Run): void {
    const was = this.#state
    this.#state = after(was, 'next') as State
    if (was === 'starting' || was === 'restarting') this.#onInitDone(run)
    if (was === 'answered') this.#onInvocationDone(run)
    // Once it has been read: the connection is not waiting yet while it is asking.
    if (was === 'invoking') queueMicrotask(() => this.#deliver(run))
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
    run.companions?.subscriptions.close()
    this.#settle(run, () => {
      this.#chronicle.initEnded(
        run.phase,
        { status: 'success' },
        durationMs,
        run.companions?.extensions.records,
      )
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
    // An extension inside the runtime that said why it fails takes the runtime along.
    const fatal = run.companions?.extensions.fatalError
    if (fatal !== undefined) {
      this.#onExtensionFailed(run, fatal, end)
      return
    }
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
    const tell = () => {
      const inInit = was === 'starting' || was === 'restarting'
      const extensions = run.companions?.extensions.records
      if (inInit) this.#chronicle.initEnded(run.phase, ending, endedAt - run.startedAt, extensions)
      if (inWork) this.#endWork(run, endedAt, ending)
    }
    const withExtensions = run.companions !== undefined && !run.companions.extensions.isEmpty
    const reason = event === 'timeout' ? 'timeout' : 'failure'
    this.#settling++
    const ended = withExtensions
      ? this.#endedWithExtensions(run, run.companions as Companions, reason, tell)
      : this.#ended(run).then(tell)
    ended.then(() => {
      this.#settling--
      this.#goOn()
    })
  }

  /** What listens is told of the failure before all are asked to end. */
  async #endedWithExtensions(
    run: Run,
    companions: Companions,
    reason: ShutdownReason,
    tell: () => void,
  ): Promise<void> {
    await run.starting
    const { runtime } = run
    if (runtime !== undefined) await new Promise<void>((resolve) => runtime.whenDrained(resolve))
    tell()
    if (runtime !== undefined) await this.#shutDownExtensions(companions, runtime, reason)
    await this.#ended(run)
    companions.subscriptions.stop()
  }

  async #shutDownExtensions(
    { extensions, subscriptions }: Companions,
    runtime: Runtime,
    reason: ShutdownReason,
  ): Promise<void> {
    subscriptions.wake()
    await extensions.shutDown(runtime, reason, subscriptions.flush())
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
      this.#run.companions?.subscriptions.rest()
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
      this.#run.companions?.subscriptions.wake()
      this.#deliver(this.#run)
    }
  }

  async #retireWithExtensions(companions: Companions, runtime: Runtime): Promise<void> {
    await this.#shutDownExtensions(companions, runtime, 'spindown')
    runtime.kill()
    companions.subscriptions.stop()
  }

  #deliver(run: Run): void {
    const work = this.#work
    if (run.over || work === undefined || this.#state !== 'invoking' || this.#settling > 0) return
    this.#chronicle.invocationStarted(work)
    run.companions?.extensions.invoke(work.invocation, work.deadlineMs)
    for (const connection of run.waiting) connection.deliver(work.invocation, work.deadlineMs)
    run.waiting.clear()
  }

  #stop(): void {
    const following = after(this.#state, 'retire')
    if (following === undefined) return
    this.#state = following
    this.#run.over = true
    this.#timer.cancel()
    const { runtime, companions } = this.#run
    if (runtime === undefined || companions === undefined || companions.extensions.isEmpty) runtime?.kill()
    else this.#shutDown = this.#retireWithExtensions(companions, runtime)
    this.#parts.listener.onGone(this)
  }
}

/** Extensions' lines are log events each: they must not be glued to an unfinished line of the function's. */
function extensionOutput(
  record: (line: LogRecord) => Promise<void> | undefined,
  clock: Clock,
  heard: (bytes: Uint8Array) => void,
): (bytes: Uint8Array) => Promise<void> | undefined {
  let full: Promise<void> | undefined
  const lines = new Lines((line) => {
    full = record({ timestamp: clock.now(), level: undefined, format: 'Text', text: `${line}\n` }) ?? full
  })
  return (bytes) => {
    full = undefined
    lines.push(bytes)
    heard(bytes)
    return full
  }
}

/** Never the host's ports in place of an environment's: which one is the function's choice. */
function connectInside(runtime: Runtime | undefined, port: number): Socket | Promise<Socket> {
  if (runtime?.connect === undefined) return Promise.reject(new Error('The runtime has not started.'))
  return runtime.connect(port)
}

const CANNOT_START = serviceFailure('The execution environment could not be started.')
