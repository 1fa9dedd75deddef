import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PlacementSettings } from './placement.ts'
import { begun, event, fn, MB, rejectsWith, retiredOf, SETTINGS, setup, UNLIMITED, warm } from './testing.ts'

describe('placement', () => {
  test('a second invocation takes the environment of the first', async () => {
    const { placement, worker } = setup()
    const first = placement.invoke(fn('f'), event('1'), UNLIMITED)
    await worker.boot(0)
    worker.answer(0)
    worker.free(0)
    await first
    await begun(placement.invoke(fn('f'), event('2'), UNLIMITED))
    assert.deepEqual(worker.invocations(0), ['1', '2'])
    assert.equal(worker.environments.length, 1)
  })

  test('an environment never serves another revision of its function', async () => {
    const { placement, worker } = setup()
    const first = placement.invoke(fn('f', 'old'), event('1'), UNLIMITED)
    await worker.boot(0)
    worker.answer(0)
    worker.free(0)
    await first
    await begun(placement.invoke(fn('f', 'new'), event('2'), UNLIMITED))
    assert.equal(worker.environments.length, 2)
  })

  test('an environment never serves another tenant, whichever becomes free', async () => {
    const { placement, worker } = setup()
    const blue = placement.invoke(fn('f'), event('1', 'blue'), UNLIMITED)
    await worker.boot(0)
    const green = placement.invoke(fn('f'), event('2', 'green'), UNLIMITED)
    worker.answer(0)
    worker.free(0)
    await blue
    await worker.boot(1)
    worker.answer(1)
    worker.free(1)
    await green
    await begun(placement.invoke(fn('f'), event('3', 'blue'), UNLIMITED))
    assert.deepEqual([worker.invocations(0), worker.invocations(1)], [['1', '3'], ['2']])
  })

  test("a retired revision lets go of every tenant's environments", async () => {
    const { placement, worker } = setup()
    for (const [index, tenant] of ['blue', 'green'].entries()) {
      const outcome = placement.invoke(fn('f'), event('1', tenant), UNLIMITED)
      await worker.boot(index)
      worker.answer(index)
      worker.free(index)
      await outcome
    }
    placement.retire('f')
    assert.deepEqual(retiredOf(worker), ['f', 'f'])
    assert.equal(placement.counts().environments, 0)
  })

  test('invocations at the same time get environments of their own', async () => {
    const { placement, worker } = setup()
    const both = [1, 2].map((n) => placement.invoke(fn('f'), event(`${n}`), UNLIMITED))
    await worker.boot(0)
    await worker.boot(1)
    worker.answer(0)
    worker.answer(1)
    await Promise.all(both)
    assert.deepEqual([worker.invocations(0), worker.invocations(1)], [['1'], ['2']])
  })

  test('an invocation that waits takes an environment that becomes free before its own has started', async () => {
    const { placement, worker } = setup()
    const first = placement.invoke(fn('f'), event('1'), UNLIMITED)
    await worker.boot(0)
    const second = placement.invoke(fn('f'), event('2'), UNLIMITED)
    assert.equal(worker.environments.length, 2)
    worker.answer(0)
    worker.free(0)
    await first
    await begun(second)
    assert.deepEqual(worker.invocations(0), ['1', '2'])
  })

  test('where environments are fast, a short queue is waited for instead of a cold start', async () => {
    const { placement, worker, clock } = setup()
    await warm(placement, worker, clock)
    const running = placement.invoke(fn('f'), event('2'), UNLIMITED)
    const waiting = placement.invoke(fn('f'), event('3'), UNLIMITED)
    assert.equal(worker.environments.length, 1)
    worker.answer(0)
    worker.free(0)
    await running
    await begun(waiting)
    assert.deepEqual(worker.invocations(0), ['1', '2', '3'])
  })

  test('where the fast environment turns slow, another is started after all', async () => {
    const { placement, worker, clock } = setup()
    await warm(placement, worker, clock)
    void placement.invoke(fn('f'), event('2'), UNLIMITED)
    void placement.invoke(fn('f'), event('3'), UNLIMITED)
    await clock.advance(25)
    assert.equal(worker.environments.length, 2)
  })

  test('no more than there are start at once where the fast ones stand still: it may be the machine', async () => {
    const { placement, worker, clock } = setup({ startingMax: 10 })
    await warm(placement, worker, clock)
    for (let n = 2; n < 10; n++) void placement.invoke(fn('f'), event(`${n}`), UNLIMITED)
    await clock.advance(25)
    assert.equal(worker.environments.length, 2)
    await clock.advance(25)
    assert.equal(worker.environments.length, 3)
  })

  test('the first invocation of an environment, which is slow, does not count once there is another', async () => {
    const { placement, worker, clock } = setup({ startingMax: 1 })
    const outcomes = [1, 2, 3, 4, 5].map((n) => placement.invoke(fn('f'), event(`${n}`), UNLIMITED))
    await clock.advance(30)
    await worker.boot(0)
    await clock.advance(60)
    worker.answer(0)
    worker.free(0)
    await begun(outcomes[1] ?? assert.fail())
    await clock.advance(1)
    worker.answer(0)
    worker.free(0)
    await begun(outcomes[2] ?? assert.fail())
    await worker.boot(1)
    assert.deepEqual([worker.invocations(0), worker.invocations(1)], [['1', '2', '3'], ['4']])
    assert.equal(worker.environments.length, 2)
  })

  test('a look that comes late starts nothing: environments had no time either', async () => {
    const { placement, worker, clock } = setup()
    await warm(placement, worker, clock)
    void placement.invoke(fn('f'), event('2'), UNLIMITED)
    void placement.invoke(fn('f'), event('3'), UNLIMITED)
    const elapsed = clock.elapsed.bind(clock)
    clock.elapsed = () => elapsed() + 100
    await clock.advance(25)
    assert.equal(worker.environments.length, 1)
    await clock.advance(25)
    assert.equal(worker.environments.length, 2)
  })

  test('where the daemon itself is what is waited for, a start that would be fast is put off', async () => {
    let isSaturated = true
    const { placement, worker, clock } = setup({}, () => isSaturated)
    await warm(placement, worker, clock, 2)
    void placement.invoke(fn('f'), event('2'), UNLIMITED)
    for (let n = 3; n < 7; n++) void placement.invoke(fn('f'), event(`${n}`), UNLIMITED)
    assert.equal(worker.environments.length, 1)
    isSaturated = false
    void placement.invoke(fn('f'), event('7'), UNLIMITED)
    assert.equal(worker.environments.length > 1, true)
  })

  test('a client that calls again while its environment is settling gets the same one', async () => {
    const { placement, worker } = setup()
    const first = placement.invoke(fn('f'), event('1'), UNLIMITED)
    await worker.boot(0)
    worker.answer(0)
    await first
    const second = placement.invoke(fn('f'), event('2'), UNLIMITED)
    worker.free(0)
    await begun(second)
    assert.deepEqual(worker.invocations(0), ['1', '2'])
    assert.equal(worker.environments.length, 1)
  })

  test('no more environments start at once than the host can bear; the others follow', async () => {
    const { placement, worker } = setup()
    for (let n = 0; n < 5; n++) void placement.invoke(fn('f'), event(`${n}`), UNLIMITED)
    assert.equal(worker.environments.length, 2)
    await worker.boot(0)
    assert.equal(worker.environments.length, 3)
  })

  test('at the limit of environments the one that was idle longest gives way', async () => {
    const { placement, worker, clock } = setup({ environmentsMax: 1 })
    await warm(placement, worker, clock)
    void placement.invoke(fn('g'), event('2'), UNLIMITED)
    assert.equal(worker.environments[0]?.retired, true)
    assert.equal(worker.environments[1]?.fn.name, 'g')
    assert.equal(worker.environments.length, 2)
  })

  test('at the limit, with all at work, an invocation waits and starts when one has gone', async () => {
    const { placement, worker } = setup({ environmentsMax: 1 })
    void placement.invoke(fn('f'), event('1'), UNLIMITED)
    await worker.boot(0)
    void placement.invoke(fn('g'), event('2'), UNLIMITED)
    assert.equal(worker.environments.length, 1)
    worker.gone(0)
    assert.equal(worker.environments.length, 2)
  })

  test('environments without work are let go after the idle time', async () => {
    const { placement, worker, clock } = setup()
    placement.start()
    await warm(placement, worker, clock)
    await clock.advance(SETTINGS.idleMs * 1.2)
    assert.equal(worker.environments[0]?.retired, true)
    assert.deepEqual(placement.counts(), { environments: 0, idle: 0, starting: 0, waiting: 0 })
    placement.stop()
  })

  test('a retired revision lets go of what is idle at once, and of what is at work when it is done', async () => {
    const { placement, worker } = setup()
    const first = placement.invoke(fn('f'), event('1'), UNLIMITED)
    await worker.boot(0)
    placement.retire('f')
    assert.equal(worker.environments[0]?.retired, false)
    worker.answer(0)
    worker.free(0)
    await first
    assert.equal(worker.environments[0]?.retired, true)
    assert.equal(placement.counts().environments, 0)
  })

  test('an invocation that waits for a retired revision is still served', async () => {
    const { placement, worker } = setup()
    const first = placement.invoke(fn('f'), event('1'), UNLIMITED)
    placement.retire('f')
    await worker.boot(0)
    worker.answer(0)
    assert.equal((await first).kind, 'success')
  })
})

