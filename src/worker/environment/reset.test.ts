import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FakeRuntime, given, invocation, payloadOf, turns, warm } from './testing.ts'

// What follows a failure: cells of LIFECYCLE.md that no other test names.

test('an init past 10 s that nobody waits for begins again inside the first invocation, in its time', async () => {
  const { environment, runtimes, clock, told, freed } = given()
  await clock.advance(10_000)
  await turns()
  assert.equal(freed(), 1)
  assert.equal(runtimes.length, 1)

  const outcome = environment.invoke(invocation('r1'))
  await clock.advance(3000)

  assert.equal((payloadOf(await outcome) as { errorType: string }).errorType, 'Sandbox.Timedout')
  await turns()
  assert.deepEqual(told(), [
    'initStart init',
    'initRuntimeDone init timeout',
    'initReport init timeout',
    'initStart invoke',
    'initRuntimeDone invoke timeout',
    'initReport invoke timeout',
    'start r1',
    'runtimeDone r1 timeout',
    'report r1 timeout',
  ])
})

test('an init that ends in time is not ended at 10 s', async () => {
  const { runtime, clock } = await warm()

  await clock.advance(20_000)

  assert.equal(runtime.killed, false)
})

test('a runtime that ends during init is started again by the first invocation, and only by it', async () => {
  const { environment, runtimes, freed, told } = given()
  await turns()
  runtimes[0]?.exit({ code: 137, signal: null, outOfMemory: true })
  await turns()
  assert.equal(freed(), 1)
  assert.equal(runtimes.length, 1)
  assert.equal(told().at(-1), 'initReport init error Runtime.OutOfMemory')

  const outcome = environment.invoke(invocation('r1'))
  await turns()
  runtimes[1]?.next()
  await turns()
  runtimes[1]?.answer('r1', '1')
  assert.equal((await outcome).kind, 'success')
})

test('an invocation that comes while a process that ended is read to its end goes to the next one', async () => {
  const { environment, runtimes, runtime } = await warm()
  runtime.isEnding = true

  const outcome = environment.invoke(invocation('r1'))
  await turns()
  assert.deepEqual(runtime.delivered, [])
  assert.equal(runtimes.length, 1)

  runtime.exit({ code: null, signal: 'SIGKILL' })
  await turns()
  runtimes[1]?.next()
  await turns()
  runtimes[1]?.answer('r1', '1')
  assert.equal((await outcome).kind, 'success')
})

test('the next runtime starts only when the failed one has ended', async () => {
  const { environment, runtimes, clock } = given()
  await turns()
  const first = runtimes[0] as FakeRuntime
  first.lingers = true
  const outcome = environment.invoke(invocation('r1'))
  await clock.advance(10_000)
  await turns()
  assert.equal(first.killed, true)
  assert.equal(runtimes.length, 1)

  first.exit({ code: null, signal: 'SIGKILL' })
  await turns()
  runtimes[1]?.next()
  await turns()
  runtimes[1]?.answer('r1', '1')
  assert.equal((await outcome).kind, 'success')
})

test('the time of an invocation that waited for a failed init counts from when that has ended', async () => {
  const { environment, runtimes, clock } = given()
  const outcome = environment.invoke(invocation('r1'))
  await clock.advance(10_000)
  await turns()
  await clock.advance(2999)
  assert.equal(runtimes[1]?.killed, false)
  await clock.advance(1)

  assert.deepEqual(payloadOf(await outcome), {
    errorType: 'Sandbox.Timedout',
    errorMessage: 'RequestId: r1 Error: Task timed out after 3.00 seconds',
  })
})

test('one that is retired while its runtime is being ended goes when that is done', async () => {
  const { environment, runtime, clock, freed, gone } = await warm()
  runtime.lingers = true
  const outcome = environment.invoke(invocation('r1'))
  await clock.advance(3000)
  await outcome
  environment.retire()
  await turns()
  assert.equal(gone(), 0)

  runtime.exit({ code: null, signal: 'SIGKILL' })
  await turns()

  assert.equal(gone(), 1)
  assert.equal(freed(), 1)
})

test('one whose runtime failed retires at once', async () => {
  const { environment, runtime, runtimes, gone } = await warm()
  runtime.exit({ code: 1, signal: null })
  await turns()

  environment.retire()

  assert.equal(gone(), 1)
  assert.equal(runtimes.length, 1)
})
