import { chmodSync, mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Outcome } from '../../wire/invocation.ts'
import type { EnvironmentSource, TelemetrySink } from '../../wire/worker.ts'
import { Chronicle } from '../environment/chronicle.ts'
import { exited, exitMessage, timedOut } from '../environment/payloads.ts'
import type { Ending } from '../environment/reports.ts'
import type { Runtime } from '../environment/runtime.ts'
import { Kept } from '../kept.ts'
import type { NetworkPlace } from '../network/network.ts'
import { invalidTransition } from '../runtime-api/answers.ts'
import { Connection } from '../runtime-api/connection.ts'
import type { Answer, RuntimeCalls } from '../runtime-api/routes.ts'
import type { RuntimeApi } from '../runtime-api/server.ts'
import type { Launches, SandboxEnd, SandboxHost, SandboxOutput } from '../sandbox/running.ts'
import { GROUP } from '../sandbox/sandbox.ts'
import type { Users } from '../users.ts'
import type { ForkHelper } from './fork-helper.ts'

/** Where the sockets of forks are inside. */
export const FORKS_FOLDER = '/run/lambdad/forks'

const SETUP_SOCKET = 'setup.sock'

/** The next fork is made ahead after the start that took the last one. */
const QUIET_MS = 40

/** AWS's limit on the init of a snapshot: at least this, or the function's own timeout. */
const INIT_TIMEOUT_MS = 130_000

/** What a template's runtime is started with besides. */
export interface TemplateStart {
  /** On the host, what is at `FORKS_FOLDER` inside. */
  readonly folder: string
  readonly opened: (door: TemplateDoor) => void
}

/** The template's Runtime API, whose port the forks share. */
export interface TemplateDoor {
  readonly api: RuntimeApi
  readonly place: NetworkPlace | undefined
}

export interface StartTemplate {
  readonly id: string
  readonly source: EnvironmentSource
  readonly kept: Kept
  readonly calls: RuntimeCalls
  readonly output: SandboxOutput
  readonly template: TemplateStart
}

export interface TemplateParts {
  readonly host: SandboxHost
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: TelemetrySink
  readonly users: Users
  readonly helper: ForkHelper
  /** In which each template gets a folder. */
  readonly folder: string
  readonly start: (start: StartTemplate) => Promise<Runtime>
}

/** Who an environment's fork is, and whether it was made ahead. */
export interface Taken {
  readonly uid: number
  readonly isAhead: boolean
}

/** Init failed: there is no snapshot to start from. */
export class SnapshotFailed extends Error {
  readonly errorType: string
  readonly outcomeFor: (requestId: string) => Exclude<Outcome, { kind: 'success' }>

  constructor(errorType: string, message: string, outcomeFor: SnapshotFailed['outcomeFor']) {
    super(message)
    this.errorType = errorType
    this.outcomeFor = outcomeFor
  }
}

/** A fork would lack what init made. */
export class NotForkable extends Error {}

/** Init has left threads, which a fork does not have: what the bootstrap says then. */
const NOT_FORKABLE = 'Runtime.NotForkable'

/** What init may end with. */
type InitEnd =
  | { readonly kind: 'ready' }
  | { readonly kind: 'error'; readonly answer: Answer }
  | { readonly kind: 'exit'; readonly end: SandboxEnd }
  | { readonly kind: 'timeout' }

/**
 * A runtime whose init is over, in a sandbox of its own, that serves nobody: environments are forks of it. It is what
 * a snapshot of SnapStart is here: the memory of a version after init, shared until it is written.
 */
export class Template {
  readonly folder: string
  readonly door: TemplateDoor
  readonly runtimeVersion: string | undefined
  /** Its process has ended: no fork is left, nor will there be another. */
  lost = false
  #forks = 0
  /** Who the fork is that waits for its environment, or is being furnished for it. */
  #ahead: number | undefined
  /** Forks that are being furnished, by user. */
  readonly #furnishing = new Map<number, PromiseWithResolvers<void>>()
  #awake = 0
  #refill: Timer | undefined
  readonly #parts: TemplateParts
  readonly #temporaryMb: number
  readonly #runtime: Runtime
  readonly #calls: WaitingCalls

