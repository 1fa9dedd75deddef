import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Invocation } from '../../wire/invocation.ts'
import type { Exit } from '../launcher/protocol.ts'
import type { Refusal } from '../runtime-api/answers.ts'
import type { Connection } from '../runtime-api/connection.ts'
import { eventAnswer, invokeEvent, type ShutdownReason, shutdownEvent } from './answers.ts'
import { Extension, type Subscription } from './extension.ts'
import { EXTENSIONS_MAX, type ExternalExtension } from './external.ts'
import * as refusals from './refusals.ts'
import type { ExtensionEvent, ExtensionState } from './states.ts'
import { RUNTIME, type Supervisor } from './supervisor.ts'

/** How long the processes of an environment have to end (Developer Guide, "Lambda execution environment lifecycle"). */
const RUNTIME_GRACE_MS = 300
const INTERNAL_GRACE_MS = 500
const GRACE_MS = 2000

/** An extension that says that it failed is given this long to end by itself, for its exit status. */
const ERROR_EXIT_MS = 500

export interface ExtensionsParts {
  readonly fn: FunctionVersion
  readonly clock: Clock
  readonly random: Random
  /** Nothing is at work any more: all extensions wait for an event. */
  readonly onReady: () => void
  /** The environment is of no use any more. `exit` is how the extension's process ended, where it did. */
  readonly onFailed: (errorType: string, exit: Exit) => void
}

/** What of a runtime a shutdown needs. */
export interface Terminable {
  wake(): void
  terminate(): void
  readonly ended: Promise<unknown>
}

/**
 * The extensions of one life of a runtime: who they are, and which of them is at work. Made when there is the
 * first one, so that environments without extensions have nothing of it.
 */
export class Extensions {
  readonly #parts: ExtensionsParts
  readonly #all: Extension[] = []
  #closed: boolean
  #supervisor: Supervisor | undefined
  #runtimeStarted = false
  /** The invocation of which extensions were told. */
  #current: string | undefined
  /** Why the environment fails, as the first extension that failed said it. */
  #fatal: string | undefined
  #shutdown: { readonly reason: ShutdownReason; readonly deadlineMs: number } | undefined
  readonly #runtimeEnded = Promise.withResolvers<void>()
  /** Called when one of the external ones has ended during the shutdown. */
  #onEnded: () => void = () => {}
  #isShuttingDown = false

  /** `closed`: the runtime asked for its first event already. */
  constructor(parts: ExtensionsParts, { closed }: { readonly closed: boolean }) {
    this.#parts = parts
    this.#closed = closed
  }

  get isEmpty(): boolean {
    return this.#all.length === 0
  }

  /** Whether one of them has not asked for its next event. */
  get areBusy(): boolean {
    return this.#all.some(({ state }) => state !== 'ready')
  }

  /** What an extension said to be the reason why the environment ends. */
  get fatalError(): string | undefined {
    return this.#fatal
  }

  get records() {
    return this.#all.map(({ record }) => record)
  }

  // Their processes ---------------------------------------------------------------------------------------

  /** There are these to start before the runtime. Returns the first that cannot be, and why. */
  addExternal(found: readonly ExternalExtension[]): ExternalExtension | undefined {
    for (const [i, { name, flaw }] of found.entries()) {
      const extension = new Extension(name, this.#parts.random.uuid(), { process: i + 1 })
      this.#all.push(extension)
      if (flaw === undefined) continue
      extension.move('launchError')
      extension.errorType = flaw.errorType
      extension.ended = true
      return found[i]
    }
    return undefined
  }

  /** Their processes are started. The runtime's follows once all have registered. */
  started(supervisor: Supervisor, onRuntimeEnded: (exit: Exit) => void): void {
    this.#supervisor = supervisor
    supervisor.onEnded((process, exit) => {
      if (process === RUNTIME) {
        this.#runtimeEnded.resolve()
        onRuntimeEnded(exit)
      } else this.#onExit(process, exit)
    })
    this.#startRuntime()
  }

  #startRuntime(): void {
    const awaited = this.#all.some(({ external, state }) => external && state === 'started')
    if (this.#supervisor === undefined || awaited || this.#runtimeStarted || this.#isShuttingDown) return
    this.#runtimeStarted = true
    this.#supervisor.startRuntime()
  }

  #onExit(process: number, exit: Exit): void {
    const extension = this.#all.find((one) => one.process === process)
    if (extension === undefined) return
    extension.ended = true
    if (this.#isShuttingDown) {
      extension.move(exit.code === 0 ? 'exit' : 'shutdownFailed')
      this.#onEnded()
      return
    }
    this.#fatal ??= 'Extension.Crash'
    this.#parts.onFailed(this.#fatal, exit)
  }

  // What they say -----------------------------------------------------------------------------------------

  /** Returns the extension where it is registered now. */
  register(name: string, events: readonly string[]): Extension | Refusal {
    if (name === '') return refusals.EMPTY_NAME
    const external = this.#all.find((one) => one.external && one.name === name)
    const hearsInvocations = this.#parts.fn.managed === undefined
    const wrong = events.find(
      (event) => !((event === 'INVOKE' && hearsInvocations) || (event === 'SHUTDOWN' && external)),
    )
    if (wrong !== undefined) return refusals.invalidEvent(wrong)
    const extension = external ?? this.#newInternal(name)
    if (!(extension instanceof Extension)) return extension
    const from = extension.state
    if (!extension.move('register')) return refusals.invalidState(from, 'registered', name)
    extension.events = [...new Set(events as Subscription[])]
    this.#startRuntime()
    return extension
  }

