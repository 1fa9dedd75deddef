import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Clock, VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import type { Database } from '../database.ts'
import { describeOnEveryDatabase } from '../testing.ts'
import type { Item } from './outbox.ts'
import { OutboxRunner, type OutboxRunnerOptions, type Verdict } from './runner.ts'

const MINUTE = 60_000

describeOnEveryDatabase('outbox', (open) => {
  async function rig(
    t: TestContext,
    deliver: (item: Item, signal: AbortSignal) => Promise<Verdict> | Verdict,
    more: Partial<OutboxRunnerOptions> = {},
  ) {
    const database = more.database ?? (await open())
    const clock = new VirtualClock()
    const faults: unknown[] = []
    let nodes = 0
    const node = (take: typeof deliver = deliver, ownClock: Clock = clock) =>
      new OutboxRunner({
        database,
        clock: ownClock,
        random: seededRandom(`node ${nodes++}`),
        kind: 'test',
        deliver: async (item, signal) => take(item, signal),
        reportFault: (error) => faults.push(error),
        ...more,
      })
    const runner = node()
    t.after(async () => {
      await runner.stop()
      await database.close()
    })
    return { database, clock, faults, runner, node }
  }

  const put = (database: Database, runner: OutboxRunner, ...items: readonly string[]) =>
    database.write((transaction) =>
      runner.add(
        transaction,
        items.map((text) => ({ lane: text.split(' ')[0] ?? '', body: text })),
      ),
    )

  /** Time goes by in steps, since databases answer in their own. */
  async function until(clock: VirtualClock, isReached: () => boolean, stepMs = 1000): Promise<void> {
    for (let steps = 0; !isReached(); steps++) {
      assert.ok(steps < 2000, 'it never came to that')
      await clock.advance(stepMs)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  test('what is added is delivered once it is committed, and is gone then', async (t) => {
    const seen: string[] = []
    const { database, clock, runner } = await rig(t, ({ body }) => {
      seen.push(body)
      return 'done'
    })
    await runner.start()
    await put(database, runner, 'a 1', 'a 2', 'b 1')
    await until(clock, () => seen.length === 3)
    assert.deepEqual(seen.sort(), ['a 1', 'a 2', 'b 1'])
    await runner.stop()
    assert.equal(await runner.count(), 0)
  })

  test('what was undone is never delivered', async (t) => {
    const seen: string[] = []
    const { database, clock, runner } = await rig(t, ({ body }) => {
      seen.push(body)
      return 'done'
    })
    await runner.start()
    const failing = database.write(async (transaction) => {
      await runner.add(transaction, [{ lane: 'a', body: 'a 1' }])
      throw new Error('undone')
    })
    await assert.rejects(failing, /undone/)
    await put(database, runner, 'b 1')
    await until(clock, () => seen.length > 0)
    assert.deepEqual(seen, ['b 1'])
  })

  test('what fails is tried again when it says, with its attempts counted', async (t) => {
    const tried: [number, number][] = []
    const { database, clock, runner } = await rig(t, ({ attempts }) => {
      tried.push([attempts, clock.now()])
      return attempts < 2 ? { retryAt: clock.now() + MINUTE } : 'done'
    })
    const began = clock.now()
    await runner.start()
    await put(database, runner, 'a 1')
    await until(clock, () => tried.length === 3)
    assert.deepEqual(
      tried.map(([attempts]) => attempts),
      [0, 1, 2],
    )
    assert.ok((tried[1]?.[1] ?? 0) >= began + MINUTE)
    assert.ok((tried[2]?.[1] ?? 0) >= began + 2 * MINUTE)
  })

  test('a delivery that throws is reported and tried again', async (t) => {
    let calls = 0
    const { database, clock, runner, faults } = await rig(t, () => {
      if (++calls === 1) throw new Error('a defect')
      return 'done'
    })
    await runner.start()
    await put(database, runner, 'a 1')
    await until(clock, () => calls === 2)
    assert.match(String(faults[0]), /a defect/)
  })

  test('a lane that hangs holds up no other', async (t) => {
    const seen: string[] = []
    const hang = Promise.withResolvers<Verdict>()
    const { database, clock, runner } = await rig(
      t,
      ({ lane, body }) => {
        seen.push(body)
        return lane === 'stuck' ? hang.promise : 'done'
      },
      { limits: { perLane: 2, inAll: 3 } },
    )
    await runner.start()
    await put(
      database,
      runner,
      ...Array.from({ length: 20 }, (_, index) => `stuck ${index}`),
      'free 1',
      'free 2',
    )
    await until(clock, () => seen.includes('free 1') && seen.includes('free 2'))
    assert.equal(seen.filter((body) => body.startsWith('stuck')).length, 2)
    hang.resolve('done')
    await until(clock, () => seen.length === 22)
  })

  test('more than memory may hold waits in the database', async (t) => {
    const seen: string[] = []
    const { database, clock, runner } = await rig(
      t,
      ({ body }) => {
        seen.push(body)
        return 'done'
      },
      { limits: { heldInAll: 10, heldPerLane: 4 } },
    )
    await runner.start()
    const bodies = Array.from({ length: 100 }, (_, index) => `lane${index % 3} ${index}`)
    await put(database, runner, ...bodies)
    await until(clock, () => seen.length >= 100)
    assert.deepEqual([...new Set(seen)].sort(), bodies.sort())
    assert.equal(seen.length, 100)
  })

  test('in an ordered lane nothing overtakes what failed', async (t) => {
    const seen: string[] = []
    let failures = 3
    const { database, clock, runner } = await rig(
      t,
      ({ body }) => {
        if (body === 'o 1' && failures-- > 0) return { retryAt: clock.now() + MINUTE }
        seen.push(body)
        return 'done'
      },
      { isOrdered: (lane) => lane === 'o' },
    )
    await runner.start()
    await put(database, runner, 'o 1', 'o 2')
    await until(clock, () => failures === 2)
    await put(database, runner, 'o 3', 'free 1')
    await until(clock, () => failures === 1)
    await put(database, runner, 'o 4')
    await until(clock, () => seen.length === 5)
    assert.deepEqual(
      seen.filter((body) => body.startsWith('o')),
      ['o 1', 'o 2', 'o 3', 'o 4'],
    )
    assert.equal(seen[0], 'free 1')
  })

  test('what is due later is delivered then', async (t) => {
    let at = 0
    const { database, clock, runner } = await rig(t, () => {
      at = clock.now()
      return 'done'
    })
    const began = clock.now()
    await runner.start()
    await database.write((transaction) =>
      runner.add(transaction, [{ lane: 'a', body: 'later', dueAt: began + 10 * MINUTE }]),
    )
    await until(clock, () => at > 0)
    assert.ok(at >= began + 10 * MINUTE && at <= began + 11 * MINUTE, String(at - began))
  })

  test('what a node leaves when it dies is delivered by another', async (t) => {
    const seen: string[] = []
    const { database, clock, node } = await rig(t, () => 'done')
    // Its clock stands still, and it does nothing any more.
    const dead = node(() => new Promise<never>(() => {}), new VirtualClock())
    await put(database, dead, 'a 1', 'b 1')
    const other = node(({ body }) => {
      seen.push(body)
      return 'done'
    })
    await other.start()
    await until(clock, () => seen.length === 2)
    await other.stop()
    assert.deepEqual(seen.sort(), ['a 1', 'b 1'])
  })

  test('two nodes share the work and deliver everything once', async (t) => {
    const seen: string[] = []
    const take = ({ body }: Item): Verdict => {
      seen.push(body)
      return 'done'
    }
    const { database, clock, runner, node } = await rig(t, take, { limits: { heldInAll: 5 } })
    const other = node()
    if (!database.dialect.supportsSkipLocked) return // one process has a SQLite database
    await runner.start()
    await other.start()
    const bodies = Array.from({ length: 60 }, (_, index) => `lane${index % 5} ${index}`)
    await put(database, runner, ...bodies)
    await until(clock, () => seen.length >= 60)
    await other.stop()
    assert.deepEqual(seen.sort(), bodies.sort())
  })

  test('a long delivery is not begun by another node meanwhile', async (t) => {
    const seen: string[] = []
    const slow = Promise.withResolvers<Verdict>()
    const { database, clock, runner, node } = await rig(t, ({ body }) => {
      seen.push(body)
      return slow.promise
    })
    if (!database.dialect.supportsSkipLocked) return
    await runner.start()
    const other = node()
    await other.start()
    await put(database, runner, 'a 1')
    for (let minutes = 0; minutes < 20; minutes++) {
      await clock.advance(MINUTE / 12)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    assert.deepEqual(seen, ['a 1'])
    slow.resolve('done')
    await until(clock, () => seen.length === 1)
    await other.stop()
  })
})