  /** Throws `SnapshotFailed`, or what the start throws. */
  static async init(parts: TemplateParts, fn: FunctionVersion, logStream: string): Promise<Template> {
    const { clock, random, telemetry, users, helper } = parts
    const environmentId = random.hex(8)
    const folder = `${parts.folder}/${environmentId}`
    mkdirSync(folder, { recursive: true })
    chmodSync(folder, 0o755)
    const source = { environmentId, fn, logStream }
    const chronicle = new Chronicle(source, 'snap-start', telemetry, clock)
    const kept = new Kept(`${folder}/kept`)
    const uid = kept.uid(users)
    const calls = new WaitingCalls()
    const startedAt = clock.elapsed()
    const time = clock.now()
    let door: TemplateDoor | undefined
    let made: Template | undefined
    await helper.open(`${folder}/${SETUP_SOCKET}`, uid, {
      onFurnished: (user) => made?.settle(user),
      onLost: (user) => made?.lostOne(user),
    })
    const release = async (runtime?: Runtime) => {
      helper.close(`${folder}/${SETUP_SOCKET}`)
      await runtime?.gone
      await kept.release()
      await rm(folder, { recursive: true, force: true })
    }
    const starting = parts.start({
      id: `${environmentId}-1`,
      source,
      kept,
      calls,
      output: outputOf(source, telemetry),
      template: { folder, opened: (opened) => (door = opened) },
    })
    starting.catch(() => release()).catch(parts.host.report)
    const runtime = await starting
    chronicle.initStarted('init', time, runtime.version)
    const end = await endOfInit(calls, runtime, fn, clock)
    const ending = endingOf(end)
    await new Promise<void>((resolve) => runtime.whenDrained(resolve))
    chronicle.initEnded('init', ending, clock.elapsed() - startedAt)
    runtime.ended.then(() => release(runtime)).catch(parts.host.report)
    if (end.kind !== 'ready' || door === undefined) {
      runtime.kill()
      throw failureOf(end, fn)
    }
    made = new Template(parts, fn, { folder, door, runtime, calls })
    return made
  }

