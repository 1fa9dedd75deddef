import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Placement } from './placement.ts'
import { event, fn, MB, rejectsWith, type ScriptedWorker, setup, UNLIMITED } from './testing.ts'

describe('requests a second', () => {
  test('ten for each unit of reserved concurrency, however short they are', async () => {
    const { placement, worker, clock } = setup({ requestsPerSecond: 10 })
    const limits = { reserved: 2, unreserved: 900 }
    await first(placement, worker, limits)
    for (let n = 2; n <= 20; n++) await next(placement, worker, limits)
    await rejectsWith(
      placement.invoke(fn('f'), event('21'), limits),
      'ReservedFunctionInvocationRateLimitExceeded',
    )
    await clock.advance(1000)
    await next(placement, worker, limits)
  })

  test('all functions without a reservation share ten for each unit that is unreserved', async () => {
    const { placement, worker, clock } = setup({ requestsPerSecond: 10 })
    const limits = { reserved: undefined, unreserved: 1 }
    await first(placement, worker, limits)
    for (let n = 2; n <= 10; n++) await next(placement, worker, limits)
    await rejectsWith(placement.invoke(fn('g'), event('11'), limits), 'FunctionInvocationRateLimitExceeded')
    await clock.advance(1000)
    await next(placement, worker, limits)
  })

  test('who is refused holds no concurrency', async () => {
    const { placement, worker, clock } = setup({ requestsPerSecond: 1 })
    const limits = { reserved: 1, unreserved: 900 }
    await first(placement, worker, limits)
    for (let n = 0; n < 3; n++) await assert.rejects(placement.invoke(fn('f'), event('2'), limits))
    await clock.advance(1000)
    await next(placement, worker, limits)
  })

  test('beyond ten for each provisioned environment invocations run on demand', async () => {
    const { placement, worker } = setup({ requestsPerSecond: 10 })
    placement.provision(fn('f'), 1, () => {})
    await worker.boot(0)
    for (let n = 1; n <= 10; n++) await next(placement, worker, UNLIMITED)
    void placement.invoke(fn('f'), event('11'), UNLIMITED)
    assert.deepEqual(
      worker.environments.map(({ initializationType }) => initializationType),
      ['provisioned-concurrency', 'on-demand'],
    )
  })

  test('asynchronous invocations have no rate', async () => {
    const { placement, worker } = setup({ requestsPerSecond: 1 })
    const limits = { reserved: 1, unreserved: 900, anyRate: true } as const
    await first(placement, worker, limits)
    for (let n = 2; n <= 20; n++) await next(placement, worker, limits)
  })

  test('0 is no limit', async () => {
    const { placement, worker } = setup({ requestsPerSecond: 0 })
    const limits = { reserved: 1, unreserved: 900 }
    await first(placement, worker, limits)
    for (let n = 2; n <= 50; n++) await next(placement, worker, limits)
  })
})

describe('the scaling rate', () => {
  const fast = { startsPerTenSeconds: 4, environmentsMax: 100, startingMax: 2, memoryBytes: 100_000 * MB }

  test('a function that grows faster is throttled, with the reason of its concurrency', async () => {
    const { placement, worker } = setup(fast)
    for (let n = 0; n < 4; n++) void placement.invoke(fn('f'), event(`${n}`), UNLIMITED)
    await rejectsWith(placement.invoke(fn('f'), event('5'), UNLIMITED), 'ConcurrentInvocationLimitExceeded')
    await rejectsWith(
      placement.invoke(fn('f'), event('5'), { reserved: 50, unreserved: 900 }),
      'ReservedFunctionConcurrentInvocationLimitExceeded',
    )
    for (let n = 0; n < 4; n++) await worker.boot(n)
    assert.equal(worker.environments.length, 4)
  })

  test('it is each function by itself', async () => {
    const { placement, worker } = setup({ ...fast, startingMax: 100 })
    for (const name of ['f', 'g'])
      for (let n = 0; n < 4; n++) void placement.invoke(fn(name), event(`${n}`), UNLIMITED)
    assert.equal(worker.environments.length, 8)
  })

  test('it refills over ten seconds, bit by bit', async () => {
    const { placement, worker, clock } = setup({ ...fast, startingMax: 100 })
    for (let n = 0; n < 4; n++) void placement.invoke(fn('f'), event(`${n}`), UNLIMITED)
    await clock.advance(2499)
    await assert.rejects(placement.invoke(fn('f'), event('5'), UNLIMITED))
    await clock.advance(1)
    void placement.invoke(fn('f'), event('5'), UNLIMITED)
    assert.equal(worker.environments.length, 5)
    await assert.rejects(placement.invoke(fn('f'), event('6'), UNLIMITED))
    await clock.advance(60_000)
    for (let n = 0; n < 4; n++) void placement.invoke(fn('f'), event(`${n}`), UNLIMITED)
    await assert.rejects(placement.invoke(fn('f'), event('6'), UNLIMITED))
    assert.equal(worker.environments.length, 9)
  })

  test('what is provisioned does not count', async () => {
    const { placement, worker } = setup({ ...fast, startingMax: 100 })
    placement.provision(fn('f'), 10, () => {})
    for (let n = 0; n < 10; n++) await worker.boot(n)
    for (let n = 0; n < 14; n++) void placement.invoke(fn('f'), event(`${n}`), UNLIMITED)
    assert.equal(worker.environments.length, 14)
  })
})

type Limits = Parameters<Placement['invoke']>[2]

async function first(placement: Placement, worker: ScriptedWorker, limits: Limits): Promise<void> {
  const outcome = placement.invoke(fn('f'), event('1'), limits)
  await worker.boot(0)
  worker.answer(0)
  worker.free(0)
  await outcome
}

/** One that takes no time, in the environment that is there. */
async function next(placement: Placement, worker: ScriptedWorker, limits: Limits): Promise<void> {
  const outcome = placement.invoke(fn('f'), event('n'), limits)
  worker.answer(0)
  worker.free(0)
  await outcome
}
