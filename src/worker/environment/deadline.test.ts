import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/clock.ts'
import { Deadline } from './deadline.ts'

function rig() {
  const clock = new VirtualClock()
  const passed: number[] = []
  const began = clock.now()
  return { clock, passed, deadline: new Deadline(clock, () => passed.push(clock.now() - began)) }
}

test('a deadline passes once, when it has come', async () => {
  const { clock, passed, deadline } = rig()
  deadline.set(100)
  await clock.advance(99)
  assert.deepEqual(passed, [])
  await clock.advance(500)
  assert.deepEqual(passed, [100])
})

test('one that was cleared never does, and leaves nothing to the next', async () => {
  const { clock, passed, deadline } = rig()
  for (let n = 0; n < 30; n++) {
    deadline.set(100)
    await clock.advance(10)
    deadline.clear()
  }
  await clock.advance(1000)
  assert.deepEqual(passed, [])
  deadline.set(100)
  await clock.advance(200)
  assert.deepEqual(passed, [1400])
})

test('the last that was set counts, be it sooner or later', async () => {
  const { clock, passed, deadline } = rig()
  deadline.set(1000)
  deadline.set(50)
  await clock.advance(60)
  assert.deepEqual(passed, [50])
  deadline.set(50)
  deadline.set(300)
  await clock.advance(1000)
  assert.deepEqual(passed, [50, 360])
})

test('after its end nothing waits', async () => {
  const { clock, passed, deadline } = rig()
  deadline.set(100)
  deadline.end()
  await clock.advance(200)
  assert.deepEqual(passed, [])
})
