import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../../base/clock.ts'
import { Throttle } from './throttle.ts'

test('so many a second go; the others are told moments that lie apart', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle(clock)
  const began = clock.now()
  const ask = () => throttle.postponedUntil('s', 4)
  assert.equal(ask(), undefined)
  assert.deepEqual([ask(), ask(), ask()], [began + 250, began + 500, began + 750])
  assert.equal(throttle.postponedUntil('another', 4), undefined)
  await clock.advance(250)
  assert.equal(ask(), undefined)
  await clock.advance(60_000)
  // Rest is not saved up for more than a second.
  assert.equal(Array.from({ length: 20 }, ask).filter((at) => at === undefined).length, 5)
})
