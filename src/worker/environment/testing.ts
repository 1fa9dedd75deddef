import assert from 'node:assert/strict'
import { VirtualClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Invocation, Outcome } from '../../wire/invocation.ts'
import type { InitializationType, PlatformEvent } from '../../wire/platform-event.ts'
import type { ResponseStream } from '../../wire/response-stream.ts'
import type { Connection } from '../runtime-api/connection.ts'
import type { RuntimeCalls } from '../runtime-api/routes.ts'
import type { SandboxEnd } from '../sandbox/running.ts'
import { Environment } from './environment.ts'
import type { Runtime } from './runtime.ts'

export const fn: FunctionVersion = {
  revision: 'r',
  accountId: '000000000000',
  region: 'us-east-1',
  name: 'f',
  version: '$LATEST',
  arn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
  roleArn: 'arn:aws:iam::000000000000:role/r',
  runtime: 'nodejs24.x',
  architecture: 'x86_64',
  handler: 'index.handler',
  codeBlob: 'c',
  memoryMb: 128,
  timeoutMs: 3000,
  ephemeralStorageMb: 512,
  variables: {},
  logging: { format: 'Text', group: '/aws/lambda/f' },
}

export function invocation(requestId: string): Invocation {
  return { requestId, invokedFunctionArn: fn.arn, payload: Buffer.from('{}'), traceHeader: '' }
}

interface Given {
  readonly timeoutMs?: number
  readonly initializationType?: InitializationType
  readonly cannotStart?: Error
}

/** An environment on a virtual clock, whose runtimes are fakes. */
export function given({ timeoutMs = 3000, initializationType = 'on-demand', cannotStart }: Given = {}) {
  const clock = new VirtualClock()
  const runtimes: FakeRuntime[] = []
  const log: (PlatformEvent | string)[] = []
  const reported: unknown[] = []
  let freed = 0
  let gone = 0
  const environment = new Environment({
    source: { environmentId: 'e1', fn: { ...fn, timeoutMs }, logStream: 's' },
    initializationType,
    listener: { onFree: () => freed++, onGone: () => gone++ },
    telemetry: {
      event: (_, event) => void log.push(event),
      output: (_, bytes) => void log.push(`output ${Buffer.from(bytes)}`),
      record: () => undefined,
    },
    clock,
    random: realRandom,
    initTimeoutMs: 10_000,
    startRuntime: async (calls, output) => {
      if (cannotStart !== undefined) throw cannotStart
      const runtime = new FakeRuntime(calls, (text) => output.output(Buffer.from(text)))
      runtimes.push(runtime)
      return runtime
    },
    report: (error) => reported.push(error),
  })
  const events = () => log.filter((entry) => typeof entry !== 'string')
  const told = () => log.map((entry) => (typeof entry === 'string' ? entry : inWords(entry)))
  return { environment, clock, runtimes, events, told, reported, freed: () => freed, gone: () => gone }
}

/** The same after its init. */
export async function warm() {
  const all = given()
  await turns()
  const runtime = all.runtimes[0] as FakeRuntime
  runtime.next()
  await turns()
  return { ...all, runtime }
}

/** Takes a streamed response. */
export class Taken implements ResponseStream {
  readonly bytesMax: number
  /** `begin text/plain`, and what was written. */
  readonly heard: string[] = []

  constructor(bytesMax = 100) {
    this.bytesMax = bytesMax
  }
  begin(contentType: string) {
    this.heard.push(`begin ${contentType}`)
  }
  write(bytes: Uint8Array) {
    this.heard.push(Buffer.from(bytes).toString())
    return undefined
  }
}

/** A runtime that says what the test says. */
export class FakeRuntime implements Runtime {
  readonly version = undefined
  readonly #calls: RuntimeCalls
  readonly #ended = Promise.withResolvers<SandboxEnd>()
  readonly #connection: Connection
  readonly writes: (text: string) => void
  readonly delivered: string[] = []
  slow: PromiseWithResolvers<void> | undefined
  /** Once it is killed it takes until `exit` to end. */
  lingers = false
  killed = false
  isEnding = false

  constructor(calls: RuntimeCalls, writes: (text: string) => void) {
    this.#calls = calls
    this.writes = writes
    const deliver = ({ requestId }: Invocation) => void this.delivered.push(requestId)
    this.#connection = { deliver } as unknown as Connection
  }
  next() {
    return this.#calls.next(this.#connection)
  }
  hangUp() {
    this.#calls.closed(this.#connection)
  }
  answer(requestId: string, text: string, { tooLarge = false } = {}) {
    const bytes = Buffer.from(text)
    return this.#calls.response(requestId, { bytes, tooLarge, contentType: undefined, errorType: '' })
  }
  /** A response that is streamed, where somebody takes it so. */
  stream(requestId: string, contentType = 'text/plain') {
    return this.#calls.stream?.(requestId, contentType)
  }
  error(requestId: string, text: string, errorType = 'Runtime.Unknown') {
    return this.#calls.error(requestId, {
      bytes: Buffer.from(text),
      tooLarge: false,
      contentType: undefined,
      errorType,
    })
  }
  initError(text: string, errorType = 'Runtime.Unknown') {
    return this.#calls.initError({
      bytes: Buffer.from(text),
      tooLarge: false,
      contentType: undefined,
      errorType,
    })
  }
  exit(end: { code: number | null; signal: NodeJS.Signals | null; outOfMemory?: boolean }) {
    this.#ended.resolve({ outOfMemory: false, ...end })
  }
  get ended() {
    return this.#ended.promise
  }
  get gone() {
    return this.#ended.promise.then(() => {})
  }
  whenDrained(then: () => void) {
    setImmediate(() => (this.slow === undefined ? then() : this.slow.promise.then(then)))
  }
  terminate() {
    this.kill()
  }
  isOutOfMemory() {
    return false
  }
  hold() {}
  endInit() {}
  wake() {}
  rest() {}
  peakMemoryMb() {
    return 40
  }
  kill() {
    this.killed = true
    if (!this.lingers) this.exit({ code: null, signal: 'SIGKILL' })
  }
}

/** `report r1 error Runtime.ExitError`. */
function inWords({ type, record }: PlatformEvent): string {
  const parts = record as { phase?: string; requestId?: string; status?: string; errorType?: string }
  const words = [type.replace('platform.', ''), parts.phase, parts.requestId, parts.status, parts.errorType]
  return words.filter((word) => word !== undefined).join(' ')
}

export function payloadOf(outcome: Outcome): unknown {
  assert.equal(outcome.kind, 'function-error')
  return JSON.parse(Buffer.from(outcome.payload).toString())
}

/** Until what is due now has happened. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
