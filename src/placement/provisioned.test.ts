import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PlacementSettings } from './placement.ts'
import {
  begun,
  event,
  fn,
  MB,
  rejectsWith,
  type ScriptedWorker,
  SETTINGS,
  setup,
  UNLIMITED,
} from './testing.ts'

describe('provisioned concurrency', () => {
  test('environments start ahead of invocations, as such, and take them first', async () => {
    const { placement, worker } = await provisioned(2)
    assert.deepEqual(typesOf(worker), ['provisioned-concurrency', 'provisioned-concurrency'])
    assert.deepEqual(placement.provisioned('f'), { allocated: 2, available: 2, failed: false })
    await begun(placement.invoke(fn('f'), event('1'), UNLIMITED))
    assert.equal(worker.environments.length, 2)
  })

  test('what is more than they can take spills over to environments on demand', async () => {
    const { placement, worker } = await provisioned(1)
    void placement.invoke(fn('f'), event('1'), UNLIMITED)
    void placement.invoke(fn('f'), event('2'), UNLIMITED)
    assert.deepEqual(typesOf(worker), ['provisioned-concurrency', 'on-demand'])
  })

  test('each change of what there is is told', async () => {
    const { placement, worker } = setup()
    const told: string[] = []
    placement.provision(fn('f'), 2, () => {
      const { allocated, available } = placement.provisioned('f')
      told.push(`${available} of ${allocated}`)
    })
    await worker.boot(0)
    await worker.boot(1)
    assert.deepEqual(told, ['0 of 1', '0 of 2', '1 of 2', '2 of 2'])
  })

  test('they stay when they are idle for long', async () => {
    const { placement, worker, clock } = await provisioned(1)
    placement.start()
    await clock.advance(SETTINGS.idleMs * 2)
    assert.equal(worker.environments[0]?.retired, false)
    placement.stop()
    assert.equal(worker.environments[0]?.retired, true)
  })

  test('neither memory that is needed nor the limit of environments takes them', async () => {
    const { placement, worker, clock } = await provisioned(2, { environmentsMax: 3 })
    void placement.invoke(fn('g'), event('1'), UNLIMITED)
    await worker.boot(2)
    worker.available = 10 * MB
    await clock.advance(2000)
    void placement.invoke(fn('h'), event('2'), UNLIMITED)
    assert.deepEqual(
      worker.environments.map(({ retired }) => retired),
      [false, false, false],
    )
  })

  test('the last environment of the host is left to invocations of others', async () => {
    const { placement, worker } = await provisioned(2, { environmentsMax: 2 })
    assert.deepEqual(placement.provisioned('f'), { allocated: 1, available: 1, failed: false })
    void placement.invoke(fn('g'), event('1'), UNLIMITED)
    assert.equal(worker.environments[1]?.fn.name, 'g')
  })

  test('one that is lost is replaced', async () => {
    const { placement, worker, clock } = await provisioned(1)
    await clock.advance(1500)
    worker.gone(0)
    assert.deepEqual(placement.provisioned('f'), { allocated: 1, available: 0, failed: false })
    await worker.boot(1)
    assert.deepEqual(placement.provisioned('f'), { allocated: 1, available: 1, failed: false })
  })

  test('one that ends as soon as it is initialised is not replaced at once, for ever', async () => {
    const { placement, worker, clock } = await provisioned(1)
    worker.gone(0)
    assert.deepEqual(placement.provisioned('f'), { allocated: 0, available: 0, failed: true })
    await clock.advance(61_000)
    assert.equal(worker.environments.length, 2)
  })

  test('one whose runtime failed under an invocation is replaced, not initialised again by the next', async () => {
    const { placement, worker } = await provisioned(1)
    const first = placement.invoke(fn('f'), event('1'), UNLIMITED)
    await begun(first)
    worker.fail(0)
    worker.answer(0)
    worker.free(0)
    await first
    assert.equal(worker.environments[0]?.retired, true)
    assert.deepEqual(typesOf(worker), ['provisioned-concurrency', 'provisioned-concurrency'])
  })

  test('where init fails no other is started for a minute, and then one is', async () => {
    const { placement, worker, clock } = setup()
    placement.provision(fn('f'), 5, () => {})
    worker.fail(0)
    worker.fail(1)
    worker.free(0)
    worker.free(1)
    assert.deepEqual(placement.provisioned('f'), { allocated: 0, available: 0, failed: true })
    await clock.advance(59_000)
    assert.equal(worker.environments.length, 2)
    await clock.advance(2000)
    await worker.boot(2)
    assert.equal(placement.provisioned('f').failed, false)
    assert.ok(placement.provisioned('f').available > 0)
    placement.stop()
  })

  test('fewer let the surplus go: at once those that are free, the others when they are done', async () => {
    const { placement, worker } = await provisioned(2)
    const running = placement.invoke(fn('f'), event('1'), UNLIMITED)
    await begun(running)
    placement.provision(fn('f'), 0, () => {})
    assert.deepEqual(
      worker.environments.map(({ retired }) => retired),
      [true, false],
    )
    worker.answer(1)
    worker.free(1)
    await running
    assert.deepEqual(
      worker.environments.map(({ retired }) => retired),
      [true, true],
    )
    assert.deepEqual(placement.provisioned('f'), { allocated: 0, available: 0, failed: false })
  })

  test('a retired revision has none', async () => {
    const { placement, worker } = await provisioned(1)
    placement.retire('f')
    assert.equal(worker.environments[0]?.retired, true)
    assert.equal(worker.environments.length, 1)
  })

  test('they are no part of what functions without a reservation share', async () => {
    const { placement, worker } = await provisioned(1)
    const none = { reserved: undefined, unreserved: 0 }
    await begun(placement.invoke(fn('f'), event('1'), none))
    assert.deepEqual(worker.invocations(0), ['1'])
    await rejectsWith(placement.invoke(fn('f'), event('2'), none), 'ConcurrentInvocationLimitExceeded')
  })

  test('they are part of what the function has reserved', async () => {
    const { placement } = await provisioned(1)
    const two = { reserved: 2, unreserved: 900 }
    void placement.invoke(fn('f'), event('1'), two)
    void placement.invoke(fn('f'), event('2'), two)
    await rejectsWith(
      placement.invoke(fn('f'), event('3'), two),
      'ReservedFunctionConcurrentInvocationLimitExceeded',
    )
  })
})

async function provisioned(wanted: number, settings: Partial<PlacementSettings> = {}) {
  const all = setup(settings)
  all.placement.provision(fn('f'), wanted, () => {})
  for (let index = 0; index < all.worker.environments.length; index++) await all.worker.boot(index)
  return all
}

function typesOf({ environments }: ScriptedWorker): string[] {
  return environments.map(({ initializationType }) => initializationType)
}
