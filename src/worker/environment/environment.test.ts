import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Invocation, Outcome } from '../../wire/invocation.ts'
import type { InitializationType, PlatformEvent } from '../../wire/platform-event.ts'
import type { Connection } from '../runtime-api/connection.ts'
import type { RuntimeCalls } from '../runtime-api/routes.ts'
import type { SandboxEnd } from '../sandbox/running.ts'
import { Environment } from './environment.ts'
import { CannotStart, type Runtime } from './runtime.ts'

test('an invocation that comes during init is carried out after it, without the environment being free between', async () => {
  const { environment, runtimes, told, freed } = given()
  const outcome = environment.invoke(invocation('r1'))
  await turns()
  const runtime = runtimes[0] as FakeRuntime

  runtime.next()
  await turns()
  assert.deepEqual(runtime.delivered, ['r1'])
  runtime.answer('r1', '"ok"')

  assert.deepEqual(await outcome, {
    kind: 'success',
    payload: Buffer.from('"ok"'),
    contentType: 'application/json',
  })
  assert.deepEqual(freed(), 0)
  runtime.next()
  await turns()
  assert.equal(freed(), 1)
  assert.deepEqual(told(), [
    'initStart init',
    'initRuntimeDone init success',
    'initReport init success',
    'start r1',
    'runtimeDone r1 success',
    'report r1 success',
  ])
})

test('an environment without an invocation is free when its init is over', async () => {
  const { runtimes, freed } = given()
  await turns()
  assert.equal(freed(), 0)

  runtimes[0]?.next()
  await turns()

  assert.equal(freed(), 1)
})

test('an environment that has answered is not free until its runtime asks', async () => {
  const { environment, runtime, freed } = await warm()
  const outcome = environment.invoke(invocation('r1'))
  runtime.answer('r1', '1')
  await outcome
  await turns()
  assert.equal(freed(), 1)

  runtime.next()
  await turns()
  assert.equal(freed(), 2)
})

test('what a handler wrote is told before its invocation’s end', async () => {
  const { environment, runtime, told, freed } = await warm()
  const outcome = environment.invoke(invocation('r1'))
  runtime.slow = Promise.withResolvers<void>()
  runtime.answer('r1', '1')
  runtime.next()
  await outcome
  await turns()
  assert.ok(!told().includes('report r1 success'))
  assert.equal(freed(), 1)

  runtime.writes('late words')
  runtime.slow.resolve()
  await turns()

  assert.deepEqual(told().slice(-4), [
    'start r1',
    'output late words',
    'runtimeDone r1 success',
    'report r1 success',
  ])
  assert.equal(freed(), 2)
})

test('a runtime that asks again before it answers gets the same invocation', async () => {
  const { environment, runtime } = await warm()
  environment.invoke(invocation('r1'))

  runtime.next()
  await turns()

  assert.deepEqual(runtime.delivered, ['r1', 'r1'])
})

test('an invocation waits for a runtime whose connection closed, until it asks again', async () => {
  const { environment, runtime } = await warm()
  runtime.hangUp()
  environment.invoke(invocation('r1'))
  await turns()
  assert.deepEqual(runtime.delivered, [])

  runtime.next()
  await turns()

  assert.deepEqual(runtime.delivered, ['r1'])
})

test('an answer to another invocation is refused, and a late one too', async () => {
  const { environment, runtime } = await warm()
  environment.invoke(invocation('r1'))

  assert.equal(runtime.answer('r0', '1')?.errorType, 'InvalidRequestID')
  assert.equal(runtime.answer('r1', '1'), undefined)
  assert.equal(runtime.answer('r1', '2')?.errorType, 'InvalidStateTransition')
  runtime.next()
  await turns()
  assert.equal(runtime.answer('r1', '3')?.errorType, 'InvalidRequestID')
  assert.equal(runtime.error('r1', '{}')?.errorType, 'InvalidRequestID')
})

test('an init error after init is refused', async () => {
  const { runtime } = await warm()

  assert.deepEqual(runtime.initError('{}'), {
    status: 403,
    errorType: 'InvalidStateTransition',
    errorMessage:
      'State transition from Ready to InitError failed for runtime. Error: State transition is not allowed',
  })
})

test('a handler’s error goes to the caller as it is, its type to the logs', async () => {
  const { environment, runtime, told } = await warm()
  const outcome = environment.invoke(invocation('r1'))

  runtime.error('r1', '{"errorType":"E"}', 'Runtime.Unknown')
  runtime.next()

  assert.deepEqual(await outcome, {
    kind: 'function-error',
    payload: Buffer.from('{"errorType":"E"}'),
    errorType: 'Runtime.Unknown',
  })
  await turns()
  assert.deepEqual(told().slice(-2), [
    'runtimeDone r1 failure Runtime.Unknown',
    'report r1 failure Runtime.Unknown',
  ])
})

