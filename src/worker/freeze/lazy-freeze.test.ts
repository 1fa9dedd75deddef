import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/clock.ts'
import { LazyFreeze } from './lazy-freeze.ts'

function setup() {
  const clock = new VirtualClock()
  const did: string[] = []
  const freezable = {
    cgroups: [],
    started: () => {},
    freeze: () => void did.push('freeze'),
    thaw: () => void did.push('thaw'),
    remove: async () => {},
  }
  return { clock, did, lazy: new LazyFreeze(freezable, { afterMs: 20, clock }) }
}

test('an environment is frozen once it has rested for its time, and thawed by what wakes it', async () => {
  const { clock, did, lazy } = setup()
  lazy.rest()
  await clock.advance(19)
  assert.deepEqual(did, [])
  await clock.advance(1)
  assert.deepEqual(did, ['freeze'])

  lazy.wake()
  assert.deepEqual(did, ['freeze', 'thaw'])
  await clock.advance(1000)
  assert.deepEqual(did, ['freeze', 'thaw'])
})

test('warm traffic freezes nothing, and the time counts from the last rest', async () => {
  const { clock, did, lazy } = setup()
  for (let i = 0; i < 50; i++) {
    lazy.wake()
    await clock.advance(3)
    lazy.rest()
    await clock.advance(7)
  }
  assert.deepEqual(did, [])
  await clock.advance(12)
  assert.deepEqual(did, [])
  await clock.advance(1)
  assert.deepEqual(did, ['freeze'])
})

test('at its end it is thawed, and not frozen again', async () => {
  const { clock, did, lazy } = setup()
  lazy.rest()
  await clock.advance(20)
  lazy.end()
  lazy.rest()
  await clock.advance(100)
  assert.deepEqual(did, ['freeze', 'thaw'])
})
