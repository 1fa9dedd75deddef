import assert from 'node:assert/strict'
import { test } from 'node:test'
import { realClock } from './clock.ts'
import { EventLoopLoad } from './event-loop.ts'

test('an event loop without rest is saturated, one that waits is not', async () => {
  const load = new EventLoopLoad(realClock)
  await work(60)
  assert.equal(load.isSaturated, true)
  await realClock.sleep(60)
  assert.equal(load.isSaturated, false)
})

/** Uses the processor for so long, turn after turn of the event loop. */
async function work(ms: number): Promise<void> {
  for (const until = realClock.elapsed() + ms; realClock.elapsed() < until; ) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}
