import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { realClock } from '../base/clock.ts'
import { realRandom } from '../base/random.ts'
import { MemoryChanges } from './changes.memory.ts'
import { openPostgresChanges } from './changes.postgres.ts'
import type { Changes } from './changes.ts'
import type { Database } from './database.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import { hasPostgres } from './testing/postgres-server.ts'
import { newPostgresUrl } from './testing.ts'

type Open = (t: TestContext) => Promise<{ changes: Changes; database: Database }>

function describeChanges(name: string, open: Open): void {
  describe(`changes on ${name}`, () => {
    test('a subscriber of the topic hears the key before publish resolves', async (t) => {
      const { changes } = await open(t)
      const heard = listen(changes, 'functions')
      await changes.publish('functions', 'hello')
      assert.deepEqual(heard, ['hello'])
    })

    test('other topics are not heard, nor anything after unsubscribing', async (t) => {
      const { changes } = await open(t)
      const heard: unknown[] = []
      const stop = changes.subscribe('functions', (key) => heard.push(key))
      await changes.publish('queues', 'q')
      stop()
      stop()
      await changes.publish('functions', 'hello')
      assert.deepEqual(heard, [])
    })

    test('the same function may listen twice, and stops once', async (t) => {
      const { changes } = await open(t)
      let count = 0
      const listener = () => count++
      const stop = changes.subscribe('functions', listener)
      changes.subscribe('functions', listener)
      await changes.publish('functions', 'a')
      stop()
      await changes.publish('functions', 'b')
      assert.equal(count, 3)
    })

    test('published with a write, it is told when that commits and before it resolves', async (t) => {
      const { changes, database } = await open(t)
      const heard = listen(changes, 'functions')
      await database.write(async (transaction) => {
        await changes.publish('functions', 'hello', transaction)
        assert.deepEqual(heard, [])
      })
      assert.deepEqual(heard, ['hello'])
    })

    test('published with a write that fails, it is never told', async (t) => {
      const { changes, database } = await open(t)
      const heard = listen(changes, 'functions')
      const failing = database.write(async (transaction) => {
        await changes.publish('functions', 'hello', transaction)
        throw new Error('no')
      })
      await assert.rejects(failing)
      await changes.publish('functions', 'next')
      assert.deepEqual(heard, ['next'])
    })

    test('what is too long for a notification, or has a NUL, is refused', async (t) => {
      const { changes } = await open(t)
      await changes.publish('t'.repeat(100), 'ä'.repeat(1000))
      for (const [topic, key] of [
        ['t'.repeat(101), ''],
        ['t', 'ä'.repeat(1001)],
        ['t', '\0'],
      ] as const) {
        await assert.rejects(changes.publish(topic, key), { code: 'BadSetting' })
      }
    })

    test('publishing beside the transaction of a write is refused', async (t) => {
      const { changes, database } = await open(t)
      await assert.rejects(database.write(() => changes.publish('functions', 'hello')))
    })

    test('a listener that throws keeps no other one from hearing', async (t) => {
      const { changes } = await open(t)
      const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
      changes.subscribe('functions', () => {
        throw new Error('a bad listener')
      })
      const heard = listen(changes, 'functions')
      await changes.publish('functions', 'hello')
      assert.deepEqual(heard, ['hello'])
      assert.match((await warned).message, /a bad listener/)
    })
  })
}

describeChanges('one node', async (t) => {
  const database = await openSqlite(':memory:')
  t.after(() => database.close())
  return { changes: new MemoryChanges(), database }
})

const deps = { clock: realClock, random: realRandom }

async function openNode(t: TestContext, url: string) {
  const database = await openPostgres(url)
  const changes = await openPostgresChanges(url, { database, ...deps })
  t.after(async () => {
    await changes.close()
    await database.close()
  })
  return { changes, database }
}

if (hasPostgres()) {
  describeChanges('PostgreSQL', async (t) => openNode(t, await newPostgresUrl()))

  test('every other node on the same schema hears a change once, nodes on another schema do not', async (t) => {
    const url = await newPostgresUrl()
    const [one, two, stranger] = await Promise.all([
      openNode(t, url),
      openNode(t, url),
      openNode(t, await newPostgresUrl()),
    ])
    const heard = [one, two, stranger].map(({ changes }) => listen(changes, 'functions'))
    await one.changes.publish('functions', 'line\nbreak')
    await two.changes.publish('functions', 'last')
    await until(() => heard[0]?.length === 2 && heard[1]?.length === 2)
    // What a node publishes itself it may hear sooner than what came before from another.
    for (const keys of heard) keys.sort()
    assert.deepEqual(heard, [['last', 'line\nbreak'], ['last', 'line\nbreak'], []])
  })

  test('a node that was cut off connects again, and hears that anything may have changed', async (t) => {
    const url = await newPostgresUrl()
    const [one, two] = await Promise.all([openNode(t, url), openNode(t, url)])
    const heard = listen(two.changes, 'functions')
    await cutConnections(one.database, 'listen')
    await until(() => heard.length === 1)
    assert.equal(heard[0], undefined)
    await until(async () => {
      await one.changes.publish('functions', 'after')
      return heard.includes('after')
    })
  })
} else test.skip('skipped: no PostgreSQL binaries on this machine', () => {})

/** Ends the connections whose last statement began with `statement`, as a server's restart would. */
async function cutConnections({ write }: Database, statement: string): Promise<void> {
  await write((transaction) =>
    transaction
      .withTables<{ pg_stat_activity: { query: string; pid: number } }>()
      .selectFrom('pg_stat_activity')
      .where('query', 'like', `${statement}%`)
      .select(({ fn }) => fn('pg_terminate_backend', ['pid']).as('ended'))
      .execute(),
  )
}

function listen(changes: Changes, topic: string): unknown[] {
  const heard: unknown[] = []
  changes.subscribe(topic, (key) => heard.push(key))
  return heard
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await realClock.sleep(10)
}
