import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { VirtualClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Outcome } from '../../wire/invocation.ts'
import type { InitializationType, PlatformEvent } from '../../wire/platform-event.ts'
import { Environment } from '../environment/environment.ts'
import type { Runtime } from '../environment/runtime.ts'
import type { Exit } from '../launcher/protocol.ts'
import type { Connection, Reply } from '../runtime-api/connection.ts'
import { parseHead } from '../runtime-api/request.ts'
import type { RuntimeCalls } from '../runtime-api/routes.ts'
import type { SandboxEnd } from '../sandbox/running.ts'
import { testFunction } from '../testing.ts'
import type { ExternalExtension } from './external.ts'
import { Supervisor } from './supervisor.ts'

export const register = 'POST /2020-01-01/extension/register'
export const next = 'GET /2020-01-01/extension/event/next'

export function refusal(reply: Reply): string {
  assert.ok(typeof reply === 'object' && 'refused' in reply, JSON.stringify(reply))
  return `${reply.refused.errorType}: ${reply.refused.errorMessage}`
}

export function invocation(requestId: string) {
  return { requestId, invokedFunctionArn: 'arn:alias', payload: Buffer.from('{}'), traceHeader: 'Root=1' }
}

export function payloadOf(outcome: Outcome): unknown {
  assert.equal(outcome.kind, 'function-error')
  return JSON.parse(Buffer.from(outcome.payload).toString())
}

export async function turns(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** An environment on a virtual clock, whose runtime and extensions do as the test says. */
export async function given(
  external: (string | ExternalExtension)[],
  changes: Partial<FunctionVersion> = {},
  initializationType: InitializationType = 'provisioned-concurrency',
) {
  const found = external.map((one) => (typeof one === 'string' ? { name: one } : one))
  const clock = new VirtualClock()
  const runs: Scripted[] = []
  const log: PlatformEvent[] = []
  let freed = 0
  let gone = 0
  const environment = new Environment({
    source: { environmentId: 'e1', fn: { ...testFunction, timeoutMs: 3000, ...changes }, logStream: 's' },
    initializationType,
    listener: { onFree: () => freed++, onGone: () => gone++ },
    telemetry: {
      event: (_, event) => void log.push(event),
      output: () => undefined,
      record: () => undefined,
    },
    clock,
    random: realRandom,
    initTimeoutMs: 10_000,
    startRuntime: async (calls) => {
      if (found.length > 0) calls.external(found)
      const run = new Scripted(calls, found.length)
      runs.push(run)
      return run
    },
    report: (error) => assert.fail(String(error)),
  })
  await turns()
  return {
    environment,
    scripted: runs[0] as Scripted,
    runs,
    clock,
    events: () => log,
    told: () => log.map(inWords),
    freed: () => freed,
    gone: () => gone,
  }
}

/** A runtime with extensions beside it, all of whom do as the test says. Process n has the id 100 + n. */
export class Scripted implements Runtime {
  readonly version = undefined
  readonly supervisor: Supervisor | undefined
  readonly #calls: RuntimeCalls
  readonly #ended = Promise.withResolvers<SandboxEnd>()
  readonly #extensions: ScriptedExtension[] = []
  readonly told: string[] = []
  killed = false
  terminated = false
  rests = 0

  constructor(calls: RuntimeCalls, external: number) {
    this.#calls = calls
    if (external === 0) return
    this.supervisor = new Supervisor({ tell: (line) => this.told.push(line) })
    for (let process = 0; process <= external; process++) this.#report(`started ${process} ${100 + process}`)
  }

  call(request: string, fields: string, body: string, connection = {} as Connection): Reply {
    const head = parseHead(`${request} HTTP/1.1${fields === '' ? '' : `\r\n${fields}`}`)
    const bytes = Buffer.from(body)
    return this.#calls.extension(connection, head, { bytes, tooLarge: false, trailers: new Map() })
  }
  register(name: string, events: string[]): ScriptedExtension {
    const reply = this.call(register, `Lambda-Extension-Name: ${name}`, JSON.stringify({ events }))
    const extension = new ScriptedExtension(this, reply)
    this.#extensions.push(extension)
    return extension
  }
  async allReady(): Promise<void> {
    for (const extension of this.#extensions) extension.next()
    this.next()
    await turns()
  }
  next() {
    return this.#calls.next({ deliver: () => {} } as unknown as Connection)
  }
  answer(requestId: string) {
    const bytes = Buffer.from('1')
    return this.#calls.response(requestId, { bytes, tooLarge: false, contentType: undefined, errorType: '' })
  }
  processEnds(process: number, status: number) {
    this.#report(`ended ${process} ${status}`)
  }
  #report(line: string) {
    this.supervisor?.read(Buffer.from(`${line}\n`))
  }
  get ended() {
    return this.#ended.promise
  }
  get gone() {
    return this.#ended.promise.then(() => {})
  }
  whenDrained(then: () => void) {
    setImmediate(then)
  }
  terminate() {
    this.terminated = true
  }
  isOutOfMemory(_: Exit) {
    return false
  }
  hold() {}
  endInit() {}
  wake() {}
  rest() {
    this.rests++
  }
  /** Whatever the port: the server that a test has made. */
  connect(_: number): Socket {
    return connect(this.listener)
  }
  listener = 0
  peakMemoryMb() {
    return 40
  }
  kill() {
    this.killed = true
    this.#ended.resolve({ code: null, signal: 'SIGKILL', outOfMemory: false })
  }
}

export class ScriptedExtension {
  readonly #runtime: Scripted
  readonly status: number
  readonly id: string
  readonly events: unknown[] = []

  constructor(runtime: Scripted, reply: Reply) {
    this.#runtime = runtime
    const text = typeof reply === 'object' && 'text' in reply ? reply.text : ''
    this.status = Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1])
    this.id = /Lambda-Extension-Identifier: (\S+)/.exec(text)?.[1] ?? ''
  }
  next(): Reply {
    const answer = (text: string) => void this.events.push(JSON.parse(text.split('\r\n\r\n')[1] as string))
    return this.#runtime.call(next, this.#me, '', { answer } as unknown as Connection)
  }
  fails(phase: 'init' | 'exit', errorType: string): Reply {
    const type = `Lambda-Extension-Function-Error-Type: ${errorType}`
    return this.#runtime.call(`POST /2020-01-01/extension/${phase}/error`, `${this.#me}\r\n${type}`, '{}')
  }
  get #me() {
    return `Lambda-Extension-Identifier: ${this.id}`
  }
}

/** `extension a Ready INVOKE`, `report r1 error Extension.Crash`. */
function inWords({ type, record }: PlatformEvent): string {
  const { name, state, events, phase, requestId, status, errorType } = record as unknown as Record<
    string,
    string
  >
  const words = [type.replace('platform.', ''), name, state, events, phase, requestId, status, errorType]
  return words.filter((word) => word !== undefined).join(' ')
}
