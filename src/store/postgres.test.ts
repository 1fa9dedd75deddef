import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { realClock } from '../base/clock.ts'
import type { Database } from './database.ts'
import { openPostgres } from './postgres.ts'
import { hasPostgres } from './testing/postgres-server.ts'
import { newPostgresUrl } from './testing.ts'

const impatient = { ...realClock, sleep: async () => {} }

test('a server that is not there is named, without the password', async () => {
  const opening = openPostgres('postgres://u:secret@127.0.0.1:1/db', { clock: impatient })
  await assert.rejects(opening, (error: Error & { code?: string }) => {
    assert.equal(error.code, 'DatabaseUnavailable')
    assert.match(error.message, /127\.0\.0\.1:1/)
    assert.doesNotMatch(error.message, /secret/)
    return true
  })
})

if (hasPostgres()) describe('PostgreSQL', suite)
else test.skip('skipped: no PostgreSQL binaries on this machine', () => {})

function suite(): void {
  async function opened(t: TestContext, url?: string) {
    const database = await openPostgres(url ?? (await newPostgresUrl()))
    t.after(() => database.close())
    return database
  }

  test('installations in other schemas of the same database see nothing of each other', async (t) => {
    const [one, two] = [await opened(t), await opened(t)]
    await put(one, 'a')
    assert.deepEqual(await names(two), [])
  })

  test('two nodes on the same schema see each other’s writes', async (t) => {
    const url = await newPostgresUrl()
    const [one, two] = [await opened(t, url), await opened(t, url)]
    await put(one, 'a')
    assert.deepEqual(await names(two), ['a'])
  })

  test('reads and writes go on after all connections were cut', async (t) => {
    const [database, other] = [await opened(t), await opened(t)]
    await put(database, 'before')
    await cut(other, sql`pid <> pg_backend_pid()`)
    assert.deepEqual(await names(database), ['before'])
    await put(database, 'after')
    assert.deepEqual(await names(database), ['after', 'before'])
  })

  test('a write that loses its connection is run again, and written once', async (t) => {
    const [database, other] = [await opened(t), await opened(t)]
    let runs = 0
    await database.write(async (transaction) => {
      await sql`insert into store_settings values ('a', '')`.execute(transaction)
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction)
      if (runs++ === 0) await cut(other, sql`pid = ${rows[0]?.pid}`)
      await sql`insert into store_settings values ('b', '')`.execute(transaction)
    })
    assert.equal(runs, 2)
    assert.deepEqual(await names(database), ['a', 'b'])
  })

  test('a commit whose connection is lost is not repeated: nobody knows whether it was written', async (t) => {
    const [database, other] = [await opened(t), await opened(t)]
    await database.write(async (transaction) => {
      await sql`create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(20); return null; end $$`.execute(
        transaction,
      )
      await sql`create constraint trigger slow after insert on store_settings deferrable initially deferred
        for each row execute function slow()`.execute(transaction)
    })
    const uncertain = put(database, 'a')
    const refused = assert.rejects(uncertain, { code: 'CommitUncertain' })
    let ended = 0
    while (ended === 0) {
      await realClock.sleep(10)
      ended = await cut(other, sql`query = 'commit' and state = 'active'`)
    }
    await refused
  })

  test('a deadlock is resolved: one of the two is run again', async (t) => {
    const database = await opened(t)
    await Promise.all([put(database, 'a'), put(database, 'b')])
    const touch = (first: string, second: string) =>
      database.write(
        async (transaction) => {
          await sql`update store_settings set value = value || 'x' where name = ${first}`.execute(transaction)
          await realClock.sleep(50)
          await sql`update store_settings set value = value || 'x' where name = ${second}`.execute(
            transaction,
          )
        },
        { isolation: 'locks' },
      )
    await Promise.all([touch('a', 'b'), touch('b', 'a')])
    const { rows } = await sql`select value from store_settings`.execute(database.kysely)
    assert.deepEqual(rows, [{ value: 'xx' }, { value: 'xx' }])
  })

  test('writers that take rows by skip locked never wait for each other, nor take the same', async (t) => {
    const database = await opened(t)
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => put(database, name)))
    const barrier = Promise.withResolvers<void>()
    let arrived = 0
    const take = () =>
      database.write(
        async (transaction) => {
          const { rows } = await sql<{
            name: string
          }>`select name from store_settings limit 2 for update skip locked`.execute(transaction)
          if (++arrived === 2) barrier.resolve()
          await barrier.promise
          return rows.map(({ name }) => name)
        },
        { isolation: 'locks' },
      )
    const taken = await Promise.all([take(), take()])
    assert.deepEqual(taken.flat().sort(), ['a', 'b', 'c', 'd'])
  })

  test('writes are serializable unless they say that they lock, and reads cannot write', async (t) => {
    const database = await opened(t)
    const isolation = (options: { isolation?: 'locks' }) =>
      database.write(
        async (transaction) => (await sql`show transaction_isolation`.execute(transaction)).rows,
        options,
      )
    assert.deepEqual(await isolation({}), [{ transaction_isolation: 'serializable' }])
    assert.deepEqual(await isolation({ isolation: 'locks' }), [{ transaction_isolation: 'read committed' }])
    assert.deepEqual((await sql`show transaction_read_only`.execute(database.kysely)).rows, [
      { transaction_read_only: 'on' },
    ])
  })

  test('statements, locks and forgotten transactions have their time', async (t) => {
    const database = await opened(t)
    for (const name of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) {
      const { rows } = await sql<{ value: string }>`select current_setting(${name}) as value`.execute(
        database.kysely,
      )
      assert.match(rows[0]?.value ?? '', /^\d+s$/)
    }
  })

  test('an integer that JavaScript cannot hold is an error, not another number', async (t) => {
    const database = await opened(t)
    await assert.rejects(sql`select 9007199254740993::int8 as big`.execute(database.kysely), RangeError)
  })
}

async function put(database: Database, name: string): Promise<void> {
  await database.write((transaction) =>
    sql`insert into store_settings values (${name}, '')`.execute(transaction),
  )
}

async function names({ kysely }: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from store_settings order by name`.execute(kysely)
  return rows.map(({ name }) => name)
}

/** Ends the connections that `which` is true of; how many they were. */
async function cut({ kysely }: Database, which: ReturnType<typeof sql>): Promise<number> {
  const ended = await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where backend_type = 'client backend' and pid <> pg_backend_pid() and ${which}`.execute(kysely)
  return ended.rows.length
}
