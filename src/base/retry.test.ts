import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from './clock.ts'
import { seededRandom } from './random.ts'
import { backoffMs, type RetryOptions, retry } from './retry.ts'

const options = (clock: VirtualClock, more: Partial<RetryOptions> = {}): RetryOptions => ({
  clock,
  random: seededRandom('retry'),
  attempts: 3,
  baseMs: 100,
  maxMs: 1000,
  isTransient: () => true,
  ...more,
})

test('what succeeds at once is not tried again', async () => {
  let runs = 0
  assert.equal(await retry(async () => ++runs, options(new VirtualClock())), 1)
})

test('what fails for a while is tried again, after a wait', async () => {
  const clock = new VirtualClock()
  const attempts: number[] = []
  const result = retry(async (attempt) => {
    attempts.push(attempt)
    if (attempt < 3) throw new Error('not yet')
    return 'done'
  }, options(clock))
  await clock.advance(0)
  assert.deepEqual(attempts, [1])
  await clock.advance(300)
  assert.equal(await result, 'done')
  assert.deepEqual(attempts, [1, 2, 3])
})

test('the last error is thrown when the attempts are used up', async () => {
  const clock = new VirtualClock()
  const result = retry(async (attempt) => {
    throw new Error(`failure ${attempt}`)
  }, options(clock))
  const refused = assert.rejects(result, /failure 3/)
  await clock.advance(10_000)
  await refused
})

test('what is not transient is thrown at once', async () => {
  let runs = 0
  const result = retry(
    async () => {
      runs++
      throw new Error('for good')
    },
    options(new VirtualClock(), { isTransient: () => false }),
  )
  await assert.rejects(result, /for good/)
  assert.equal(runs, 1)
})

test('a signal ends the waiting', async () => {
  const controller = new AbortController()
  const result = retry(
    async () => {
      throw new Error('again')
    },
    options(new VirtualClock(), { signal: controller.signal }),
  )
  controller.abort(new Error('stopped'))
  await assert.rejects(result, /stopped/)
})

test('waits double up to their limit, and are drawn from all of their range', () => {
  const waits = { baseMs: 100, maxMs: 350, random: { ...seededRandom('x'), fraction: () => 0.5 } }
  assert.deepEqual(
    [1, 2, 3, 4, 60].map((attempt) => backoffMs(attempt, waits)),
    [50, 100, 175, 175, 175],
  )
})
