import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Linger } from './linger.ts'
import { restOf } from './saturation.ts'

describe('an event loop is kept awake', () => {
  test('for a moment after things that came close upon one another, and no longer', async () => {
    const time = new Time()
    const linger = new Linger(() => true, time.now)
    await comeAt(linger, time, 0.05, 60)
    const before = linger.awakeMs
    await turns(40)
    const lingered = linger.awakeMs - before
    // Of 120 µs from the last one on, 50 were over when the loop looked first.
    assert(lingered > 0.05 && lingered < 0.09, `${lingered} ms`)
    await turns(5)
    assert.equal(linger.awakeMs - before, lingered)
  })

  test('not where they come one at a time', async () => {
    const time = new Time()
    const linger = new Linger(() => true, time.now)
    await comeAt(linger, time, 0.5, 100)
    await turns(5)
    assert.equal(linger.awakeMs, 0)
  })

  test('not at the first things after a pause', async () => {
    const time = new Time()
    const linger = new Linger(() => true, time.now)
    await comeAt(linger, time, 0.05, 60)
    await turns(40)
    time.ms += 1000
    const before = linger.awakeMs
    await comeAt(linger, time, 0.05, 1)
    await turns(5)
    assert.equal(linger.awakeMs, before)
    await comeAt(linger, time, 0.05, 10)
    await turns(5)
    assert.notEqual(linger.awakeMs, before)
  })

  test('not at the first things after there was more to do', async () => {
    const time = new Time()
    const linger = new Linger(() => true, time.now)
    await comeAt(linger, time, 0.05, 60)
    await turns(40)
    const before = linger.awakeMs
    linger.forget()
    await comeAt(linger, time, 0.05, 10)
    await turns(5)
    assert.equal(linger.awakeMs, before)
  })

  test('not where others have use for the time, from the moment on in which they do', async () => {
    const time = new Time()
    let isWelcome = false
    const linger = new Linger(() => isWelcome, time.now)
    await comeAt(linger, time, 0.05, 60)
    await turns(5)
    assert.equal(linger.awakeMs, 0)
    isWelcome = true
    await comeAt(linger, time, 0.05, 1)
    await turns(2)
    isWelcome = false
    await turns(1)
    const before = linger.awakeMs
    assert.notEqual(before, 0)
    await turns(5)
    assert.equal(linger.awakeMs, before)
  })
})

test('the time in which it was awake for nothing counts as rest', () => {
  assert.equal(restOf({ active: 95, idle: 5 }, 0), 0.05)
  assert.equal(restOf({ active: 95, idle: 5 }, 25), 0.3)
})

/** Each look at it takes 10 µs. */
class Time {
  ms = 0
  readonly now = () => {
    this.ms += 0.01
    return this.ms
  }
}

/** Things that come `gapMs` after one another. */
async function comeAt(linger: Linger, time: Time, gapMs: number, count: number): Promise<void> {
  for (let thing = 0; thing < count; thing++) {
    linger.expectMore()
    time.ms += gapMs
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
