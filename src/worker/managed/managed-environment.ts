import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Invocation, Outcome } from '../../wire/invocation.ts'
import type { ResponseStream } from '../../wire/response-stream.ts'
import type {
  EnvironmentListener,
  EnvironmentSource,
  TelemetrySink,
  Environment as WireEnvironment,
} from '../../wire/worker.ts'
import { Chronicle } from '../environment/chronicle.ts'
import { outputOf } from '../environment/output.ts'
import {
  exited,
  exitMessage,
  extensionExited,
  extensionMessage,
  platformFailure,
  responseTooLarge,
  serviceFailure,
  timedOut,
} from '../environment/payloads.ts'
import type { Ending } from '../environment/reports.ts'
import { CannotStart, type Runtime, type StartRuntime } from '../environment/runtime.ts'
import { StreamedAnswer } from '../environment/streamed-answer.ts'
import { Work } from '../environment/work.ts'
import type { ShutdownReason } from '../extensions/answers.ts'
import { isOwnProgram } from '../launch-plan.ts'
import type { Exit } from '../launcher/protocol.ts'
import { INVALID_REQUEST_ID, invalidTransition, type Refusal, TOO_LARGE } from '../runtime-api/answers.ts'
import type { Connection } from '../runtime-api/connection.ts'
import type { Answer, RuntimeCalls, StreamedResponse } from '../runtime-api/routes.ts'
import type { SandboxEnd } from '../sandbox/running.ts'
import { Beside } from './beside.ts'

export interface ManagedParts {
  readonly source: EnvironmentSource
  readonly listener: EnvironmentListener
  readonly telemetry: TelemetrySink
  readonly clock: Clock
  readonly random: Random
  readonly initTimeoutMs: number
  readonly startRuntime: StartRuntime
  readonly report: (error: unknown) => void
}

/** `failed`: its init did; it never served. */
type State = 'starting' | 'ready' | 'failed' | 'stopped'

/** Of a worker of the runtime that ended under an invocation, while the others live on. */
const WORKER_LOST = 'Runtime exited without providing a reason'

/**
 * An execution environment on managed instances: its runtime asks for events on several connections, and has an
 * invocation on each at once (AWS Lambda Developer Guide, "Lambda managed instances execution environment"). An
 * invocation that fails or times out is that one's affair; the environment ends with its process. It is never
 * frozen.
 */
export class ManagedEnvironment implements WireEnvironment {
  readonly id: string
  readonly fn: FunctionVersion
  readonly #parts: ManagedParts
  readonly #clock: Clock
  readonly #chronicle: Chronicle
  readonly #startedAt: number
  readonly #isOwnProgram: boolean
  readonly #starting: Promise<void>
  readonly #beside: Beside
  /** The runtime has asked for an event. */
  #hasAsked = false
  #shutDown: Promise<void> = Promise.resolve()
  #runtime: Runtime | undefined
  #state: State = 'starting'
  #retiring = false
  #timer: Timer
  /** Connections that wait for an event. */
  readonly #idle: Connection[] = []
  /**
   * What was last given to a connection that has not asked again: its worker is busy, though it may have timed out.
   * Programs of the function's own (custom runtimes, images) may have a connection for each request, which tells
   * nothing: of them a worker counts as free when its invocation is over, and what is given to it before it asks waits.
   */
  readonly #busy = new Map<Connection, Work>()
  /** What is not answered yet. */
  readonly #works = new Map<string, { readonly work: Work; readonly timer: Timer }>()
  /** What waits for a worker that is about to ask; never more than there are slots. */
  readonly #pending: Work[] = []

