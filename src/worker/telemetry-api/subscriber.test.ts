import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/clock.ts'
import { type Dropped, Subscriber } from './subscriber.ts'

test('a batch is sent when its time is up', async () => {
  const { subscriber, sent, clock } = given()
  subscriber.add('1')
  await clock.advance(50)
  subscriber.add('2')
  await clock.advance(49)
  assert.deepEqual(sent, [])

  await clock.advance(1)
  assert.deepEqual(sent, [['1', '2']])
})

test('a batch is sent when it has all the records, or all the bytes, that one may', async () => {
  for (const records of [
    ['1', '2', '3', '4', '5'],
    ['x'.repeat(60), 'y'.repeat(40)],
  ]) {
    const { subscriber, sent, clock } = given()
    for (const record of records) subscriber.add(record)
    await clock.advance(0)
    assert.deepEqual(sent, [records])
  }
})

test('while a batch is on its way two more are kept; what comes then is dropped, counted and told', async () => {
  const { subscriber, sent, dropped, clock, slow } = given()
  slow.now = Promise.withResolvers()
  for (let i = 0; i < 5 + 10 + 3; i++) subscriber.add(`${i % 10}`)
  await clock.advance(10_000)
  assert.equal(sent.length, 1)
  assert.deepEqual(dropped, [])

  const { resolve } = slow.now
  slow.now = undefined
  resolve()
  await clock.advance(0)

  assert.deepEqual(
    sent.map(({ length }) => length),
    [5, 5, 5],
  )
  assert.deepEqual(dropped, [
    {
      droppedRecords: 3,
      droppedBytes: 3,
      reason:
        'Some logs were dropped because the downstream consumer is slower than the logs production rate',
    },
  ])
})

test('a record larger than two batches is dropped rather than kept', async () => {
  const { subscriber, sent, clock } = given()
  subscriber.add('x'.repeat(201))
  await clock.advance(1000)

  assert.deepEqual(sent, [])
})

test('a batch that is not taken is sent again twice, then dropped; a subscriber that is gone is told of once', async () => {
  const { subscriber, dropped, clock, attempts, refuse } = given()
  refuse.now = true
  subscriber.add('1')
  await clock.advance(100)
  assert.equal(attempts(), 1)
  await clock.advance(500)
  assert.equal(attempts(), 3)
  assert.deepEqual(dropped, [
    { droppedRecords: 1, droppedBytes: 1, reason: 'could not send events: refused' },
  ])
  subscriber.add('22')
  await clock.advance(10_000)
  assert.equal(dropped.length, 1)

  refuse.now = false
  subscriber.add('3')
  await clock.advance(100)

  assert.deepEqual(dropped[1]?.droppedRecords, 1)
  assert.deepEqual(dropped[1]?.droppedBytes, 2)
})

test('flushing waits for what is on its way and sends what came since', async () => {
  const { subscriber, sent, clock, slow } = given()
  slow.now = Promise.withResolvers()
  subscriber.add('1')
  const flushed = subscriber.flush()
  subscriber.add('2')
  const again = subscriber.flush()
  const { resolve } = slow.now
  slow.now = undefined
  resolve()
  await clock.advance(0)
  await Promise.all([flushed, again])

  assert.deepEqual(sent, [['1'], ['2']])
})

test('a closed subscriber gets nothing more, and holds nothing', async () => {
  const { subscriber, sent, clock } = given()
  subscriber.add('1')
  subscriber.close()
  subscriber.add('2')
  await clock.advance(1000)
  await subscriber.flush()

  assert.deepEqual(sent, [])
})

function given() {
  const clock = new VirtualClock()
  const sent: string[][] = []
  const dropped: Dropped[] = []
  const slow: { now: PromiseWithResolvers<void> | undefined } = { now: undefined }
  const refuse = { now: false }
  let attempts = 0
  const subscriber = new Subscriber(
    { maxItems: 5, maxBytes: 100, timeoutMs: 100 },
    {
      send: async (records) => {
        attempts++
        if (refuse.now) throw new Error('refused')
        sent.push([...records])
        await slow.now?.promise
      },
      close: () => {},
    },
    { clock, onDropped: (what) => dropped.push(what) },
  )
  return { subscriber, sent, dropped, clock, slow, refuse, attempts: () => attempts }
}