test('a response over the limit is the function’s error, and the runtime goes on', async () => {
  const { environment, runtime, freed } = await warm()
  const outcome = environment.invoke(invocation('r1'))

  assert.equal(runtime.answer('r1', '', { tooLarge: true })?.status, 413)

  assert.deepEqual(payloadOf(await outcome), {
    errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    errorType: 'Function.ResponseSizeTooLarge',
  })
  runtime.next()
  await turns()
  assert.equal(freed(), 2)
})

test('an invocation past its deadline is ended with its process, and the next one starts another', async () => {
  const { environment, runtime, runtimes, clock, told, freed } = await warm()
  const outcome = environment.invoke(invocation('r1'))
  await clock.advance(2999)
  assert.equal(runtime.killed, false)
  await clock.advance(1)

  assert.deepEqual(payloadOf(await outcome), {
    errorType: 'Sandbox.Timedout',
    errorMessage: 'RequestId: r1 Error: Task timed out after 3.00 seconds',
  })
  assert.equal(runtime.killed, true)
  await turns()
  assert.deepEqual(told().slice(-2), ['runtimeDone r1 timeout', 'report r1 timeout'])
  assert.equal(freed(), 2)
  assert.equal(runtime.answer('r1', '1')?.errorType, 'InvalidRequestID')

  environment.invoke(invocation('r2'))
  await turns()
  runtimes[1]?.next()
  await turns()
  assert.deepEqual(runtimes[1]?.delivered, ['r2'])
  assert.deepEqual(told().slice(-4), [
    'initStart invoke',
    'initRuntimeDone invoke success',
    'initReport invoke success',
    'start r2',
  ])
})

test('the init that runs inside an invocation counts against its time and is part of its duration', async () => {
  const { environment, runtimes, clock, events } = await warm()
  runtimes[0]?.exit({ code: 0, signal: null })
  await turns()
  const outcome = environment.invoke(invocation('r1'))
  await clock.advance(2000)
  runtimes[1]?.next()
  await turns()
  await clock.advance(500)
  runtimes[1]?.answer('r1', '1')
  runtimes[1]?.next()
  await outcome
  await turns()

  const report = events().findLast(({ type }) => type === 'platform.report')
  assert.deepEqual(report?.record, {
    requestId: 'r1',
    status: 'success',
    metrics: { durationMs: 2500, billedDurationMs: 2500, memorySizeMB: 128, maxMemoryUsedMB: 40 },
  })
})

test('the deadline holds for an init inside an invocation', async () => {
  const { environment, runtimes, clock, told } = await warm()
  runtimes[0]?.exit({ code: 1, signal: null })
  await turns()
  const outcome = environment.invoke(invocation('r1'))
  await clock.advance(3000)

  assert.equal((payloadOf(await outcome) as { errorType: string }).errorType, 'Sandbox.Timedout')
  await turns()
  assert.deepEqual(told().slice(-5), [
    'initRuntimeDone invoke timeout',
    'initReport invoke timeout',
    'start r1',
    'runtimeDone r1 timeout',
    'report r1 timeout',
  ])
})

test('an init past 10 s is aborted, and begins again inside the invocation that waits', async () => {
  const { environment, runtimes, clock, told } = given({ timeoutMs: 30_000 })
  const outcome = environment.invoke(invocation('r1'))
  await clock.advance(10_000)
  await turns()
  assert.equal(runtimes[0]?.killed, true)
  assert.deepEqual(told().slice(0, 3), [
    'initStart init',
    'initRuntimeDone init timeout',
    'initReport init timeout',
  ])

  runtimes[1]?.next()
  await turns()
  runtimes[1]?.answer('r1', '1')
  assert.equal((await outcome).kind, 'success')
})

test('a runtime that cannot start is tried twice, and its own words go to the caller', async () => {
  const { environment, runtimes, told } = given()
  const outcome = environment.invoke(invocation('r1'))
  await turns()
  runtimes[0]?.initError('{"errorType":"KeyError","requestId":""}', 'Runtime.KeyError')
  await turns()
  assert.equal(runtimes.length, 2)
  runtimes[1]?.initError('{"errorType":"KeyError","requestId":""}', 'Runtime.KeyError')

  assert.deepEqual(payloadOf(await outcome), { errorType: 'KeyError', requestId: '' })
  await turns()
  assert.deepEqual(told(), [
    'initStart init',
    'initRuntimeDone init error Runtime.KeyError',
    'initReport init error Runtime.KeyError',
    'initStart invoke',
    'initRuntimeDone invoke error Runtime.KeyError',
    'initReport invoke error Runtime.KeyError',
    'start r1',
    'runtimeDone r1 error Runtime.KeyError',
    'report r1 error Runtime.KeyError',
  ])
})