  private constructor(
    parts: TemplateParts,
    fn: FunctionVersion,
    made: { folder: string; door: TemplateDoor; runtime: Runtime; calls: WaitingCalls },
  ) {
    this.#parts = parts
    this.#temporaryMb = fn.ephemeralStorageMb
    this.folder = made.folder
    this.door = made.door
    this.runtimeVersion = made.runtime.version
    this.#runtime = made.runtime
    this.#calls = made.calls
    made.runtime.ended.then(() => {
      this.lost = true
      for (const uid of this.#furnishing.keys()) this.settle(uid)
    })
    made.runtime.gone.then(() => this.lostOne(this.#ahead ?? null))
    made.runtime.rest()
    // When init was over it forked once by itself.
    this.#furnishAhead()
  }

  /** How many environments there are of it. */
  get forks(): number {
    return this.#forks
  }

  get gone(): Promise<void> {
    return this.#runtime.gone
  }

  /** The fork of this user is furnished, or will not be. */
  settle(uid: number): void {
    this.#furnishing.get(uid)?.resolve()
    this.#furnishing.delete(uid)
  }

  /** One that was not an environment yet has ended: the next start forks its own. */
  lostOne(uid: number | null): void {
    if (uid === null) return
    this.settle(uid)
    if (uid !== this.#ahead) return
    this.#ahead = undefined
    this.#parts.users.giveBack(uid)
  }

  /** Who the next fork is: the one that waits where the environment may be anybody. */
  take(kept: Kept): Taken {
    const { users } = this.#parts
    const uid = this.#ahead
    if (!kept.isNew || uid === undefined) return { uid: kept.uid(users), isAhead: false }
    this.#ahead = undefined
    kept.adopt(users, uid)
    return { uid, isAhead: true }
  }

  /** Nobody becomes the environment of this user. */
  abandon({ uid, isAhead }: Taken): void {
    if (isAhead) this.#parts.helper.abandon(`${this.folder}/${SETUP_SOCKET}`, uid)
  }

  /** Ends it, and with it all that were forked from it. */
  kill(): void {
    this.lost = true
    this.#runtime.kill()
  }

  /**
   * Starts a sandbox's first process by forking. `from`: what its /tmp begins with instead of the template's; `api`: the
   * socket of its Runtime API; `told`: what the fork is told.
   */
  launches({ uid, isAhead }: Taken, from: string | undefined, api: string, told: object): Launches {
    const { helper, host } = this.#parts
    const order = { template: `${this.folder}/${SETUP_SOCKET}`, uid, api, told }
    return {
      launch: (command, { onLaunched, onExit }) => {
        const settled = Promise.withResolvers<void>()
        this.#forks++
        if (!isAhead) this.#furnish(uid, from)
        helper.expect(order, command, {
          onLaunched: (pid, serving) => {
            this.settle(uid)
            host.launcher.join(pid, command.cgroups)
            settled.resolve()
            onLaunched(serving)
          },
          onExit: (exit) => {
            this.#forks--
            this.settle(uid)
            settled.resolve()
            onExit(exit)
          },
        })
        if (!isAhead) this.#forkOnce()
        this.#whileAwake(settled.promise)
        this.#refillLater()
      },
      join: (pid, cgroups) => host.launcher.join(pid, cgroups),
      kill: (id) => helper.kill(id),
      terminate: (id) => helper.terminate(id),
      tell: () => {},
    }
  }

  /** Another one is made ahead once it is quiet. */
  #refillLater(): void {
    if (this.#refill !== undefined) return
    this.#refill = this.#parts.clock
      .after(QUIET_MS, () => {
        this.#refill = undefined
        if (this.#ahead !== undefined || this.lost) return
        this.#furnishAhead()
        this.#forkOnce()
      })
      .unref()
  }

  #furnishAhead(): void {
    this.#ahead = this.#parts.users.take()
    this.#furnish(this.#ahead, undefined)
  }

  #furnish(uid: number, from: string | undefined): void {
    const { helper } = this.#parts
    const template = `${this.folder}/${SETUP_SOCKET}`
    const temporaryMb = this.#temporaryMb
    helper.furnish({ template, uid, gid: GROUP, temporaryMb, from: from ?? null, hidden: FORKS_FOLDER })
    const furnishing = Promise.withResolvers<void>()
    this.#furnishing.set(uid, furnishing)
    this.#whileAwake(furnishing.promise)
  }

  #forkOnce(): void {
    this.#whileAwake(this.#calls.forkOnce(this.#runtime.ended))
  }

  /** What was forked is in the template's cgroups until it is an environment's, and would be frozen with it. */
  #whileAwake(until: Promise<unknown>): void {
    if (this.#awake++ === 0) this.#runtime.wake()
    until.then(() => {
      if (--this.#awake === 0) this.#runtime.rest()
    })
  }
}

/** Until it is forked there is one thing that a template may say: that it is ready. */
class WaitingCalls implements RuntimeCalls {
  readonly #failed = Promise.withResolvers<Answer>()
  #asks = Promise.withResolvers<Connection>()
  #turn: Promise<unknown> = Promise.resolve()

  /** It asks for what to do next. */
  get asks(): Promise<Connection> {
    return this.#asks.promise
  }

  get failed(): Promise<Answer> {
    return this.#failed.promise
  }

  /** Makes it fork, one after the other. Resolves when it waits again. */
  forkOnce(ended: Promise<unknown>): Promise<unknown> {
    this.#turn = this.#turn.then(async () => {
      const connection = await Promise.race([this.asks, ended])
      if (!(connection instanceof Connection)) return
      this.#asks = Promise.withResolvers()
      connection.deliverJson('{}')
      await Promise.race([this.asks, ended])
    })
    return this.#turn
  }

  restore(connection: Connection) {
    this.#asks.resolve(connection)
    return 'waiting' as const
  }

  initError(answer: Answer) {
    this.#failed.resolve(answer)
    return undefined
  }

  next() {
    return invalidTransition('RestoreReady', 'Ready')
  }

  response() {
    return invalidTransition('RestoreReady', 'InvocationResponse')
  }

  error() {
    return invalidTransition('RestoreReady', 'InvocationErrorResponse')
  }

  closed() {}

  extension() {
    return { refused: invalidTransition('RestoreReady', 'Ready') }
  }

  external() {
    throw new NotForkable('External extensions have processes of their own.')
  }
}

async function endOfInit(
  calls: WaitingCalls,
  runtime: Runtime,
  fn: FunctionVersion,
  clock: Clock,
): Promise<InitEnd> {
  const over = new AbortController()
  const late = clock.sleep(Math.max(INIT_TIMEOUT_MS, fn.timeoutMs), over.signal).then(
    () => ({ kind: 'timeout' }) as const,
    () => ({ kind: 'timeout' }) as const,
  )
  const end = await Promise.race([
    calls.asks.then(() => ({ kind: 'ready' }) as const),
    calls.failed.then((answer) => ({ kind: 'error', answer }) as const),
    runtime.ended.then((ended) => ({ kind: 'exit', end: ended }) as const),
    late,
  ])
  over.abort()
  return end
}

function endingOf(end: InitEnd): Ending {
  if (end.kind === 'ready') return { status: 'success' }
  if (end.kind === 'timeout') return { status: 'timeout' }
  if (end.kind === 'error') return { status: 'error', errorType: end.answer.errorType }
  return { status: 'error', errorType: typeOfExit(end.end), errorMessage: exitMessage(end.end) }
}

function failureOf(end: InitEnd, fn: FunctionVersion): SnapshotFailed | NotForkable {
  if (end.kind === 'error' && end.answer.errorType === NOT_FORKABLE) return new NotForkable(NOT_FORKABLE)
  if (end.kind === 'error') {
    const { errorType, bytes: payload } = end.answer
    return new SnapshotFailed(errorType, errorType, () => ({ kind: 'function-error', payload, errorType }))
  }
  if (end.kind === 'exit') {
    return new SnapshotFailed(typeOfExit(end.end), exitMessage(end.end), (requestId) =>
      exited(requestId, end.end),
    )
  }
  return new SnapshotFailed('Sandbox.Timedout', 'Init took too long.', (requestId) =>
    timedOut(requestId, Math.max(INIT_TIMEOUT_MS, fn.timeoutMs)),
  )
}

function typeOfExit({ outOfMemory }: SandboxEnd): string {
  return outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError'
}

function outputOf(source: EnvironmentSource, telemetry: TelemetrySink): SandboxOutput {
  return {
    output: (bytes) => telemetry.output(source, bytes),
    record: (record) => telemetry.record(source, record),
    extension: () => undefined,
  }
}
