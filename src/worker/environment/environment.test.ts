import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../wire/invocation.ts'
import { CannotStart } from './runtime.ts'
import { type FakeRuntime, given, invocation, payloadOf, turns, warm } from './testing.ts'

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

test('a process that ends while idle takes an environment that is provisioned along: another replaces it', async () => {
  const { runtimes, gone, freed } = given({ initializationType: 'provisioned-concurrency' })
  await turns()
  runtimes[0]?.next()
  await turns()
  assert.deepEqual([freed(), gone()], [1, 0])
  runtimes[0]?.exit({ code: 1, signal: null })
  await turns()
  assert.deepEqual([freed(), gone()], [1, 1])
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