  #newInternal(name: string): Extension | Refusal {
    if (this.#closed) return refusals.REGISTRATION_CLOSED
    if (this.#all.length >= EXTENSIONS_MAX) return refusals.TOO_MANY
    if (this.#all.some((one) => one.name === name)) return refusals.NAME_TAKEN
    const extension = new Extension(name, this.#parts.random.uuid())
    this.#all.push(extension)
    return extension
  }

  find(id: string): Extension | undefined {
    return this.#all.find((extension) => extension.id === id)
  }

  /** The answer, where there is an event already; nothing where it waits for one. */
  next(extension: Extension, connection: Connection): Refusal | { readonly text: string } | undefined {
    const refused = this.#move(extension, 'next', 'ready')
    if (refused !== undefined) return refused
    if (this.#shutdown !== undefined && extension.events.includes('SHUTDOWN')) {
      extension.move('event')
      return { text: this.#shutdownAnswer(this.#shutdown) }
    }
    extension.waitOn(connection)
    // After this call: its connection is not waiting yet.
    if (!this.areBusy) queueMicrotask(() => this.#ready())
    return undefined
  }

  #ready(): void {
    if (!this.areBusy && !this.#isShuttingDown) this.#parts.onReady()
  }

  /** It says that it cannot go on. */
  failed(extension: Extension, event: 'initError' | 'exitError', errorType: string): Refusal | undefined {
    const again = extension.state === event
    const refused = this.#move(extension, event, event)
    if (refused !== undefined || again) return refused
    extension.errorType = errorType
    this.#fatal ??= event === 'initError' ? 'Extension.InitError' : 'Extension.ExitError'
    const fatal = this.#fatal
    this.#parts.clock
      .after(ERROR_EXIT_MS, () => {
        if (!this.#isShuttingDown) this.#parts.onFailed(fatal, { code: 0, signal: null })
      })
      .unref()
    return undefined
  }

  #move(extension: Extension, event: ExtensionEvent, to: ExtensionState): Refusal | undefined {
    const from = extension.state
    return extension.move(event) ? undefined : refusals.invalidState(from, to, extension.id)
  }

  closed(connection: Connection): void {
    for (const extension of this.#all) extension.hungUp(connection)
  }

  // What they are told ------------------------------------------------------------------------------------

  /** The runtime asks for its first event. */
  closeRegistration(): void {
    this.#closed = true
  }

  /** An invocation begins. Told once, however often the runtime asks for it. */
  invoke(invocation: Invocation, deadlineMs: number): void {
    if (this.#current === invocation.requestId) return
    this.#current = invocation.requestId
    const event = invokeEvent(invocation, deadlineMs)
    for (const extension of this.#all) {
      if (!extension.events.includes('INVOKE') || !extension.move('event')) continue
      extension.deliver(eventAnswer(event, this.#parts.random.uuid()))
    }
  }

  /**
   * Gives everything time to end: first the runtime, by SIGTERM, then the extensions. Resolves when all have
   * ended or their time is up. Without any extension there is no time. `told` resolves when those that listen have
   * all that there is; they hear of the shutdown after it, if that does not take longer than the runtime may.
   */
  async shutDown(runtime: Terminable, reason: ShutdownReason, told: Promise<void>): Promise<void> {
    if (this.isEmpty || this.#isShuttingDown) return
    this.#isShuttingDown = true
    runtime.wake()
    const { clock } = this.#parts
    const until = clock.elapsed() + GRACE_MS
    await Promise.all([this.#endRuntime(runtime), this.#orAfter(told, RUNTIME_GRACE_MS)])
    const left = until - clock.elapsed()
    if (this.#supervisor === undefined) return
    // Where all of the sandbox has ended (it ran out of memory), nobody is left to wait for.
    await Promise.race([this.#endExternal(this.#supervisor, reason, left), runtime.ended])
  }

  async #endRuntime(runtime: Terminable): Promise<void> {
    const supervisor = this.#supervisor
    if (supervisor === undefined) {
      runtime.terminate()
      await this.#orAfter(runtime.ended, INTERNAL_GRACE_MS)
      return
    }
    if (!this.#runtimeStarted) return
    supervisor.signal(RUNTIME, 'TERM')
    const external = this.#all.some((extension) => extension.external && !extension.ended)
    const grace = external ? RUNTIME_GRACE_MS : INTERNAL_GRACE_MS
    await this.#orAfter(Promise.race([this.#runtimeEnded.promise, runtime.ended]), grace)
    supervisor.signal(RUNTIME, 'KILL')
  }

  async #endExternal(supervisor: Supervisor, reason: ShutdownReason, graceMs: number): Promise<void> {
    const shutdown = { reason, deadlineMs: this.#parts.clock.now() + Math.round(graceMs) }
    this.#shutdown = shutdown
    for (const extension of this.#all) {
      if (!extension.external || extension.ended) continue
      if (!extension.events.includes('SHUTDOWN')) supervisor.signal(extension.process, 'KILL')
      else if (extension.move('event')) extension.deliver(this.#shutdownAnswer(shutdown))
    }
    const all = Promise.withResolvers<void>()
    this.#onEnded = () => {
      if (this.#all.every(({ external, ended }) => !external || ended)) all.resolve()
    }
    this.#onEnded()
    await this.#orAfter(all.promise, graceMs)
  }

  #shutdownAnswer({ reason, deadlineMs }: { reason: ShutdownReason; deadlineMs: number }): string {
    return eventAnswer(shutdownEvent(reason, deadlineMs), this.#parts.random.uuid())
  }

  async #orAfter(over: Promise<unknown>, ms: number): Promise<void> {
    const done = new AbortController()
    const late = this.#parts.clock.sleep(ms, done.signal).catch(() => {})
    await Promise.race([over, late])
    done.abort()
  }
}
