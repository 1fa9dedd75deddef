import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlatformEvent } from '../../wire/platform-event.ts'
import type { StreamedResponse } from '../runtime-api/routes.ts'
import { type FakeRuntime, invocation, payloadOf, Taken, turns, warm } from './testing.ts'

// AWS Lambda Developer Guide, "Response streaming" and "Building a custom runtime", response streaming.

/** An environment whose runtime streams: it has written `one`. */
async function streaming(taken = new Taken()) {
  const all = await warm()
  const outcome = all.environment.invoke(invocation('r1'), taken)
  const response = all.runtime.stream('r1') as StreamedResponse
  response.take(Buffer.from('one'))
  return { ...all, taken, outcome, response }
}

test('a response is handed on as it comes, and the outcome follows its end', async () => {
  const { taken, response, outcome, freed, runtime, told } = await streaming()
  assert.deepEqual(taken.heard, ['begin text/plain', 'one'])
  response.take(Buffer.from('two'))
  assert.equal(response.end(undefined), undefined)

  assert.equal((await outcome).kind, 'success')
  assert.deepEqual(taken.heard, ['begin text/plain', 'one', 'two'])
  assert.equal(freed(), 1)
  runtime.next()
  await turns()
  assert.equal(freed(), 2)
  assert.deepEqual(told().slice(-2), ['runtimeDone r1 success', 'report r1 success'])
})

test('its events say how long it took to begin, how long it was, and how much', async () => {
  const { environment, runtime, clock, events } = await warm()
  environment.invoke(invocation('r1'), new Taken())
  await clock.advance(20)
  const response = runtime.stream('r1') as StreamedResponse
  response.take(Buffer.from('one'))
  await clock.advance(30)
  response.take(Buffer.from('two'))
  response.end(undefined)
  await clock.advance(5)
  runtime.next()
  await turns()

  const { metrics, spans } = recordOf(events(), 'platform.runtimeDone')
  assert.deepEqual(metrics, { durationMs: 55, producedBytes: 6 })
  assert.deepEqual(
    spans?.map(({ name, durationMs }) => [name, durationMs]),
    [
      ['responseLatency', 20],
      ['responseDuration', 30],
      ['runtimeOverhead', 5],
    ],
  )
  assert.equal(recordOf(events(), 'platform.report').metrics.durationMs, 55)
})

test('where nobody takes it so, a response is collected', async () => {
  const { environment, runtime } = await warm()
  const outcome = environment.invoke(invocation('r1'))
  assert.equal(runtime.stream('r1'), undefined)
  runtime.answer('r1', 'whole')
  assert.deepEqual(await outcome, {
    kind: 'success',
    payload: Buffer.from('whole'),
    contentType: 'application/json',
  })
})

test('a runtime that does not stream has its response in the outcome', async () => {
  const { environment, runtime } = await warm()
  const taken = new Taken()
  const outcome = environment.invoke(invocation('r1'), taken)
  runtime.answer('r1', 'whole')
  assert.equal((await outcome).kind, 'success')
  assert.deepEqual(taken.heard, [])
})

test('while it is streamed nothing else is taken: no event is given, and no second response', async () => {
  const { runtime, response, outcome } = await streaming()
  assert.equal(runtime.next()?.errorType, 'InvalidStateTransition')
  assert.equal(
    runtime.next()?.errorMessage,
    'State transition from InvocationResponse to Ready failed for runtime. Error: State transition is not allowed',
  )
  assert.equal(runtime.stream('r1'), undefined)
  assert.equal(runtime.answer('r1', 'second')?.errorType, 'InvalidStateTransition')
  assert.equal(runtime.stream('r0'), undefined)
  response.end(undefined)
  assert.equal((await outcome).kind, 'success')
})

test('an error behind its bytes is the outcome, with the type as the runtime gave it', async () => {
  const { response, outcome, runtime, told } = await streaming()
  const failure = { tooLarge: false, contentType: undefined, errorType: 'Runtime.Unknown' }
  response.end({ ...failure, bytes: Buffer.from('{"a":1}'), givenErrorType: 'RangeError' })
  assert.deepEqual(await outcome, {
    kind: 'function-error',
    errorType: 'RangeError',
    payload: Buffer.from('{"a":1}'),
  })
  runtime.next()
  await turns()
  assert.deepEqual(told().slice(-2), [
    'runtimeDone r1 failure Runtime.Unknown',
    'report r1 failure Runtime.Unknown',
  ])
})

