import assert from 'node:assert/strict'
import { test } from 'node:test'
import { given, invocation, payloadOf, type Scripted, turns } from './testing.ts'

// Resets and ends with extensions: cells of ../LIFECYCLE.md that flow.test.ts does not name.

test('past its timeout the runtime hears SIGTERM, and its extensions of a timeout, within 2 s', async () => {
  const { environment, scripted, runs, clock, freed } = await given(['a'])
  const a = scripted.register('a', ['INVOKE', 'SHUTDOWN'])
  await scripted.allReady()
  const outcome = environment.invoke(invocation('r1'))
  a.next()
  await clock.advance(3000)
  assert.equal((payloadOf(await outcome) as { errorType: string }).errorType, 'Sandbox.Timedout')
  await turns()
  const until = clock.now() + 2000
  assert.deepEqual(scripted.told.slice(1), ['TERM 100'])
  await clock.advance(300)
  await turns()
  assert.deepEqual(scripted.told.slice(2), ['KILL 100'])
  assert.deepEqual(a.events.at(-1), { eventType: 'SHUTDOWN', shutdownReason: 'timeout', deadlineMs: until })

  await clock.advance(1699)
  assert.deepEqual([scripted.killed, freed()], [false, 1])
  await clock.advance(1)
  await turns()
  assert.deepEqual([scripted.killed, freed(), runs.length], [true, 2, 1])
})

test('an init past 10 s tells the extensions that run of a timeout, and begins again when they have ended', async () => {
  const { environment, scripted, runs, clock } = await given(['a'])
  const a = scripted.register('a', ['SHUTDOWN'])
  a.next()
  environment.invoke(invocation('r1'))
  await clock.advance(10_000)
  await turns()
  scripted.processEnds(0, 143)
  await turns()
  assert.equal((a.events[0] as { shutdownReason: string }).shutdownReason, 'timeout')
  assert.equal(runs.length, 1)

  scripted.processEnds(1, 0)
  await turns()

  assert.equal(runs.length, 2)
})

test('an extension that ends during init is the init’s error, twice tried', async () => {
  const { environment, runs, clock, told } = await given(['a'])
  const outcome = environment.invoke(invocation('r1'))
  for (const i of [0, 1]) {
    await turns()
    ;(runs[i] as Scripted).processEnds(1, 0)
    await clock.advance(2000)
  }

  assert.deepEqual(payloadOf(await outcome), {
    errorType: 'Extension.Crash',
    errorMessage: 'RequestId: r1 Error: exit code 0',
  })
  assert.equal(runs.length, 2)
  assert.ok(told().includes('initReport init error Extension.Crash'))
  assert.ok(told().includes('initReport invoke error Extension.Crash'))
})

test('an extension that ends between invocations is nobody’s error: the others hear of a failure, all start again', async () => {
  const { environment, scripted, runs, clock, told } = await given(['a', 'b'], {}, 'on-demand')
  scripted.register('a', ['INVOKE'])
  const b = scripted.register('b', ['SHUTDOWN'])
  await scripted.allReady()
  scripted.processEnds(1, 1)
  await turns()
  scripted.processEnds(0, 0)
  await turns()
  assert.equal((b.events[0] as { shutdownReason: string }).shutdownReason, 'failure')
  scripted.processEnds(2, 0)
  await clock.advance(2000)
  assert.ok(!told().some((line) => line.startsWith('report')))

  const outcome = environment.invoke(invocation('r1'))
  await turns()
  for (const name of ['a', 'b']) (runs[1] as Scripted).register(name, ['INVOKE'])
  await (runs[1] as Scripted).allReady()
  ;(runs[1] as Scripted).answer('r1')
  assert.equal((await outcome).kind, 'success')
})

test('one that is retired while an extension is at work goes after that', async () => {
  const { environment, scripted, clock, gone } = await given(['a'])
  const a = scripted.register('a', ['INVOKE', 'SHUTDOWN'])
  await scripted.allReady()
  const outcome = environment.invoke(invocation('r1'))
  scripted.answer('r1')
  scripted.next()
  await outcome
  environment.retire()
  await turns()
  assert.equal(gone(), 0)

  a.next()
  await turns()
  assert.equal(gone(), 1)
  await clock.advance(300)
  await turns()
  assert.equal((a.events.at(-1) as { shutdownReason: string }).shutdownReason, 'spindown')
})

test('one that is retired during its init lets the extensions that run end', async () => {
  const { environment, scripted, clock, gone, told } = await given(['a'])
  const a = scripted.register('a', ['SHUTDOWN'])
  a.next()
  environment.retire()
  assert.equal(gone(), 1)
  await clock.advance(300)
  await turns()
  assert.equal((a.events[0] as { shutdownReason: string }).shutdownReason, 'spindown')

  await clock.advance(1700)
  assert.equal(scripted.killed, true)
  assert.ok(!told().some((line) => line.startsWith('initReport')))
})

test('with an internal extension only, a runtime past its timeout has 500 ms after SIGTERM', async () => {
  const { environment, scripted, clock } = await given([])
  const own = scripted.register('own', ['INVOKE'])
  scripted.next()
  own.next()
  await turns()
  environment.invoke(invocation('r1'))
  await clock.advance(3000)
  await turns()
  assert.deepEqual([scripted.terminated, scripted.killed], [true, false])
  await clock.advance(499)
  assert.equal(scripted.killed, false)
  await clock.advance(1)
  await turns()
  assert.equal(scripted.killed, true)
})

test('where every external extension has ended, the runtime has 500 ms', async () => {
  const { environment, scripted, clock } = await given(['a'])
  scripted.register('a', ['SHUTDOWN'])
  const own = scripted.register('own', ['INVOKE'])
  own.next()
  await scripted.allReady()
  scripted.processEnds(1, 0)
  await turns()
  assert.deepEqual(scripted.told.slice(1), ['TERM 100'])
  await clock.advance(499)
  assert.equal(scripted.killed, false)
  await clock.advance(1)
  await turns()

  assert.equal(scripted.killed, true)
  assert.equal(environment.fn.name, 'f')
})
