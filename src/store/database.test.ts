import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterCommit } from './after-commit.ts'
import type { Database } from './database.ts'
import { violatedConstraint } from './errors.ts'
import { describeOnEveryDatabase } from './testing.ts'

type Things = { things: { id: number; name: string | null; bytes: Uint8Array | null } }

describeOnEveryDatabase('database', (open) => {
  async function withThings(t: { after(run: () => Promise<void>): void }) {
    const database = await open()
    t.after(() => database.close())
    await makeThings(database)
    const things = database.kysely.withTables<Things>()
    const add = (id: number, name: string | null = null, bytes: Uint8Array | null = null) =>
      database.write((transaction) =>
        transaction.withTables<Things>().insertInto('things').values({ id, name, bytes }).execute(),
      )
    const ids = async () =>
      (await things.selectFrom('things').select('id').orderBy('id').execute()).map(({ id }) => id)
    return { database, things, add, ids }
  }

  test('a write that resolved is seen by reads', async (t) => {
    const { add, ids } = await withThings(t)
    await add(1)
    assert.deepEqual(await ids(), [1])
  })

  test('a write that throws leaves nothing, and its error reaches the caller', async (t) => {
    const { database, ids } = await withThings(t)
    const failing = database.write(async (transaction) => {
      await transaction.withTables<Things>().insertInto('things').values(thing(1)).execute()
      throw new Error('changed my mind')
    })
    await assert.rejects(failing, /changed my mind/)
    assert.deepEqual(await ids(), [])
  })

  test('of writers that arrive together, those that fail are undone alone', async (t) => {
    const { add, ids } = await withThings(t)
    await add(3)
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map((id) => add(id)))
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    )
    assert.deepEqual(await ids(), [1, 2, 3, 4, 5])
  })

  test('a broken constraint is told apart from other errors', async (t) => {
    const { add, database } = await withThings(t)
    await add(1)
    assert.equal(violatedConstraint(await add(1).catch((error) => error)), 'unique')
    const nonsense = database.kysely
      .withTables<{ nowhere: object }>()
      .selectFrom('nowhere')
      .selectAll()
      .execute()
    assert.equal(violatedConstraint(await nonsense.catch((error) => error)), undefined)
    assert.equal(violatedConstraint('a string'), undefined)
  })

  test('a statement that failed undoes its write, even where the error was caught', async (t) => {
    const { database, add, ids } = await withThings(t)
    await add(1)
    const careless = database.write(async (transaction) => {
      const things = transaction.withTables<Things>()
      await things.insertInto('things').values(thing(2)).execute()
      await things
        .insertInto('things')
        .values(thing(1))
        .execute()
        .catch(() => {})
    })
    assert.equal(violatedConstraint(await careless.catch((error) => error)), 'unique')
    assert.deepEqual(await ids(), [1])
  })

  test('a read beside an open write sees what is committed, and does not wait', async (t) => {
    const { database, ids } = await withThings(t)
    const seen = await database.write(async (transaction) => {
      await transaction.withTables<Things>().insertInto('things').values(thing(1)).execute()
      return ids()
    })
    assert.deepEqual(seen, [])
    assert.deepEqual(await ids(), [1])
  })

  test('a write inside a write is refused, instead of waiting for itself', async (t) => {
    const { database, add, ids } = await withThings(t)
    await assert.rejects(
      database.write(() => add(1)),
      /use the transaction that it was given/,
    )
    await add(2)
    assert.deepEqual(await ids(), [2])
  })

  test('a query that its write did not wait for is refused, and is in nobody else’s transaction', async (t) => {
    const { database, add, ids } = await withThings(t)
    let late: Promise<unknown> = Promise.resolve()
    const { promise: over, resolve } = Promise.withResolvers<void>()
    await database.write(async (transaction) => {
      late = over.then(() => transaction.withTables<Things>().insertInto('things').values(thing(7)).execute())
    })
    const next = add(1)
    resolve()
    await assert.rejects(late)
    await next
    assert.deepEqual(await ids(), [1])
  })

  test('what reads may not do is refused: writing, and transactions', async (t) => {
    const { things, ids } = await withThings(t)
    await assert.rejects(things.insertInto('things').values(thing(1)).execute(), /write with Database\.write/)
    await assert.rejects(
      things.transaction().execute(async () => {}),
      /Database\.write/,
    )
    assert.deepEqual(await ids(), [])
  })

  test('writes that read what they change come out as if one followed the other', async (t) => {
    const { database, things, add } = await withThings(t)
    await add(1, '0')
    const increment = () =>
      database.write(async (transaction) => {
        const table = transaction.withTables<Things>()
        const { name } = await table
          .selectFrom('things')
          .select('name')
          .where('id', '=', 1)
          .executeTakeFirstOrThrow()
        await table
          .updateTable('things')
          .set({ name: String(Number(name) + 1) })
          .where('id', '=', 1)
          .execute()
      })
    await Promise.all(Array.from({ length: 20 }, increment))
    const row = await things.selectFrom('things').select('name').executeTakeFirstOrThrow()
    assert.equal(row.name, '20')
  })

  test('values come back as they went in: bytes, integers up to 2^53, text, null', async (t) => {
    const { things, add } = await withThings(t)
    await add(Number.MAX_SAFE_INTEGER, 'ä 🌍', new Uint8Array([0, 255, 7]))
    await add(Number.MIN_SAFE_INTEGER)
    assert.deepEqual(await things.selectFrom('things').selectAll().orderBy('id').execute(), [
      { id: Number.MIN_SAFE_INTEGER, name: null, bytes: null },
      { id: Number.MAX_SAFE_INTEGER, name: 'ä 🌍', bytes: new Uint8Array([0, 255, 7]) },
    ])
  })

  test('counts and sums are numbers', async (t) => {
    const { things, add } = await withThings(t)
    await Promise.all([add(2), add(3)])
    const row = await things
      .selectFrom('things')
      .select(({ fn }) => [fn.countAll().as('count'), fn.sum('id').as('sum'), fn.max('id').as('max')])
      .executeTakeFirstOrThrow()
    assert.deepEqual(row, { count: 2, sum: 5, max: 3 })
  })

  test('updates and deletes say how many rows they met', async (t) => {
    const { database, add } = await withThings(t)
    await Promise.all([add(1), add(2), add(3)])
    const counts = await database.write(async (transaction) => {
      const things = transaction.withTables<Things>()
      const updated = await things
        .updateTable('things')
        .set({ name: 'x' })
        .where('id', '>', 1)
        .executeTakeFirst()
      const deleted = await things.deleteFrom('things').executeTakeFirst()
      return [updated.numUpdatedRows, deleted.numDeletedRows]
    })
    assert.deepEqual(counts, [2n, 3n])
  })

  test('what is to happen after the commit happens before the write resolves, and not where it fails', async (t) => {
    const { database, ids } = await withThings(t)
    const happened: string[] = []
    await database.write(async (transaction) => afterCommit(transaction, () => happened.push('committed')))
    happened.push('resolved')
    const failing = database.write(async (transaction) => {
      afterCommit(transaction, () => happened.push('never'))
      throw new Error('no')
    })
    await assert.rejects(failing)
    assert.deepEqual(happened, ['committed', 'resolved'])
    assert.deepEqual(await ids(), [])
  })

  test('a closed database refuses writes, after it has finished those it had taken', async (t) => {
    const { database, add } = await withThings(t)
    const last = add(1)
    await database.close()
    await last
    await assert.rejects(add(2))
  })
})

const thing = (id: number) => ({ id, name: null, bytes: null })

async function makeThings({ write, dialect }: Database): Promise<void> {
  await write((transaction) =>
    transaction.schema
      .createTable('things')
      .addColumn('id', dialect.types.integer, (column) => column.primaryKey())
      .addColumn('name', 'text')
      .addColumn('bytes', dialect.types.bytes)
      .execute(),
  )
}
