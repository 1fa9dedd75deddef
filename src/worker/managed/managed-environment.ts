import type { Clock, Timer } from '../../base/clock.ts'
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
import {
  exited,
  exitMessage,
  platformFailure,
  responseTooLarge,
  serviceFailure,
  timedOut,
} from '../environment/payloads.ts'
import type { Ending } from '../environment/reports.ts'
import { CannotStart, type Runtime, type StartRuntime } from '../environment/runtime.ts'
import { StreamedAnswer } from '../environment/streamed-answer.ts'
import { Work } from '../environment/work.ts'
import { isOwnProgram } from '../launch-plan.ts'
import { INVALID_REQUEST_ID, invalidTransition, type Refusal, TOO_LARGE } from '../runtime-api/answers.ts'
import type { Connection } from '../runtime-api/connection.ts'
import type { Answer, RuntimeCalls, StreamedResponse } from '../runtime-api/routes.ts'
import type { SandboxEnd, SandboxOutput } from '../sandbox/running.ts'

export interface ManagedParts {
  readonly source: EnvironmentSource
  readonly listener: EnvironmentListener
  readonly telemetry: TelemetrySink
  readonly clock: Clock
  readonly initTimeoutMs: number
  readonly startRuntime: StartRuntime
  readonly report: (error: unknown) => void
}

/** `failed`: its init did; it never served. */
type State = 'starting' | 'ready' | 'failed' | 'stopped'

/** Of a worker of the runtime that ended under an invocation, while the others live on. */
const WORKER_LOST = 'Runtime exited without providing a reason'

const NO_EXTENSIONS: Refusal = {
  status: 403,
  errorType: 'Extension.NotSupported',
  errorMessage: 'lambdad does not support extensions on managed instances yet.',
}

/**
 * An execution environment on managed instances: its runtime asks for events on several connections, and has an
 * invocation on each at once (AWS Lambda Developer Guide, "Lambda managed instances execution environment"). An
 * invocation that fails or times out is that one's affair; the environment ends with its process. It is never
 * frozen.
 */
export class ManagedEnvironment implements WireEnvironment {
  readonly id: string
  readonly fn: FunctionVersion
  readonly shutDown = Promise.resolve()
  readonly #parts: ManagedParts
  readonly #clock: Clock
  readonly #chronicle: Chronicle
  readonly #startedAt: number
  readonly #isOwnProgram: boolean
  readonly #starting: Promise<void>
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
    this.#chronicle = new Chronicle(parts.source, 'lambda-managed-instances', parts.telemetry, parts.clock)
    this.#timer = parts.clock.after(parts.initTimeoutMs, () => this.#failInit({ status: 'timeout' }))
    const time = parts.clock.now()
    this.#starting = parts.startRuntime(this.#calls(), this.#output()).then(
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

  async gone(): Promise<void> {
    await this.#starting
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
      extension: () => ({ refused: NO_EXTENSIONS }),
      external: ([first]) => {
        if (first === undefined) return
        throw new CannotStart(NO_EXTENSIONS.errorMessage, (requestId) =>
          platformFailure(requestId, 'Extension.LaunchError', NO_EXTENSIONS.errorMessage),
        )
      },
    }
  }

  #output(): SandboxOutput {
    const { telemetry, source } = this.#parts
    return {
      output: (bytes) => telemetry.output(source, bytes),
      record: (record) => telemetry.record(source, record),
      extension: () => undefined,
    }
  }

  #started(runtime: Runtime, time: number): void {
    this.#runtime = runtime
    if (this.#state === 'stopped' || this.#state === 'failed') {
      runtime.kill()
      return
    }
    this.#chronicle.initStarted('init', time, runtime.version)
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
    if (this.#state === 'starting') this.#onReady()
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

  #onReady(): void {
    this.#state = 'ready'
    this.#timer.cancel()
    const durationMs = this.#clock.elapsed() - this.#startedAt
    this.#whenRead(() => {
      this.#chronicle.initEnded('init', { status: 'success' }, durationMs)
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
      this.#chronicle.initEnded('init', ending, durationMs)
      this.#runtime?.kill()
      this.#parts.listener.onFree(this)
    })
  }

  #ended(end: SandboxEnd): void {
    const errorType = end.outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError'
    const ending = { status: 'error', errorType, errorMessage: exitMessage(end) } as const
    if (this.#state === 'starting') this.#failInit(ending)
    if (this.#state !== 'ready') return
    for (const { work } of [...this.#works.values()])
      this.#fail(work, ending, (requestId) => exited(requestId, end))
    this.#stop()
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
    if (this.#retiring && this.#works.size === 0) this.#stop()
  }

  #stop(): void {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#timer.cancel()
    this.#whenRead(() => this.#runtime?.kill())
    this.#parts.listener.onGone(this)
  }

  #whenRead(then: () => void): void {
    if (this.#runtime === undefined) setImmediate(then)
    else this.#runtime.whenDrained(then)
  }
}
