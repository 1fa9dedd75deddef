import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { VirtualClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import type { Database } from '../../store/database.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { newEntryId, type QueueEntry } from './entry.ts'
import type { Decision } from './lane.ts'
import { DurableQueue, type QueueSettings } from './queue.ts'
import { createAsyncQueueStore } from './store.sql.ts'
import type { AsyncQueueStore } from './store.ts'

type Handle = (entry: QueueEntry) => Promise<Decision>

const DONE: Decision = { kind: 'done' }

async function queueOf(t: TestContext, handle: Handle, settings: Partial<QueueSettings> = {}) {
  const clock = new VirtualClock()
  const database = await openSqlite(':memory:')
  t.after(() => database.close())
  const faults: unknown[] = []
  const open = (more: Partial<{ handle: Handle; store: AsyncQueueStore }> = {}) => {
    const queue = new DurableQueue({
      store: createAsyncQueueStore(database, realRandom.uuid()),
      clock,
      random: realRandom,
      handle,
      settings,
      reportFault: (error) => faults.push(error),
      ...more,
    })
    queue.start()
    return queue
  }
  const entry = (lane: string, more: Partial<QueueEntry> = {}): QueueEntry => ({
    id: newEntryId({ clock, random: realRandom }),
    lane,
    dueAt: clock.now(),
    detail: '{}',
    payload: Buffer.from('{}'),
    ...more,
  })
  return { clock, database, faults, open, entry }
}

/** As on PostgreSQL, where other processes may have the same database. */
function shared(database: Database, owner: string): AsyncQueueStore {
  return Object.assign(createAsyncQueueStore(database, owner), { isShared: true })
}

async function countOf(database: Database): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from async_queue`.execute(database.kysely)
  return Number(rows[0]?.n)
}

/** Work that is held until it is let go. */
function held() {
  const waiting: ((decision: Decision) => void)[] = []
  const seen: QueueEntry[] = []
  const handle: Handle = (entry) => {
    seen.push(entry)
    return new Promise((resolve) => waiting.push(resolve))
  }
  const letGo = () => {
    for (const resolve of waiting.splice(0)) resolve(DONE)
  }
  return { handle, seen, letGo, waiting }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 20_000; turns++) {
    if (await holds()) return
    await turn()
  }
  throw new Error('it did not come to that')
}

test('a lane works on so many at a time, holds so many, and leaves the rest to the database', async (t) => {
  const { handle, seen, letGo, waiting } = held()
  const { open, entry, database } = await queueOf(t, handle, { runningMax: 4, heldMax: 8 })
  const queue = open()
  await Promise.all(Array.from({ length: 100 }, () => queue.add(entry('a'))))
  await until(() => seen.length === 4)
  for (let i = 0; i < 50; i++) await turn()
  assert.equal(seen.length, 4)
  const { rows } = await sql<{ n: number }>`select count(*) as n from async_queue where owner <> ''`.execute(
    database.kysely,
  )
  assert(Number(rows[0]?.n) <= 8, `${rows[0]?.n} are claimed`)
  await until(async () => {
    assert(waiting.length <= 4)
    letGo()
    return seen.length === 100 && (await countOf(database)) === 0
  })
  assert.equal(new Set(seen.map(({ id }) => id)).size, 100, 'each once')
  await queue.idle()
})

test('a lane that hangs does not hold up another', async (t) => {
  const done: string[] = []
  const hangs = held()
  const { open, entry, database } = await queueOf(
    t,
    async (one) => {
      if (one.lane === 'hangs') return hangs.handle(one)
      done.push(one.id)
      return DONE
    },
    { runningMax: 2, heldMax: 4 },
  )
  const queue = open()
  for (let i = 0; i < 50; i++) await queue.add(entry('hangs'))
  for (let i = 0; i < 50; i++) await queue.add(entry('runs'))
  await until(() => done.length === 50)
  assert.equal(hangs.seen.length, 2)
  await until(async () => {
    hangs.letGo()
    return (await countOf(database)) === 0
  })
  await queue.idle()
})

test('what all lanes hold is bounded, and every lane comes to its turn', async (t) => {
  const { handle, seen, letGo, waiting } = held()
  const settings = { runningMax: 10, heldMax: 10, entriesMax: 25 }
  const { open, entry, database } = await queueOf(t, handle, settings)
  const queue = open()
  const lanes = Array.from({ length: 20 }, (_, i) => `lane ${i}`)
  for (const lane of lanes) await Promise.all(Array.from({ length: 5 }, () => queue.add(entry(lane))))
  await until(async () => {
    assert(waiting.length <= 25, `${waiting.length} at a time`)
    letGo()
    return (await countOf(database)) === 0
  })
  assert.equal(seen.length, 100)
  assert.equal(new Set(seen.map(({ lane }) => lane)).size, 20)
  await queue.idle()
})

test('memory is counted in bytes as well', async (t) => {
  const { handle, seen, letGo, waiting } = held()
  const { open, entry, database } = await queueOf(t, handle, { bytesMax: 10_000, readBytesMax: 5000 })
  const queue = open()
  const payload = Buffer.alloc(2000)
  await Promise.all(Array.from({ length: 40 }, () => queue.add(entry('a', { payload }))))
  await until(() => seen.length > 0)
  await until(async () => {
    assert(waiting.length <= 6, `${waiting.length} at a time`)
    letGo()
    return (await countOf(database)) === 0
  })
  assert.equal(seen.length, 40)
  await queue.idle()
})

test('what a dead process had is taken by the next one, which waits for nothing', async (t) => {
  const stuck = held()
  const { open, entry, database } = await queueOf(t, stuck.handle, { stopMs: 0 })
  const dead = open()
  const entries = Array.from({ length: 10 }, () => entry('a'))
  for (const one of entries) await dead.add(one)
  await until(() => stuck.seen.length === 10)
  const seen: string[] = []
  const next = open({
    handle: async ({ id }) => {
      seen.push(id)
      return DONE
    },
  })
  await until(async () => (await countOf(database)) === 0)
  assert.deepEqual(seen.sort(), entries.map(({ id }) => id).sort())
  stuck.letGo()
  await next.idle()
  await dead.idle()
})

test('on a shared database another node takes over when the claims have run out, and not before', async (t) => {
  const stuck = held()
  const { open, entry, database, clock } = await queueOf(t, stuck.handle, { stopMs: 0 })
  const seen: string[] = []
  const handle: Handle = async ({ id }) => {
    seen.push(id)
    return DONE
  }
  const dies = shared(database, 'dies')
  const dying = open({ store: dies })
  const one = entry('a')
  await dying.add(one)
  await until(() => stuck.seen.length === 1)
  await Promise.all([dying.stop(), clock.advance(0)])
  const other = open({ store: shared(database, 'other'), handle })
  await other.idle()
  for (let s = 0; s < 29; s++) {
    await clock.advance(1000)
    await other.idle()
  }
  assert.deepEqual(seen, [])
  for (let s = 0; s < 12; s++) {
    await clock.advance(1000)
    await other.idle()
  }
  assert.deepEqual(seen, [one.id])
  stuck.letGo()
  await dying.idle()
})

test('a node that lives holds on to what it has', async (t) => {
  const slow = held()
  const { open, entry, database, clock } = await queueOf(t, slow.handle)
  const lives = open({ store: shared(database, 'lives') })
  await lives.add(entry('a'))
  await until(() => slow.seen.length === 1)
  const other = open({ store: shared(database, 'other') })
  for (let s = 0; s < 120; s++) {
    await clock.advance(1000)
    for (let i = 0; i < 10; i++) await turn()
  }
  assert.equal(slow.seen.length, 1, 'for two minutes')
  slow.letGo()
  await lives.idle()
  await other.idle()
  assert.equal(await countOf(database), 0)
})

test('where the disk is full, nothing is accepted, nothing is lost, and it goes on when there is room', async (t) => {
  const slow = held()
  const { open, entry, database, clock, faults } = await queueOf(t, slow.handle, {
    runningMax: 4,
    heldMax: 4,
  })
  const queue = open()
  const pages = await sql<{ page_count: number }>`pragma page_count`.execute(database.kysely)
  const limit = (more: number) =>
    database.write((transaction) =>
      sql`pragma max_page_count = ${sql.raw(String(Number(pages.rows[0]?.page_count) + more))}`.execute(
        transaction,
      ),
    )
  await limit(60)
  const payload = Buffer.alloc(20_000)
  const accepted: string[] = []
  let refused = 0
  for (let i = 0; i < 40; i++) {
    const one = entry('a', { payload })
    try {
      await queue.add(one)
      accepted.push(one.id)
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'DiskFull')
      refused++
    }
  }
  assert(accepted.length > 5 && refused > 5, `${accepted.length} accepted, ${refused} refused`)
  assert.equal(await countOf(database), accepted.length)

  // Work ends while others are refused, and makes room.
  await until(async () => {
    slow.letGo()
    return slow.seen.length === accepted.length && (await countOf(database)) === 0
  })
  assert.deepEqual(slow.seen.map(({ id }) => id).sort(), accepted.sort())
  await queue.add(entry('a', { payload }))
  await limit(1_000_000)
  await clock.advance(10_000)
  await until(async () => {
    slow.letGo()
    return (await countOf(database)) === 0
  })
  assert.deepEqual(faults, [])
  await queue.idle()
})

test('an end that could not be written is written later: the entry is not begun again meanwhile', async (t) => {
  const { open, entry, database, clock, faults } = await queueOf(t, async () => DONE)
  const store = createAsyncQueueStore(database, 'this')
  const apply = store.apply.bind(store)
  let isBroken = false
  store.apply = (change) =>
    isBroken && change.deletes.length > 0 ? Promise.reject(new Error('no disk')) : apply(change)
  let runs = 0
  const queue = open({
    store,
    handle: async () => {
      runs++
      return DONE
    },
  })
  isBroken = true
  await queue.add(entry('a'))
  for (let i = 0; i < 20; i++) {
    await clock.advance(1000)
    await turn()
  }
  assert(faults.length > 2)
  assert.equal(await countOf(database), 1)
  isBroken = false
  await clock.advance(10_000)
  await queue.idle()
  assert.equal(await countOf(database), 0)
  assert.equal(runs, 1)
})

test('a lane without capacity asks for less at a time, and for more when there is some again', async (t) => {
  let [running, most, hasRoom] = [0, 0, false]
  const { open, entry, clock, database } = await queueOf(
    t,
    async (one) => {
      running++
      most = Math.max(most, running)
      await turn()
      running--
      return hasRoom
        ? DONE
        : { kind: 'later', dueAt: clock.now() + 1000, detail: one.detail, throttled: true }
    },
    { runningMax: 32 },
  )
  const queue = open()
  await Promise.all(Array.from({ length: 200 }, () => queue.add(entry('a'))))
  await queue.idle()
  most = 0
  await clock.advance(1000)
  await queue.idle()
  assert(most <= 2, `${most} at a time`)
  hasRoom = true
  await clock.advance(1000)
  await queue.idle()
  assert(most > 4, `${most} at a time`)
  await clock.advance(1000)
  await queue.idle()
  assert.equal(await countOf(database), 0)
})

test('a defect in the work is reported, and the entry comes again', async (t) => {
  let runs = 0
  const { open, entry, clock, faults, database } = await queueOf(t, async () => {
    if (++runs === 1) throw new Error('a defect')
    return DONE
  })
  const queue = open()
  await queue.add(entry('a'))
  await queue.idle()
  assert.equal(faults.length, 1)
  await clock.advance(30_000)
  await queue.idle()
  assert.equal(runs, 2)
  assert.equal(await countOf(database), 0)
})

test('a stop begins nothing new, and leaves the rest to the next start', async (t) => {
  const slow = held()
  const { open, entry, clock, database } = await queueOf(t, slow.handle, { runningMax: 1, stopMs: 100 })
  const queue = open()
  for (let i = 0; i < 3; i++) await queue.add(entry('a'))
  await until(() => slow.seen.length === 1)
  const stopping = queue.stop()
  await clock.advance(100)
  await stopping
  assert.equal(slow.seen.length, 1)
  assert.equal(await countOf(database), 3)
  slow.letGo()
  const seen: string[] = []
  const next = open({
    handle: async ({ id }) => {
      seen.push(id)
      return DONE
    },
  })
  await until(() => seen.length === 3)
  await next.idle()
})

test('more than memory has room for is refused while the disk does not follow', async (t) => {
  const { open, entry } = await queueOf(t, async () => DONE)
  const { promise, resolve } = Promise.withResolvers<void>()
  const store = {
    isShared: false,
    apply: () => promise,
    lanes: async () => [],
    claim: async () => [],
    nextDue: async () => undefined,
  } as unknown as AsyncQueueStore
  const queue = open({ store })
  const payload = Buffer.alloc(1_048_576)
  const adding = Array.from({ length: 70 }, (_, i) => queue.add(entry(`lane ${i}`, { payload })))
  const refused = adding.slice(64).map((one) => assert.rejects(one, { code: 'StoreBusy' }))
  await Promise.all(refused)
  resolve()
  await Promise.all(adding.slice(0, 64))
  await queue.idle()
})

test('while the process has no rest a lane works on a few at a time', async (t) => {
  const { handle, seen, letGo } = held()
  const { clock, database, entry } = await queueOf(t, handle)
  let isSaturated = true
  const queue = new DurableQueue({
    store: createAsyncQueueStore(database, 'this'),
    clock,
    random: realRandom,
    handle,
    settings: { runningMax: 20, runningMaxWhenSaturated: 3 },
    isSaturated: () => isSaturated,
    reportFault: (error) => assert.fail(String(error)),
  })
  queue.start()
  await Promise.all(Array.from({ length: 40 }, () => queue.add(entry('a'))))
  for (let i = 0; i < 50; i++) await turn()
  assert.equal(seen.length, 3)
  isSaturated = false
  letGo()
  await until(() => seen.length === 23)
  await until(async () => {
    letGo()
    return (await countOf(database)) === 0
  })
  await queue.idle()
})
