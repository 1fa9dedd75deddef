import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/clock.ts'
import { createLogExpiry } from './expiry.ts'
import type { LogStore } from './store.ts'

const HOUR = 3_600_000

function expiryRig(counts: (number | Error)[]) {
  const clock = new VirtualClock()
  const faults: unknown[] = []
  const asked: number[] = []
  const removeExpired = async (now: number) => {
    asked.push(now)
    const count = counts.shift() ?? 0
    if (count instanceof Error) throw count
    return count
  }
  const reportFault = (error: unknown) => void faults.push(error)
  const expiry = createLogExpiry({ store: { removeExpired } as LogStore, clock, reportFault })
  return { expiry, clock, faults, asked, startedAt: clock.now() }
}

test('every hour what has expired is removed, until nothing is left of it', async () => {
  const { expiry, clock, asked, startedAt } = expiryRig([1000, 1000, 3])
  expiry.start()
  await clock.advance(HOUR)
  assert.deepEqual(asked, Array(4).fill(startedAt + HOUR))
  await clock.advance(HOUR)
  assert.equal(asked.length, 5)
  await expiry.stop()
  await clock.advance(HOUR)
  assert.equal(asked.length, 5)
})

test('a removal that fails is reported, and tried again an hour later', async () => {
  const { expiry, clock, faults, asked } = expiryRig([new Error('locked')])
  expiry.start()
  await clock.advance(2 * HOUR)
  assert.equal(faults.length, 1)
  assert.equal(asked.length, 2)
  await expiry.stop()
})
