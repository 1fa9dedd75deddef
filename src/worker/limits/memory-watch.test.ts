import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/clock.ts'
import type { Limits } from './limits.ts'
import { MemoryWatch } from './memory-watch.ts'

const MB = 2 ** 20

test('a function that grows past its memory is told once, and its peak is what it has', async () => {
  const { watch, use, clock, exceeded } = given()
  watch.start()
  use(100 * MB)
  await clock.advance(1000)
  assert.equal(exceeded(), 0)

  use(129 * MB)
  await clock.advance(1000)

  assert.equal(exceeded(), 1)
  assert.equal(watch.exceeded, true)
  assert.equal(watch.peakMb(), 128)
})

test('what rests is not looked at', async () => {
  const { watch, clock, looks } = given()
  watch.start()
  await clock.advance(400)
  assert.equal(looks(), 2)
  watch.stop()
  await clock.advance(10_000)
  assert.equal(looks(), 2)

  watch.start()
  watch.start()
  await clock.advance(200)
  assert.equal(looks(), 3)
})

test('the peak is looked at for a report, but not more than every 100 ms', async () => {
  const { watch, use, clock, looks } = given()
  use(30 * MB)
  assert.equal(watch.peakMb(), 30)
  use(40 * MB)
  assert.equal(watch.peakMb(), 30)
  assert.equal(looks(), 1)

  await clock.advance(101)
  assert.equal(watch.peakMb(), 40)
  use(10 * MB)
  await clock.advance(101)
  assert.equal(watch.peakMb(), 40)
})

test('of what ended before it was looked at the kernel knows the peak', () => {
  const { watch } = given()

  watch.ended()

  assert.equal(watch.peakMb(), 7)
})

function given() {
  let bytes = 0
  let looks = 0
  let exceeded = 0
  const clock = new VirtualClock()
  const limits: Limits = {
    cgroups: [],
    started: () => {},
    endInit: () => {},
    limitProcessor: () => {},
    endBackground: () => {},
    used: () => bytes,
    resident: () => {
      looks++
      return bytes
    },
    kernelPeak: () => 7 * MB,
    ranOutOfMemory: () => false,
    remove: async () => {},
  }
  const watch = new MemoryWatch(limits, { memoryMb: 128, clock, onExceeded: () => exceeded++ })
  const use = (now: number) => {
    bytes = now
  }
  return { watch, clock, use, looks: () => looks, exceeded: () => exceeded }
}
