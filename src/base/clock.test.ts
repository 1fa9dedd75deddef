import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { realClock, VirtualClock } from './clock.ts'

describe('the virtual clock', () => {
  test('stands still until it is advanced', async () => {
    const clock = new VirtualClock(1000)
    assert.equal(clock.now(), 1000)
    await clock.advance(50)
    assert.equal(clock.now(), 1050)
    assert.equal(clock.elapsed(), 1050)
  })

  test('runs what falls due in its order, each at its own time', async () => {
    const clock = new VirtualClock(0)
    const ran: string[] = []
    clock.after(20, () => ran.push(`b at ${clock.now()}`))
    clock.after(10, () => ran.push(`a at ${clock.now()}`))
    clock.after(20, () => ran.push(`c at ${clock.now()}`))
    clock.after(31, () => ran.push('not yet'))
    await clock.advance(30)
    assert.deepEqual(ran, ['a at 10', 'b at 20', 'c at 20'])
  })

  test('runs what was set by something that ran, where it falls due in the same advance', async () => {
    const clock = new VirtualClock(0)
    const ran: number[] = []
    const again = () => {
      ran.push(clock.now())
      clock.after(10, again)
    }
    clock.after(10, again)
    await clock.advance(35)
    assert.deepEqual(ran, [10, 20, 30])
  })

  test('a loop that sleeps goes on within one advance', async () => {
    const clock = new VirtualClock(0)
    const woke: number[] = []
    const loop = (async () => {
      for (let round = 0; round < 3; round++) {
        await clock.sleep(100)
        woke.push(clock.now())
      }
    })()
    await clock.advance(300)
    await loop
    assert.deepEqual(woke, [100, 200, 300])
  })

  test('a cancelled timer does not run', async () => {
    const clock = new VirtualClock(0)
    clock.after(10, () => assert.fail('ran')).cancel()
    await clock.advance(20)
  })

  test('time in the past falls due at once, and never turns time back', async () => {
    const clock = new VirtualClock(100)
    let at = 0
    clock.after(-50, () => {
      at = clock.now()
    })
    await clock.advance(0)
    assert.equal(at, 100)
  })

  test('now is whole, whatever time was advanced by', async () => {
    const clock = new VirtualClock(0)
    await clock.advance(1.5)
    assert.equal(clock.now(), 1)
    assert.equal(clock.elapsed(), 1.5)
  })
})

for (const [name, clock] of [
  ['real', realClock],
  ['virtual', new VirtualClock()],
] as const) {
  describe(`sleep of the ${name} clock`, () => {
    test('rejects with the reason of a signal that has aborted', async () => {
      await assert.rejects(clock.sleep(1000, AbortSignal.abort(new Error('before'))), /before/)
    })

    test('rejects with the reason of a signal that aborts meanwhile', async () => {
      const controller = new AbortController()
      const sleeping = clock.sleep(100_000, controller.signal)
      controller.abort(new Error('meanwhile'))
      await assert.rejects(sleeping, /meanwhile/)
    })
  })
}

describe('the real clock', () => {
  test('tells the time of day, and durations that never step back', async () => {
    const [before, start] = [Date.now(), realClock.elapsed()]
    await realClock.sleep(5)
    assert.ok(realClock.now() >= before)
    assert.ok(realClock.elapsed() - start >= 4)
  })

  test('a cancelled timer does not run', async () => {
    realClock.after(1, () => assert.fail('ran')).cancel()
    await realClock.sleep(5)
  })

  test('a wait beyond the 32 bits of setTimeout does not end at once', async () => {
    const timer = realClock.after(2 ** 31 + 1000, () => assert.fail('ran')).unref()
    await realClock.sleep(5)
    timer.cancel()
  })
})
