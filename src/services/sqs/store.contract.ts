import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewMessage } from './message.ts'
import { type Queue, type QueueRecord, readQueue } from './queue.ts'
import { defaultsFor } from './queue-attributes.ts'
import type { SqsStore, Take } from './store.ts'

const NOW = Date.UTC(2026, 0, 1)
const HERE = { accountId: '111111111111', region: 'us-east-1' }

/** What any store must do, whatever its database. */
export function describeSqsStore(
  open: (t: { after(run: () => Promise<void>): void }) => Promise<SqsStore>,
): void {
  test('a queue is made once, found, changed, and gone once deleted; its name is free again', async (t) => {
    const store = await open(t)
    const queue = await newQueue(store, 'q')
    assert.equal(await store.createQueue(record('q')), undefined)
    await store.changeQueue(queue.id, ({ tags }) => ({ tags: { ...tags, a: 'ü' } }))
    assert.deepEqual((await store.findQueue({ ...HERE, name: 'q' }))?.tags, { a: 'ü' })
    await store.deleteQueue(queue, NOW)
    assert.equal(await store.findQueue({ ...HERE, name: 'q' }), undefined)
    assert.equal(await store.changeQueue(queue.id, () => ({})), undefined)
    assert.notEqual((await newQueue(store, 'q')).id, queue.id)
  })

  test('what a deleted queue left is swept away, and nothing else', async (t) => {
    const store = await open(t)
    const [gone, kept] = [await newQueue(store, 'gone'), await newQueue(store, 'kept')]
    for (const queue of [gone, kept]) await store.send(queue, [message('a'), message('b')], NOW)
    await store.deleteQueue(gone, NOW)
    while (!(await store.sweep(NOW, 1)));
    assert.equal((await store.counts(gone, NOW)).visible, 0)
    assert.equal((await store.counts(kept, NOW)).visible, 2)
  })

  test('all of a message is kept', async (t) => {
    const store = await open(t)
    const queue = await newQueue(store, 'q')
    const attributes = {
      text: { dataType: 'String.x', stringValue: 'é😀' },
      bytes: { dataType: 'Binary', binaryValue: Buffer.from([0, 255]) },
    }
    const sent = { ...message('body'), attributes, traceHeader: 'Root=1', groupId: 'tenant' }
    await store.send(queue, [sent], NOW)
    const { messages } = await store.take(queue, taking())
    const [{ attributes: kept, ...found } = { attributes: undefined }] = messages
    assert.deepEqual({ ...kept }, attributes)
    assert.deepEqual(found, {
      id: messages[0]?.id,
      messageId: sent.messageId,
      body: 'body',
      senderId: 'sender',
      traceHeader: 'Root=1',
      groupId: 'tenant',
      deduplicationId: undefined,
      deadLetterSource: undefined,
      sentAt: NOW,
      receiveCount: 1,
      firstReceivedAt: NOW,
    })
  })

  test('many that take at once never get the same message', async (t) => {
    const store = await open(t)
    const queue = await newQueue(store, 'q')
    for (let n = 0; n < 10; n++)
      await store.send(
        queue,
        Array.from({ length: 10 }, () => message('m')),
        NOW,
      )
    const taken = await Promise.all(Array.from({ length: 20 }, () => store.take(queue, taking({ max: 5 }))))
    const ids = taken.flatMap(({ messages }) => messages.map(({ id }) => id))
    // Who passed over rows that another one held may have got fewer.
    for (let rest = ids; rest.length > 0; ) {
      rest = (await store.take(queue, taking({ max: 10 }))).messages.map(({ id }) => id)
      ids.push(...rest)
    }
    assert.equal(ids.length, 100)
    assert.equal(new Set(ids).size, 100)
  })

  test('many that send to a group at once: it comes in the order of its sequence numbers, one at a time', async (t) => {
    const store = await open(t)
    const queue = await newQueue(store, 'q.fifo')
    const sends = Array.from({ length: 20 }, (_, n) =>
      store.send(queue, [inGroup('g', `${n}`), inGroup('h', `h${n}`)], NOW),
    )
    const sent = (await Promise.all(sends)).map(([first]) => first?.id ?? 0)
    const seen: number[] = []
    let now = NOW
    while (seen.length < 20) {
      const takes = await Promise.all([1, 2, 3].map(() => store.take(queue, taking({ now, max: 4 }))))
      for (const { messages, receipt } of takes) {
        const ofGroup = messages.filter(({ groupId }) => groupId === 'g')
        seen.push(...ofGroup.map(({ id }) => id))
        await store.delete(
          queue,
          messages.map(({ id }) => ({ id, receipt })),
          now,
        )
      }
      assert(takes.filter(({ messages }) => messages.some(({ groupId }) => groupId === 'g')).length <= 1)
      now++
    }
    assert.deepEqual(
      seen,
      sent.toSorted((one, other) => one - other),
    )
  })

  test('duplicates that come at once are kept once', async (t) => {
    const store = await open(t)
    const queue = await newQueue(store, 'q.fifo')
    const sends = await Promise.all(
      Array.from({ length: 10 }, (_, n) => store.send(queue, [inGroup(`g${n % 3}`, 'same')], NOW)),
    )
    assert.equal(new Set(sends.map(([sent]) => sent?.messageId)).size, 1)
    assert.equal((await store.counts(queue, NOW)).visible, 1)
  })

  test('a receipt counts once: the later receive of a FIFO queue has the say', async (t) => {
    const store = await open(t)
    const queue = await newQueue(store, 'q.fifo')
    await store.send(queue, [inGroup('g', 'a')], NOW)
    const first = await store.take(queue, taking({ hideUntil: NOW + 10, receipt: 'aa' }))
    const id = first.messages[0]?.id ?? 0
    const later = NOW + 10
    await store.take(queue, taking({ now: later, hideUntil: later + 10, receipt: 'bb' }))
    assert.deepEqual(await store.delete(queue, [{ id, receipt: 'aa' }], later), ['expired'])
    assert.deepEqual(await store.delete(queue, [{ id, receipt: 'bb' }], later), ['done'])
    assert.deepEqual(await store.delete(queue, [{ id, receipt: 'bb' }], later), ['done'])
    assert.equal(await store.nextVisible(queue, later), undefined)
  })

  test('what was received as often as it may be moves, and what expired goes, in one take', async (t) => {
    const store = await open(t)
    const [queue, dead] = [await newQueue(store, 'q'), await newQueue(store, 'dead')]
    await store.send(queue, [message('dead')], NOW)
    await store.take(queue, taking({ hideUntil: NOW }))
    await store.send(queue, [message('good')], NOW + 1)
    const deadLetters = { queue: dead, maxReceiveCount: 1 }
    const taken = await store.take(queue, taking({ now: NOW + 1, max: 1, deadLetters }))
    assert.deepEqual([taken.messages.map(({ body }) => body), taken.moved], [['good'], 1])
    const moved = await store.take(dead, taking({ now: NOW + 2 }))
    assert.equal(moved.messages[0]?.deadLetterSource, queue.arn)
    assert.equal(moved.messages[0]?.receiveCount, 2)
    const expiry = NOW + queue.retentionMs + 10
    assert.deepEqual((await store.take(dead, taking({ now: expiry }))).messages, [])
    assert.deepEqual(await store.counts(dead, expiry), { visible: 0, inFlight: 0, delayed: 0 })
  })

  test('the next visible message is the earliest of those that are hidden', async (t) => {
    const store = await open(t)
    for (const name of ['q', 'q.fifo']) {
      const queue = await newQueue(store, name)
      assert.equal(await store.nextVisible(queue, NOW), undefined)
      const later = (group: string, ms: number) => ({ ...inGroup(group, group), visibleAt: NOW + ms })
      await store.send(queue, [later('a', 500), later('b', 300)], NOW)
      assert.equal(await store.nextVisible(queue, NOW), NOW + 300)
      assert.equal(await store.nextVisible(queue, NOW + 300), NOW + 500)
    }
  })

  test('a new delay moves what nobody has received yet, and its group', async (t) => {
    const store = await open(t)
    const queue = await newQueue(store, 'q.fifo')
    await store.send(queue, [inGroup('g', '1'), inGroup('h', '2')], NOW)
    await store.take(queue, taking({ max: 1, hideUntil: NOW + 5000 }))
    await store.changeDelay(queue, 9000, NOW)
    assert.equal(await store.nextVisible(queue, NOW), NOW + 5000)
    assert.deepEqual(await store.counts(queue, NOW), { visible: 0, inFlight: 1, delayed: 1 })
    await store.changeDelay(queue, 0, NOW + 1)
    const { messages } = await store.take(queue, taking({ now: NOW + 1 }))
    assert.deepEqual(
      messages.map(({ body }) => body),
      ['2'],
    )
  })

  test('what has expired is swept away, in groups as well', async (t) => {
    const store = await open(t)
    for (const name of ['q', 'q.fifo']) {
      const queue = await newQueue(store, name)
      await store.send(queue, [inGroup('g', '1'), inGroup('h', '2')], NOW)
      await store.send(queue, [inGroup('h', '3')], NOW + 1)
      const now = NOW + queue.retentionMs
      while (!(await store.sweep(now, 1)));
      assert.equal((await store.counts(queue, now)).visible, 1)
      const { messages } = await store.take(queue, taking({ now }))
      assert.deepEqual(
        messages.map(({ body }) => body),
        ['3'],
      )
    }
  })

  test('a purge takes what was there, in groups as well', async (t) => {
    const store = await open(t)
    for (const name of ['q', 'q.fifo']) {
      const queue = await newQueue(store, name)
      await store.send(queue, [inGroup('g', '1'), inGroup('h', '2')], NOW)
      const mark = await store.beginPurge(queue.id, NOW, NOW - 60_000)
      assert(mark !== false)
      await store.send(queue, [inGroup('g', '3')], NOW)
      while (!(await store.purge(queue, mark, 1)));
      assert.equal(await store.beginPurge(queue.id, NOW, NOW - 60_000), false)
      const { messages } = await store.take(queue, taking({ now: NOW + 1 }))
      assert.deepEqual(
        messages.map(({ body }) => body),
        ['3'],
      )
    }
  })

  test('quiet tenants come before noisy ones', async (t) => {
    const store = await open(t)
    const queue = await newQueue(store, 'q')
    const of = (groupId: string) => ({ ...message(groupId), groupId })
    await store.send(queue, [of('noisy'), of('noisy'), of('b'), of('b'), of('a')], NOW)
    const { messages } = await store.take(queue, taking({ max: 3, noisyGroups: ['noisy'] }))
    assert.deepEqual(
      messages.map(({ body }) => body),
      ['b', 'a', 'noisy'],
    )
    assert.deepEqual([...(await store.inFlightByGroup(queue, NOW))].sort(), [
      ['a', 1],
      ['b', 1],
      ['noisy', 1],
    ])
  })

  test('one task of a source moves its messages once', async (t) => {
    const store = await open(t)
    const [source, target] = [await newQueue(store, 'dead'), await newQueue(store, 'target')]
    await store.send(source, [message('a'), message('b')], NOW)
    const start = (id: string) =>
      store.startMoveTask(source, { id, destinationArn: target.arn, perSecond: undefined, startedAt: NOW })
    const [task, second] = [await start('1'), await start('2')]
    assert(task !== undefined)
    assert.equal(second, undefined)
    await store.send(source, [message('later')], NOW)
    const found = await store.nextToMove(task, 10, NOW)
    assert.equal(found.length, 2)
    const moves = found.map(({ id }) => ({ id, messageId: `new ${id}`, destination: target }))
    assert.equal(await store.move(task, source, moves, NOW), 2)
    assert.equal(await store.move(task, source, moves, NOW), 0)
    assert.equal((await store.findMoveTask('1'))?.moved, 2)
    assert.equal(await store.changeMoveTask('1', 'RUNNING', 'COMPLETED'), true)
    assert.equal(await store.changeMoveTask('1', 'RUNNING', 'FAILED', 'x'), false)
    assert.equal(await store.move(task, source, moves, NOW), 0)
    assert.deepEqual(
      [(await store.counts(source, NOW)).visible, (await store.counts(target, NOW)).visible],
      [1, 2],
    )
    assert.deepEqual(await store.runningMoveTasks(), [])
  })
}

let sentSoFar = 0

function message(body: string): NewMessage {
  return {
    messageId: `message ${++sentSoFar}`,
    body,
    attributes: undefined,
    senderId: 'sender',
    traceHeader: undefined,
    groupId: undefined,
    deduplicationId: undefined,
    visibleAt: NOW,
  }
}

function inGroup(groupId: string, body: string): NewMessage {
  return { ...message(body), groupId, deduplicationId: body }
}

function taking(more: Partial<Take> = {}): Take {
  const now = more.now ?? NOW
  return { now, max: 10, hideUntil: now + 30_000, receipt: 'aa', ...more }
}

function record(name: string): Omit<QueueRecord, 'id'> {
  const attributes = defaultsFor(name.endsWith('.fifo'))
  return { ...HERE, name, createdAt: NOW, modifiedAt: NOW, attributes, tags: {} }
}

async function newQueue(store: SqsStore, name: string): Promise<Queue> {
  const made = await store.createQueue(record(name))
  assert(made !== undefined)
  return readQueue(made)
}