describe('concurrency', () => {
  test('beyond its reserved concurrency a function is throttled with that reason', async () => {
    const { placement } = setup()
    const limits = { reserved: 1, unreserved: 900 }
    void placement.invoke(fn('f'), event('1'), limits)
    await rejectsWith(
      placement.invoke(fn('f'), event('2'), limits),
      'ReservedFunctionConcurrentInvocationLimitExceeded',
    )
  })

  test('a reservation of zero throttles every invocation', async () => {
    const { placement, worker } = setup()
    const limits = { reserved: 0, unreserved: 900 }
    await rejectsWith(
      placement.invoke(fn('f'), event('1'), limits),
      'ReservedFunctionConcurrentInvocationLimitExceeded',
    )
    assert.equal(worker.environments.length, 0)
  })

  test("functions without a reservation share the account's pool", async () => {
    const { placement } = setup()
    const limits = { reserved: undefined, unreserved: 1 }
    void placement.invoke(fn('f'), event('1'), limits)
    await rejectsWith(placement.invoke(fn('g'), event('2'), limits), 'ConcurrentInvocationLimitExceeded')
  })

  test('a slot is given back when the environment is free again, and when it is gone', async () => {
    const { placement, worker } = setup()
    const limits = { reserved: 1, unreserved: 900 }
    const first = placement.invoke(fn('f'), event('1'), limits)
    await worker.boot(0)
    worker.answer(0)
    worker.free(0)
    await first
    const second = placement.invoke(fn('f'), event('2'), limits)
    worker.answer(0)
    await second
    worker.gone(0)
    await begun(placement.invoke(fn('f'), event('3'), limits))
  })

  test('more waiting invocations than the bound are throttled', async () => {
    const { placement } = setup({ waitingMax: 1 })
    void placement.invoke(fn('f'), event('1'), UNLIMITED)
    await rejectsWith(placement.invoke(fn('f'), event('2'), UNLIMITED), 'ConcurrentInvocationLimitExceeded')
  })
})