for (const [end, errorType, message] of [
  [{ code: 0, signal: null }, 'Runtime.ExitError', 'Runtime exited without providing a reason'],
  [{ code: 3, signal: null }, 'Runtime.ExitError', 'Runtime exited with error: exit status 3'],
  [{ code: null, signal: 'SIGKILL' }, 'Runtime.ExitError', 'Runtime exited with error: signal: killed'],
  [
    { code: 139, signal: null },
    'Runtime.ExitError',
    'Runtime exited with error: signal: segmentation fault (core dumped)',
  ],
  [{ code: null, signal: 'SIGABRT' }, 'Runtime.ExitError', 'Runtime exited with error: signal: aborted'],
  [
    { code: 137, signal: null, outOfMemory: true },
    'Runtime.OutOfMemory',
    'Runtime exited with error: signal: killed',
  ],
] as const) {
  test(`a process that ends with ${JSON.stringify(end)} is ${errorType}`, async () => {
    const { environment, runtime, told, freed } = await warm()
    const outcome = environment.invoke(invocation('r1'))
    runtime.exit(end)

    assert.deepEqual(payloadOf(await outcome), { errorType, errorMessage: `RequestId: r1 Error: ${message}` })
    await turns()
    assert.deepEqual(told().slice(-2), [`runtimeDone r1 error ${errorType}`, `report r1 error ${errorType}`])
    assert.equal(freed(), 2)
  })
}

test('a process that ends after it answered has answered', async () => {
  const { environment, runtime, told, freed } = await warm()
  const outcome = environment.invoke(invocation('r1'))
  runtime.answer('r1', '1')
  runtime.exit({ code: 1, signal: null })

  assert.equal((await outcome).kind, 'success')
  await turns()
  assert.equal(told().at(-1), 'report r1 error Runtime.ExitError')
  assert.equal(freed(), 2)
})

test('a process that ends while idle is nobody’s failure: the next invocation starts another', async () => {
  const { environment, runtime, runtimes, freed } = await warm()
  runtime.exit({ code: 1, signal: null })
  await turns()
  assert.equal(freed(), 1)

  const outcome = environment.invoke(invocation('r1'))
  await turns()
  runtimes[1]?.next()
  await turns()
  runtimes[1]?.answer('r1', '1')
  assert.equal((await outcome).kind, 'success')
})

test('a process that ends between its init and the waiting invocation is started again', async () => {
  const { environment, runtimes } = given()
  const outcome = environment.invoke(invocation('r1'))
  await turns()
  runtimes[0]?.next()
  runtimes[0]?.exit({ code: 1, signal: null })
  await turns()
  assert.equal(runtimes.length, 2)

  runtimes[1]?.next()
  await turns()
  runtimes[1]?.answer('r1', '1')
  assert.equal((await outcome).kind, 'success')
})

test('the first report names and bills the init, the second does not', async () => {
  const { environment, runtimes, clock, events } = given()
  await clock.advance(100)
  runtimes[0]?.next()
  await turns()
  for (const id of ['r1', 'r2']) {
    const outcome = environment.invoke(invocation(id))
    await clock.advance(20.4)
    runtimes[0]?.answer(id, '1')
    runtimes[0]?.next()
    await outcome
    await turns()
  }

  const metrics = events().flatMap((event) =>
    event.type === 'platform.report' ? [event.record.metrics] : [],
  )
  assert.deepEqual(metrics, [
    { durationMs: 20.4, billedDurationMs: 121, memorySizeMB: 128, maxMemoryUsedMB: 40, initDurationMs: 100 },
    { durationMs: 20.4, billedDurationMs: 21, memorySizeMB: 128, maxMemoryUsedMB: 40 },
  ])
})

test('an init of provisioned concurrency is in no invocation’s report', async () => {
  const { environment, runtimes, clock, events } = given({ initializationType: 'provisioned-concurrency' })
  await clock.advance(100)
  runtimes[0]?.next()
  await turns()
  const outcome = environment.invoke(invocation('r1'))
  runtimes[0]?.answer('r1', '1')
  runtimes[0]?.next()
  await outcome
  await turns()

  const report = events().findLast((event) => event.type === 'platform.report')
  assert.equal(report?.record.metrics.initDurationMs, undefined)
})

test('a trace is told only of what is traced', async () => {
  const { environment, runtime, events } = await warm()
  environment.invoke({ ...invocation('r1'), traceHeader: 'Root=1-2-3;Parent=4;Sampled=1' })

  const start = events().findLast((event) => event.type === 'platform.start')
  assert.deepEqual(start?.record.tracing, { type: 'X-Amzn-Trace-Id', value: 'Root=1-2-3;Parent=4;Sampled=1' })
  runtime.exit({ code: 0, signal: null })
})