  constructor(parts: ManagedParts) {
    this.#parts = parts
    this.id = parts.source.environmentId
    this.fn = parts.source.fn
    this.#clock = parts.clock
    this.#isOwnProgram = isOwnProgram(this.fn)
    this.#startedAt = parts.clock.elapsed()
    this.#chronicle = new Chronicle(parts.source, 'lambda-managed-instances', this.#heardToo(), parts.clock)
    this.#beside = new Beside({
      ...{ fn: this.fn, clock: parts.clock, random: parts.random },
      reach: { connect: (port) => this.#connect(port) },
      tell: (event) => this.#chronicle.tell(event),
      isClosed: () => this.#hasAsked || this.#state !== 'starting',
      onReady: () => this.#readyIfAll(),
      onFailed: (errorType, exit) => this.#extensionFailed(errorType, exit),
    })
    this.#timer = parts.clock.after(parts.initTimeoutMs, () => this.#failInit({ status: 'timeout' }))
    const time = parts.clock.now()
    this.#starting = parts.startRuntime(this.#calls(), outputOf(parts, this.#beside)).then(
      (runtime) => this.#started(runtime, time),
      (error) => this.#notStarted(error),
    )
  }

  get isInitialized(): boolean {
    return this.#state === 'ready'
  }

  invoke(invocation: Invocation, stream?: ResponseStream): Promise<Outcome> {
    if (this.#state !== 'ready') return Promise.resolve(serviceFailure('The execution environment is gone.'))
    const work = new Work(invocation, stream)
    work.begin(this.#clock, this.fn.timeoutMs)
    const timer = this.#clock.after(this.fn.timeoutMs, () => this.#timeOut(work))
    this.#works.set(work.requestId, { work, timer })
    const connection = this.#idle.shift()
    if (connection === undefined) this.#pending.push(work)
    else this.#deliver(connection, work)
    return work.outcome
  }

  retire(): void {
    this.#retiring = true
    this.#stopWhenDone()
  }

  /** Its extensions have had the time that is theirs. */
  get shutDown(): Promise<void> {
    return this.#shutDown
  }

  async gone(): Promise<void> {
    await this.#starting
    await this.#shutDown
    await this.#runtime?.gone
  }

  #calls(): RuntimeCalls {
    return {
      next: (connection) => this.#next(connection),
      response: (requestId, answer) => this.#response(requestId, answer),
      stream: (requestId, contentType) => this.#stream(requestId, contentType),
      error: (requestId, answer) => this.#error(requestId, answer),
      initError: (answer) => this.#initError(answer),
      closed: (connection) => this.#closed(connection),
      extension: (...call) => this.#beside.answer(...call),
      external: (found) => this.#beside.external(found),
    }
  }

  /** What is told goes to who listens inside the environment, too. */
  #heardToo(): TelemetrySink {
    const { telemetry } = this.#parts
    return {
      event: (source, event) => {
        telemetry.event(source, event)
        this.#beside.event(event)
      },
      output: (source, bytes) => telemetry.output(source, bytes),
      record: (source, record) => telemetry.record(source, record),
    }
  }

  #connect(port: number): Socket | Promise<Socket> {
    if (this.#runtime?.connect === undefined) throw new Error('There is no runtime yet.')
    return this.#runtime.connect(port)
  }

  #started(runtime: Runtime, time: number): void {
    this.#runtime = runtime
    if (this.#state === 'stopped' || this.#state === 'failed') {
      runtime.kill()
      return
    }
    this.#chronicle.initStarted('init', time, runtime.version)
    this.#beside.started(runtime, (end) => this.#ended(end))
    runtime.ended.then((end) => this.#ended(end))
  }

  #notStarted(error: unknown): void {
    if (!(error instanceof CannotStart)) this.#parts.report(error)
    this.#failInit({ status: 'error', errorMessage: String(error) })
  }

  // What the runtime says ------------------------------------------------------------------------------------

  #next(connection: Connection): Refusal | undefined {
    if (this.#state === 'failed' || this.#state === 'stopped') return invalidTransition('InitError', 'Ready')
    const wasBusy = !this.#isOwnProgram && this.#busy.delete(connection)
    this.#idle.push(connection)
    // Once it has been read: the connection is not waiting yet while it is asking.
    queueMicrotask(() => this.#deliverPending())
    this.#hasAsked = true
    if (this.#state === 'starting') this.#readyIfAll()
    else if (wasBusy) this.#parts.listener.onFree(this)
    return undefined
  }

  #stream(requestId: string, contentType: string): StreamedResponse | undefined {
    const work = this.#works.get(requestId)?.work
    if (work?.stream === undefined || work.streamed !== undefined) return undefined
    work.streamed = new StreamedAnswer(work, work.stream, contentType, this.#clock, () => {
      this.#take(requestId)
      this.#report(work)
    })
    return work.streamed
  }

  #response(requestId: string, answer: Answer): Refusal | undefined {
    if (this.#works.get(requestId)?.work.streamed !== undefined) {
      return invalidTransition('InvocationResponse', 'InvocationResponse')
    }
    const work = this.#take(requestId)
    if (work === undefined) return INVALID_REQUEST_ID
    if (answer.tooLarge) return this.#tooLarge(work)
    const contentType = answer.contentType ?? 'application/json'
    const outcome: Outcome = { kind: 'success', payload: answer.bytes, contentType }
    work.answer({ status: 'success' }, outcome, this.#clock.elapsed())
    this.#report(work)
    return undefined
  }

  #error(requestId: string, answer: Answer): Refusal | undefined {
    const streamed = this.#works.get(requestId)?.work.streamed
    if (streamed !== undefined) return streamed.fail(answer)
    const work = this.#take(requestId)
    if (work === undefined) return INVALID_REQUEST_ID
    if (answer.tooLarge) return this.#tooLarge(work)
    const { errorType, bytes: payload } = answer
    const outcome: Outcome = { kind: 'function-error', payload, errorType }
    work.answer({ status: 'failure', errorType }, outcome, this.#clock.elapsed())
    this.#report(work)
    return undefined
  }

  #tooLarge(work: Work): Refusal {
    const outcome = responseTooLarge()
    work.answer({ status: 'error', errorType: outcome.errorType }, outcome, this.#clock.elapsed())
    this.#report(work)
    return TOO_LARGE
  }

  #initError({ errorType }: Answer): Refusal | undefined {
    if (this.#state !== 'starting') return invalidTransition('Ready', 'InitError')
    // The runtime first gets its 202, then its end.
    setImmediate(() => this.#failInit({ status: 'error', errorType }))
    return undefined
  }

  /** A worker is gone; the others are not. Its runtime may start another, which asks by itself. */
  #closed(connection: Connection): void {
    this.#beside.closed(connection)
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    const work = this.#busy.get(connection)
    if (work === undefined) return
    this.#busy.delete(connection)
    if (this.#works.has(work.requestId) && this.#state === 'ready') {
      this.#fail(work, { status: 'error', errorType: 'Runtime.ExitError', errorMessage: WORKER_LOST }, (id) =>
        platformFailure(id, 'Runtime.ExitError', WORKER_LOST),
      )
    }
    if (this.#state === 'ready') this.#parts.listener.onFree(this)
  }

  // What becomes of it ---------------------------------------------------------------------------------------

  /** Init is over when a worker has asked for an event, and all extensions have. */
  #readyIfAll(): void {
    if (this.#state !== 'starting' || !this.#hasAsked) return
    this.#beside.close()
    if (this.#beside.areBusy) this.#chronicle.initRuntimeDone('init', { status: 'success' })
    else this.#onReady()
  }

  #onReady(): void {
    this.#state = 'ready'
    this.#timer.cancel()
    const durationMs = this.#clock.elapsed() - this.#startedAt
    this.#whenRead(() => {
      this.#chronicle.initEnded('init', { status: 'success' }, durationMs, this.#extensionRecords)
      this.#runtime?.hold()
      this.#runtime?.endInit()
      if (this.#state === 'ready') this.#parts.listener.onFree(this)
    })
  }

  #failInit(ending: Ending): void {
    if (this.#state !== 'starting') return
    this.#state = 'failed'
    this.#timer.cancel()
    const durationMs = this.#clock.elapsed() - this.#startedAt
    this.#whenRead(() => {
      this.#chronicle.initEnded('init', ending, durationMs, this.#extensionRecords)
      this.#shutDown = this.#end(ending.status === 'timeout' ? 'timeout' : 'failure')
      this.#parts.listener.onFree(this)
    })
  }

  get #extensionRecords() {
    return this.#beside.companions?.extensions.records
  }

  /** It is replaced: on managed instances nothing starts again where it was. */
  #extensionFailed(errorType: string, exit: Exit): void {
    const ending = { status: 'error', errorType, errorMessage: extensionMessage(exit) } as const
    this.#failAll(ending, (requestId) => extensionExited(requestId, errorType, exit))
  }

  #ended(end: SandboxEnd): void {
    const errorType = end.outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError'
    const ending = { status: 'error', errorType, errorMessage: exitMessage(end) } as const
    this.#failAll(ending, (requestId) => exited(requestId, end))
  }

  #failAll(ending: Ending, outcomeFor: (requestId: string) => Outcome): void {
    if (this.#state === 'starting') this.#failInit(ending)
    if (this.#state !== 'ready') return
    for (const { work } of [...this.#works.values()]) this.#fail(work, ending, outcomeFor)
    this.#stop('failure')
  }

  /** Its code runs on: its worker is free when it asks again. */
  #timeOut(work: Work): void {
    const { timeoutMs } = this.fn
    this.#fail(work, { status: 'timeout' }, (requestId) => timedOut(requestId, timeoutMs))
  }

  #fail(work: Work, ending: Ending, outcomeFor: (requestId: string) => Outcome): void {
    if (this.#take(work.requestId) === undefined) return
    const at = this.#pending.indexOf(work)
    if (at >= 0) this.#pending.splice(at, 1)
    if (ending.status === 'timeout') work.fail(outcomeFor(work.requestId))
    else work.lose(outcomeFor(work.requestId))
    this.#report(work, ending)
    // It never had a worker: none will ask again for it.
    if (at >= 0 && !this.#isOwnProgram && this.#state === 'ready') this.#parts.listener.onFree(this)
  }

  #take(requestId: string): Work | undefined {
    const found = this.#works.get(requestId)
    found?.timer.cancel()
    this.#works.delete(requestId)
    return found?.work
  }

  #report(work: Work, ending: Ending = work.ending): void {
    if (this.#isOwnProgram && this.#state === 'ready') this.#parts.listener.onFree(this)
    const endedAt = this.#clock.elapsed()
    this.#whenRead(() => this.#chronicle.invocationEnded(work, ending, endedAt, 0))
    this.#stopWhenDone()
  }

  #deliverPending(): void {
    while (this.#pending.length > 0) {
      const connection = this.#idle.shift()
      if (connection === undefined) return
      this.#deliver(connection, this.#pending.shift() as Work)
    }
  }

  #deliver(connection: Connection, work: Work): void {
    if (!this.#isOwnProgram) this.#busy.set(connection, work)
    this.#chronicle.invocationStarted(work)
    connection.deliver(work.invocation, work.deadlineMs)
  }

  #stopWhenDone(): void {
    if (this.#retiring && this.#works.size === 0) this.#stop('spindown')
  }

  #stop(reason: ShutdownReason): void {
    if (this.#state === 'stopped') return
    const wasFailed = this.#state === 'failed'
    this.#state = 'stopped'
    this.#timer.cancel()
    if (!wasFailed) this.#shutDown = this.#end(reason)
    this.#parts.listener.onGone(this)
  }

  async #end(reason: ShutdownReason): Promise<void> {
    const runtime = this.#runtime
    if (runtime === undefined) return
    await new Promise<void>((resolve) => runtime.whenDrained(resolve))
    await this.#beside.shutDown(runtime, reason)
    runtime.kill()
  }

  #whenRead(then: () => void): void {
    if (this.#runtime === undefined) setImmediate(then)
    else this.#runtime.whenDrained(then)
  }
}
