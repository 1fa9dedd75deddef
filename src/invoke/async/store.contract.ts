import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import type { Database } from '../../store/database.ts'
import type { OpenDatabase } from '../../store/testing.ts'
import { idAfter, newEntryId, type QueueEntry } from './entry.ts'
import { createAsyncQueueStore } from './store.sql.ts'
import type { AsyncQueueStore } from './store.ts'

/** What a queue's store has to do, on whichever database. */
export function asyncQueueStoreContract(open: OpenDatabase): void {
  const clock = new VirtualClock()
  const entry = (lane: string, more: Partial<QueueEntry> = {}): QueueEntry => ({
    id: newEntryId({ clock, random: realRandom }),
    lane,
    dueAt: clock.now(),
    detail: '{"a":"ü\\u0000"}',
    payload: Buffer.from([0, 1, 255]),
    ...more,
  })
  const claim = (max = 10, bytesMax = 1_000_000) => ({
    now: clock.now(),
    until: clock.now() + 30_000,
    max,
    bytesMax,
  })
  const withStore = async (work: (store: AsyncQueueStore, database: Database) => Promise<void>) => {
    const database = await open()
    try {
      await work(createAsyncQueueStore(database, 'this'), database)
    } finally {
      await database.close()
    }
  }
  const put = (store: AsyncQueueStore, ...entries: QueueEntry[]) =>
    store.apply({ inserts: entries.map((one) => ({ entry: one })), updates: [], deletes: [] })
  const ids = (entries: readonly QueueEntry[]) => entries.map(({ id }) => id)

  test('what was put in comes out as it was, the longest due first, and once', () =>
    withStore(async (store) => {
      const late = entry('a', { dueAt: clock.now() - 1 })
      const later = entry('a')
      const other = entry('b')
      await put(store, later, late, other)
      assert.deepEqual(
        (await store.claim('a', claim())).map((one) => ({ ...one, payload: Buffer.from(one.payload) })),
        [late, later].map((one) => ({ ...one, payload: Buffer.from(one.payload) })),
      )
      assert.deepEqual(await store.claim('a', claim()), [])
      assert.deepEqual(ids(await store.claim('b', claim())), [other.id])
    }))

  test('what is not due yet stays, and says when it is', () =>
    withStore(async (store) => {
      const [soon, later] = [1000, 2000].map((ms) => entry('a', { dueAt: clock.now() + ms }))
      await put(store, later as QueueEntry, soon as QueueEntry)
      assert.deepEqual(await store.claim('a', claim()), [])
      assert.equal(await store.nextDue('a', clock.now()), clock.now() + 1000)
      assert.equal(await store.nextDue('a', clock.now() + 1000), clock.now() + 2000)
      assert.equal(await store.nextDue('a', clock.now() + 2000), undefined)
      assert.equal(await store.nextDue('b', 0), undefined)
    }))

  test('a claim takes no more than it may, but always one', () =>
    withStore(async (store) => {
      await put(store, ...Array.from({ length: 5 }, () => entry('a', { payload: Buffer.alloc(1000) })))
      assert.equal((await store.claim('a', claim(2))).length, 2)
      assert.equal((await store.claim('a', claim(10, 1500))).length, 1)
      assert.equal((await store.claim('a', claim(10, 10))).length, 1)
    }))

  test('what was put in claimed is claimed', () =>
    withStore(async (store) => {
      const one = entry('a')
      const inserts = [{ entry: one, claimedUntil: clock.now() + 30_000 }]
      await store.apply({ inserts, updates: [], deletes: [] })
      assert.deepEqual(await store.claim('a', claim()), [])
      await store.release([one.id])
      assert.deepEqual(ids(await store.claim('a', claim())), [one.id])
    }))

  test('an update gives the claim up until another time', () =>
    withStore(async (store) => {
      const one = entry('a')
      await put(store, one)
      await store.claim('a', claim())
      const dueAt = clock.now() + 60_000
      await store.apply({ inserts: [], updates: [{ id: one.id, dueAt, detail: '{"n":1}' }], deletes: [] })
      assert.deepEqual(await store.claim('a', claim()), [])
      const [again] = await store.claim('a', { ...claim(), now: dueAt })
      assert.equal(again?.detail, '{"n":1}')
      assert.equal(again?.dueAt, dueAt)
    }))

  test('deletes and inserts are one change: all of it, or nothing', () =>
    withStore(async (store) => {
      const [one, two] = [entry('a'), entry('a')]
      await put(store, one)
      const twice = [{ entry: two }, { entry: two }]
      await assert.rejects(store.apply({ inserts: twice, updates: [], deletes: [one.id] }))
      assert.deepEqual(ids(await store.claim('a', claim())), [one.id])
      await store.apply({ inserts: [{ entry: two }], updates: [], deletes: [one.id] })
      assert.deepEqual(ids(await store.claim('a', claim())), [two.id])
    }))

  test('more entries than one statement takes', () =>
    withStore(async (store) => {
      const entries = Array.from({ length: 1201 }, () => entry('a'))
      await put(store, ...entries)
      assert.equal((await store.claim('a', claim(2000))).length, 1201)
      await store.apply({ inserts: [], updates: [], deletes: ids(entries) })
      assert.deepEqual(await store.lanes('', 10), [])
    }))

  test('lanes by name, in pages', () =>
    withStore(async (store) => {
      await put(store, ...['c', 'a', 'b', 'a', 'B'].map((lane) => entry(lane)))
      assert.deepEqual(await store.lanes('', 10), ['B', 'a', 'b', 'c'])
      assert.deepEqual(await store.lanes('', 2), ['B', 'a'])
      assert.deepEqual(await store.lanes('a', 2), ['b', 'c'])
      assert.deepEqual(await store.lanes('c', 2), [])
    }))

  test('a lane is emptied of what was made before, claimed or not', () =>
    withStore(async (store) => {
      await put(store, entry('a'), entry('a'), entry('a'), entry('b'))
      await store.claim('a', claim(1))
      const before = idAfter(clock.now())
      await clock.advance(1)
      const after = entry('a')
      await put(store, after)
      assert.equal(await store.purge('a', before, 2), 2)
      assert.equal(await store.purge('a', before, 2), 1)
      assert.equal(await store.purge('a', before, 2), 0)
      assert.deepEqual(ids(await store.claim('a', claim())), [after.id])
      assert.equal((await store.claim('b', claim())).length, 1)
    }))

  test("another process's claims: void where the database is this one's alone, else until they run out", () =>
    withStore(async (store, database) => {
      const dead = createAsyncQueueStore(database, 'dead')
      const one = entry('a')
      await put(dead, one)
      await dead.claim('a', claim())
      if (!store.isShared) {
        assert.deepEqual(ids(await store.claim('a', claim())), [one.id])
        return
      }
      assert.deepEqual(await store.claim('a', claim()), [])
      await store.release([one.id])
      await dead.extend([one.id], clock.now() + 40_000)
      assert.deepEqual(await store.claim('a', { ...claim(), now: clock.now() + 39_999 }), [])
      assert.deepEqual(ids(await store.claim('a', { ...claim(), now: clock.now() + 40_000 })), [one.id])
    }))

  test('two nodes that claim at the same time never have the same', () =>
    withStore(async (store, database) => {
      if (!store.isShared) return
      const entries = Array.from({ length: 40 }, () => entry('a'))
      await put(store, ...entries)
      const nodes = [0, 1, 2, 3].map((n) => createAsyncQueueStore(database, `node ${n}`))
      const claimed = await Promise.all(
        nodes.flatMap((node) => [node.claim('a', claim(6)), node.claim('a', claim(6))]),
      )
      const all = claimed.flatMap(ids)
      assert.equal(new Set(all).size, all.length)
    }))
}