test('an idle environment retires at once', async () => {
  const { environment, runtime, gone } = await warm()

  environment.retire()

  assert.equal(gone(), 1)
  assert.equal(runtime.killed, true)
})

test('one that starts retires at once, and its process ends as soon as there is one', async () => {
  const { environment, runtimes, gone, told } = given()

  environment.retire()

  assert.equal(gone(), 1)
  await turns()
  assert.equal(runtimes[0]?.killed, true)
  assert.deepEqual(told(), [])
})

test('a busy environment retires after its invocation', async () => {
  const { environment, runtime, gone, freed, told } = await warm()
  const outcome = environment.invoke(invocation('r1'))
  environment.retire()
  assert.equal(gone(), 0)

  runtime.answer('r1', '1')
  runtime.next()
  assert.equal((await outcome).kind, 'success')
  await turns()

  assert.equal(told().at(-1), 'report r1 success')
  assert.equal(gone(), 1)
  assert.equal(freed(), 1)
})

test('retiring twice is retiring once', async () => {
  const { environment, gone } = await warm()

  environment.retire()
  environment.retire()

  assert.equal(gone(), 1)
})

test('where there is no runtime the caller hears why, and the environment is gone', async () => {
  const outcome: Outcome = {
    kind: 'platform-error',
    code: 'InvalidRuntimeException',
    message: 'no python3.9',
  }
  const { environment, gone, told } = given({ cannotStart: new CannotStart('', () => outcome as never) })

  assert.deepEqual(await environment.invoke(invocation('r1')), outcome)
  assert.equal(gone(), 1)
  assert.deepEqual(told(), [])
})

test('where there is no runtime an environment started ahead tells its first invocation', async () => {
  const outcome: Outcome = {
    kind: 'platform-error',
    code: 'InvalidRuntimeException',
    message: 'no python3.9',
  }
  const { environment, gone, freed } = given({ cannotStart: new CannotStart('', () => outcome as never) })
  await turns()
  assert.equal(freed(), 1)
  assert.equal(gone(), 0)

  assert.deepEqual(await environment.invoke(invocation('r1')), outcome)
  assert.equal(gone(), 1)
})

test('a fault of ours is a ServiceException that tells nothing, and is reported', async () => {
  const { environment, reported } = given({ cannotStart: new Error('disk full') })

  assert.deepEqual(await environment.invoke(invocation('r1')), {
    kind: 'platform-error',
    code: 'ServiceException',
    message: 'The execution environment could not be started.',
  })
  assert.equal((reported[0] as Error).message, 'disk full')
})

test('a second invocation before it is free is a defect of the caller, told and not lost', async () => {
  const { environment, runtime, reported } = await warm()
  const first = environment.invoke(invocation('r1'))

  assert.equal((await environment.invoke(invocation('r2'))).kind, 'platform-error')
  assert.equal(reported.length, 1)
  runtime.answer('r1', '1')
  assert.equal((await first).kind, 'success')
})

const fn: FunctionVersion = {
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

function invocation(requestId: string): Invocation {
  return { requestId, invokedFunctionArn: fn.arn, payload: Buffer.from('{}'), traceHeader: '' }
}

interface Given {
  readonly timeoutMs?: number
  readonly initializationType?: InitializationType
  readonly cannotStart?: Error
}

function given({ timeoutMs = 3000, initializationType = 'on-demand', cannotStart }: Given = {}) {
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

async function warm() {
  const all = given()
  await turns()
  const runtime = all.runtimes[0] as FakeRuntime
  runtime.next()
  await turns()
  return { ...all, runtime }
}

class FakeRuntime implements Runtime {
  readonly version = undefined
  readonly #calls: RuntimeCalls
  readonly #ended = Promise.withResolvers<SandboxEnd>()
  readonly #connection: Connection
  readonly writes: (text: string) => void
  readonly delivered: string[] = []
  slow: PromiseWithResolvers<void> | undefined
  killed = false

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
  endInit() {}
  wake() {}
  rest() {}
  peakMemoryMb() {
    return 40
  }
  kill() {
    this.killed = true
    this.exit({ code: null, signal: 'SIGKILL' })
  }
}

/** `report r1 error Runtime.ExitError`. */
function inWords({ type, record }: PlatformEvent): string {
  const parts = record as { phase?: string; requestId?: string; status?: string; errorType?: string }
  const words = [type.replace('platform.', ''), parts.phase, parts.requestId, parts.status, parts.errorType]
  return words.filter((word) => word !== undefined).join(' ')
}

function payloadOf(outcome: Outcome): unknown {
  assert.equal(outcome.kind, 'function-error')
  return JSON.parse(Buffer.from(outcome.payload).toString())
}

/** Until what is due now has happened. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