describe('placement within the memory of the host', () => {
  test('where there is no room for another, the environment that was idle longest gives way', async () => {
    const { placement, worker } = await threeIdle({ memoryBytes: 130 * MB })

    void placement.invoke(fn('new'), event('1'), UNLIMITED)

    assert.deepEqual(retiredOf(worker), ['a'])
    assert.equal(worker.environments.at(-1)?.fn.name, 'new')
  })

  test('environments that grow past what all may have make idle ones give way, longest idle first', async () => {
    const { worker, clock } = await threeIdle({ memoryBytes: 300 * MB })
    worker.megabytesEach = 120
    await clock.advance(1000)
    assert.deepEqual(retiredOf(worker), ['a'])

    worker.megabytesEach = 200
    await clock.advance(1000)
    assert.deepEqual(retiredOf(worker), ['a', 'b'])
  })

  test('what other programs use makes idle environments give way, too, and no more than that needs', async () => {
    const { worker, clock } = await threeIdle({})
    worker.available = 30 * MB // of 100 that are to stay free: 70 are wanted back, and each holds 40
    await clock.advance(1000)
    assert.deepEqual(retiredOf(worker), ['a', 'b'])
  })

  test('environments at work are left alone, and who waits for room gets it when one is done', async () => {
    const { placement, worker } = setup({ memoryBytes: 50 * MB })
    const first = placement.invoke(fn('f'), event('1'), UNLIMITED)
    await worker.boot(0)
    void placement.invoke(fn('g'), event('2'), UNLIMITED)
    assert.equal(worker.environments.length, 1)

    worker.answer(0)
    worker.free(0)
    await first
    assert.deepEqual(retiredOf(worker), ['f'])
    assert.equal(worker.environments[1]?.fn.name, 'g')
  })

  test('who waits for room gets it, too, when others give memory back', async () => {
    const { placement, worker, clock } = setup()
    worker.available = 90 * MB
    void placement.invoke(fn('f'), event('1'), UNLIMITED)
    await worker.boot(0)
    void placement.invoke(fn('g'), event('2'), UNLIMITED)
    await clock.advance(1000)
    assert.equal(worker.environments.length, 1)

    worker.available = 10_000 * MB
    await clock.advance(1000)
    assert.equal(worker.environments.length, 2)
  })

  test('one environment runs however little memory there is', async () => {
    const { placement, worker } = setup()
    worker.available = 0
    void placement.invoke(fn('f'), event('1'), UNLIMITED)
    assert.equal(worker.environments.length, 1)
  })

  test('warm invocations do not measure, nor does a host without environments', async () => {
    const { placement, worker, clock } = await threeIdle({})
    const before = worker.asked
    for (let i = 0; i < 100; i++) {
      const warm = placement.invoke(fn('c'), event(`${i}`), UNLIMITED)
      worker.answer(2)
      worker.free(2)
      await warm
    }
    assert.equal(worker.asked, before)

    for (const name of ['a', 'b', 'c']) placement.retire(name)
    await clock.advance(1000)
    const since = worker.asked
    await clock.advance(60_000)
    assert.equal(worker.asked, since)
  })
})

/** Environments of a, b and c, idle since one after the other. */
async function threeIdle(settings: Partial<PlacementSettings>) {
  const all = setup(settings)
  const { placement, worker, clock } = all
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    const outcome = placement.invoke(fn(name), event('0'), UNLIMITED)
    await worker.boot(index)
    worker.answer(index)
    worker.free(index)
    await outcome
    await clock.advance(150)
  }
  return all
}