test('an error that is posted beside it ends it, and the rest of it is dropped', async () => {
  const { response, outcome, runtime, taken } = await streaming()
  assert.equal(runtime.error('r1', '{"errorType":"E"}', 'Runtime.E'), undefined)
  assert.deepEqual(await outcome, {
    kind: 'function-error',
    errorType: 'Runtime.E',
    payload: Buffer.from('{"errorType":"E"}'),
  })
  response.take(Buffer.from('two'))
  assert.deepEqual(taken.heard, ['begin text/plain', 'one'])
  assert.equal(response.end(undefined)?.errorType, 'InvalidRequestID')
})

test('a response over its limit is cut there, and the runtime goes on', async () => {
  const { response, outcome, runtime, taken, freed } = await streaming(new Taken(5))
  response.take(Buffer.from('two'))
  assert.deepEqual(payloadOf(await outcome), {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: 'Response payload size exceeded maximum allowed payload size (5 bytes).',
  })
  assert.deepEqual(taken.heard, ['begin text/plain', 'one', 'tw'])
  response.take(Buffer.from('three'))
  assert.equal(response.end(undefined)?.status, 413)
  runtime.next()
  await turns()
  assert.equal(freed(), 2)
})

test('a response of exactly its limit is taken', async () => {
  const { response, outcome, taken } = await streaming(new Taken(6))
  response.take(Buffer.from('two'))
  response.end(undefined)
  assert.equal((await outcome).kind, 'success')
  assert.deepEqual(taken.heard, ['begin text/plain', 'one', 'two'])
})

test('past the deadline it ends with the timeout, and with its process', async () => {
  const { clock, outcome, runtime, response, taken, told } = await streaming()
  await clock.advance(3000)
  assert.deepEqual(payloadOf(await outcome), {
    errorType: 'Sandbox.Timedout',
    errorMessage: 'RequestId: r1 Error: Task timed out after 3.00 seconds',
  })
  assert.equal(runtime.killed, true)
  response.take(Buffer.from('late'))
  response.broken()
  assert.deepEqual(taken.heard, ['begin text/plain', 'one'])
  await turns()
  assert.deepEqual(told().slice(-2), ['runtimeDone r1 timeout', 'report r1 timeout'])
})

for (const [what, end] of [
  [
    'its connection, then of its process',
    (response: StreamedResponse, runtime: FakeRuntime) => {
      response.broken()
      runtime.exit({ code: 1, signal: null })
    },
  ],
  [
    'its process, then of its connection',
    async (response: StreamedResponse, runtime: FakeRuntime) => {
      runtime.exit({ code: 1, signal: null })
      await turns()
      response.broken()
    },
  ],
] as const) {
  test(`the end of ${what} breaks it off, and the log says why`, async () => {
    const { outcome, response, runtime, told, freed } = await streaming()
    await end(response, runtime)
    assert.deepEqual(payloadOf(await outcome), {
      errorType: 'Runtime.TruncatedResponse',
      errorMessage: 'RequestId: r1 Error: Response truncated',
    })
    await turns()
    assert.deepEqual(told().slice(-2), [
      'runtimeDone r1 error Runtime.ExitError',
      'report r1 error Runtime.ExitError',
    ])
    assert.equal(freed(), 2)
  })
}

test('a connection that ends alone breaks it off; the runtime may ask on another', async () => {
  const { outcome, response, runtime, told, freed } = await streaming()
  response.broken()
  assert.equal((payloadOf(await outcome) as { errorType: string }).errorType, 'Runtime.TruncatedResponse')
  runtime.next()
  await turns()
  assert.equal(freed(), 2)
  assert.deepEqual(told().slice(-1), ['report r1 error Runtime.TruncatedResponse'])
})

test('one that is retired meanwhile goes when it is done', async () => {
  const { environment, outcome, response, runtime, gone } = await streaming()
  environment.retire()
  await turns()
  assert.equal(gone(), 0)
  response.end(undefined)
  await outcome
  runtime.next()
  await turns()
  assert.equal(gone(), 1)
})

interface Told {
  readonly metrics: { readonly durationMs: number; readonly producedBytes?: number }
  readonly spans?: readonly { readonly name: string; readonly durationMs: number }[]
}

function recordOf(events: readonly PlatformEvent[], type: PlatformEvent['type']): Told {
  return events.findLast((event) => event.type === type)?.record as Told
}
