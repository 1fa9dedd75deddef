import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FunctionVersion } from '../wire/function-version.ts'
import type { PlacementSettings } from './placement.ts'
import { begun, event, fn, MB, rejectsWith, SETTINGS, setup, UNLIMITED } from './testing.ts'

const SCALE = { min: 1, max: 10, provider: 'p', vcpusMax: 100 }
const ROOMY = { memoryBytes: 100_000 * MB, startingMax: 10 }

/** With two slots in each environment. */
const managed: FunctionVersion = { ...fn('f'), managed: { maxConcurrency: 2, vcpus: 1 } }

// AWS Lambda Developer Guide, "Lambda managed instances scaling".
describe('managed instances', () => {
  test('an environment takes as many invocations at once as it has slots', async () => {
    const { placement, worker } = await kept({ ...SCALE, max: 1 })
    for (const id of ['1', '2']) await begun(placement.invoke(managed, event(id), UNLIMITED))
    assert.deepEqual(worker.invocations(0), ['1', '2'])
    await rejectsWith(placement.invoke(managed, event('3'), UNLIMITED), 'ConcurrentInvocationLimitExceeded')
    worker.free(0)
    await begun(placement.invoke(managed, event('4'), UNLIMITED))
    assert.deepEqual(worker.invocations(0), ['1', '2', '4'])
  })

  test('the environment with the fewest invocations is taken', async () => {
    const { placement, worker } = await kept({ ...SCALE, min: 2 })
    for (const id of ['1', '2']) await begun(placement.invoke(managed, event(id), UNLIMITED))
    assert.deepEqual([worker.invocations(0), worker.invocations(1)], [['1'], ['2']])
  })

  test('where more than half of the slots are taken another environment is started, up to the most', async () => {
    const { placement, worker } = await kept({ ...SCALE, max: 2 })
    await begun(placement.invoke(managed, event('1'), UNLIMITED))
    assert.equal(worker.environments.length, 1)
    await begun(placement.invoke(managed, event('2'), UNLIMITED))
    assert.equal(worker.environments.length, 2)
    await worker.boot(1)
    for (const id of ['3', '4']) await begun(placement.invoke(managed, event(id), UNLIMITED))
    assert.equal(worker.environments.length, 2)
  })

  test('who comes before the first environment is ready waits for it', async () => {
    const { placement, worker } = setup(ROOMY)
    placement.keepManaged(managed, SCALE, () => {})
    const first = placement.invoke(managed, event('1'), UNLIMITED)
    await worker.boot(0)
    await begun(first)
    assert.deepEqual(worker.invocations(0), ['1'])
  })

  test('where init fails invocations are told so, and another is tried after a minute', async () => {
    const { placement, worker, clock } = setup(ROOMY)
    placement.keepManaged(managed, SCALE, () => {})
    const waiting = placement.invoke(managed, event('1'), UNLIMITED)
    worker.fail(0)
    worker.free(0)
    for (const outcome of [await waiting, await placement.invoke(managed, event('2'), UNLIMITED)])
      assert.equal(outcome.kind === 'platform-error' && outcome.code, 'ResourceNotReadyException')
    assert.deepEqual(placement.managed('f'), { allocated: 0, available: 0, failed: true })
    await clock.advance(59_000)
    assert.equal(worker.environments.length, 1)
    await clock.advance(2000)
    await worker.boot(1)
    assert.deepEqual(placement.managed('f'), { allocated: 1, available: 1, failed: false })
  })

  test('one that ends is replaced; one that ends before it served is not, for a minute', async () => {
    const { placement, worker } = await kept(SCALE)
    await begun(placement.invoke(managed, event('1'), UNLIMITED))
    worker.gone(0)
    assert.equal(worker.environments.length, 2)
    await worker.boot(1)
    worker.gone(1)
    assert.equal(worker.environments.length, 2)
    assert.equal(placement.managed('f').failed, true)
  })

  test('the processors of a capacity provider are the most that its functions get together', async () => {
    const { placement, worker } = await kept({ ...SCALE, min: 3, vcpusMax: 2 })
    assert.equal(worker.environments.length, 2)
    placement.keepManaged({ ...managed, revision: 'other' }, { ...SCALE, vcpusMax: 2 }, () => {})
    assert.equal(worker.environments.length, 2)
    placement.keepManaged({ ...managed, revision: 'third' }, { ...SCALE, provider: 'q' }, () => {})
    assert.equal(worker.environments.length, 3)
  })

  test('idle ones go after the idle time, and the least stay', async () => {
    const { placement, worker, clock } = await kept({ ...SCALE, min: 2 })
    placement.start()
    placement.keepManaged(managed, SCALE, () => {})
    await clock.advance(SETTINGS.idleMs * 1.2)
    assert.deepEqual(placement.managed('f'), { allocated: 1, available: 1, failed: false })
    placement.stop()
    assert.equal(
      worker.environments.every(({ retired }) => retired),
      true,
    )
  })

  test('fewer at most let the surplus go', async () => {
    const { placement } = await kept({ ...SCALE, min: 3 })
    placement.keepManaged(managed, { ...SCALE, max: 1 }, () => {})
    assert.equal(placement.managed('f').allocated, 1)
  })

  test('they leave the last environment of the host to others, and count no concurrency', async () => {
    const { placement, worker } = await kept({ ...SCALE, min: 5 }, { environmentsMax: 3 })
    assert.equal(worker.environments.length, 2)
    await begun(placement.invoke(managed, event('1'), { reserved: undefined, unreserved: 0 }))
    assert.deepEqual(worker.invocations(0), ['1'])
  })

  test('a retired version has none, and starts none', async () => {
    const { placement, worker } = await kept(SCALE)
    placement.retire('f')
    assert.equal(worker.environments[0]?.retired, true)
    const outcome = await placement.invoke(managed, event('1'), UNLIMITED)
    assert.equal(outcome.kind, 'platform-error')
    assert.equal(worker.environments.length, 1)
  })
})

async function kept(scale: typeof SCALE, settings: Partial<PlacementSettings> = {}) {
  const all = setup({ ...ROOMY, ...settings })
  all.placement.keepManaged(managed, scale, () => {})
  for (let index = 0; index < all.worker.environments.length; index++) await all.worker.boot(index)
  return all
}
