import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, realClock } from './clock.ts'
import { Saturation } from './saturation.ts'

test('an event loop without rest is saturated', async () => {
  const saturation = new Saturation(realClock)
  for (const until = realClock.elapsed() + 150; realClock.elapsed() < until; ) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(saturation.isSaturated, true)
})

test('what was seen is told until it is a tenth of a second old', () => {
  let now = 0
  const saturation = new Saturation({ elapsed: () => now } as Clock)
  now = 99
  assert.equal(saturation.isSaturated, false)
  // Nothing but this has run: the loop never came to rest.
  now = 100
  const seen = saturation.isSaturated
  now = 150
  assert.equal(saturation.isSaturated, seen)
})
