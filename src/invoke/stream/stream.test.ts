import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { VirtualClock } from '../../base/clock.ts'
import { BURST_BYTES, Pace } from './pace.ts'
import { ResponsePipe } from './response-pipe.ts'

const MB = 2 ** 20

// AWS Lambda Developer Guide, "Bandwidth limits for response streaming".
describe('the pace of a streamed response', () => {
  test('is free for 6 MB, and then 2 MB a second', async () => {
    const clock = new VirtualClock()
    const pace = new Pace(clock, 2 * MB)
    assert.equal(pace.spend(BURST_BYTES), 0)
    assert.equal(pace.spend(MB), 500)
    await clock.advance(500)
    assert.equal(pace.spend(MB), 500)
  })

  test('lets a slow response have its burst again', async () => {
    const clock = new VirtualClock()
    const pace = new Pace(clock, 2 * MB)
    pace.spend(BURST_BYTES)
    await clock.advance(60_000)
    assert.equal(pace.spend(BURST_BYTES), 0)
    assert.equal(pace.spend(2 * MB), 1000)
  })

  test('has no limit where the setting is 0', () => {
    const pace = new Pace(new VirtualClock(), 0)
    assert.equal(pace.spend(1000 * MB), 0)
  })
})

describe('a response between its runtime and its caller', () => {
  test('lets the runtime write on while the caller reads', async () => {
    const pipe = new ResponsePipe({ clock: new VirtualClock(), bytesPerSecond: 0 })
    const first = pipe.read()
    assert.equal(pipe.write(Buffer.from('one')), undefined)
    assert.equal(String(await first), 'one')
  })

  test('has the runtime wait while the caller does not read', async () => {
    const pipe = new ResponsePipe({ clock: new VirtualClock(), bytesPerSecond: 0 })
    pipe.write(Buffer.from('one'))
    let isFree = false
    const room = pipe.write(Buffer.from('two'))?.then(() => {
      isFree = true
    })
    assert.equal(String(await pipe.read()), 'one')
    await settled()
    assert.equal(isFree, false)
    assert.equal(String(await pipe.read()), 'two')
    await room
    assert.equal(isFree, true)
  })

  test('has the runtime wait until its time has come, though the caller reads', async () => {
    const clock = new VirtualClock()
    const pipe = new ResponsePipe({ clock, bytesPerSecond: 2 * MB })
    void pipe.read()
    assert.equal(pipe.write(Buffer.alloc(BURST_BYTES)), undefined)
    void pipe.read()
    let isFree = false
    pipe.write(Buffer.alloc(MB))?.then(() => {
      isFree = true
    })
    await clock.advance(499)
    assert.equal(isFree, false)
    await clock.advance(1)
    await settled()
    assert.equal(isFree, true)
  })

  test('ends behind what was written', async () => {
    const pipe = new ResponsePipe({ clock: new VirtualClock(), bytesPerSecond: 0 })
    pipe.write(Buffer.from('one'))
    pipe.end()
    assert.equal(String(await pipe.read()), 'one')
    assert.equal(await pipe.read(), undefined)
  })

  test('is dropped when the caller is gone, and the runtime goes on at once', async () => {
    const pipe = new ResponsePipe({ clock: new VirtualClock(), bytesPerSecond: 1 })
    const room = pipe.write(Buffer.from('one'))
    pipe.abandon()
    await room
    assert.equal(pipe.write(Buffer.alloc(100 * MB)), undefined)
    assert.equal(await pipe.read(), undefined)
  })
})

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
