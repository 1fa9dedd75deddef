import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Kysely, sql, type Transaction } from 'kysely'
import type { Tables } from './database.ts'
import { type Batches, GroupCommit } from './group-commit.ts'
import { writerDialect } from './sqlite-dialect.ts'
import { SqliteFile } from './sqlite-file.ts'

type Work = (transaction: Transaction<Tables>) => Promise<unknown>

/** Group commit over a bare SQLite, with the table `things` in it. */
function withCommits(t: TestContext, options: { waitingMax?: number; batches?: Partial<Batches> } = {}) {
  const file = new SqliteFile(
    ':memory:',
    'pragma foreign_keys = on; create table things (id integer primary key)',
  )
  t.after(() => file.close())
  const counts = { commits: 0 }
  const batches: Batches = {
    begin: async () => file.exec('begin immediate'),
    commit: () => {
      file.exec('commit')
      counts.commits++
    },
    rollback: () => {
      if (file.isInTransaction) file.exec('rollback')
    },
    get isOpen() {
      return file.isInTransaction
    },
    ...options.batches,
  }
  const commits = new GroupCommit(
    new Kysely<Tables>({ dialect: writerDialect(file) }),
    batches,
    options.waitingMax,
  )
  const ids = () =>
    file
      .query<{ id: number }>(sql`select id from things order by id`.compile(anyKysely))
      .rows.map(({ id }) => id)
  return { commits, counts, file, ids }
}

const anyKysely = new Kysely<Tables>({ dialect: writerDialect(new SqliteFile(':memory:', '')) })

const add =
  (id: number): Work =>
  (transaction) =>
    sql`insert into things values (${id})`.execute(transaction)

const statuses = async (writes: Promise<unknown>[]) =>
  (await Promise.allSettled(writes)).map(({ status }) => (status === 'fulfilled' ? 'ok' : 'failed'))

test('writers that arrive together share one commit', async (t) => {
  const { commits, counts, ids } = withCommits(t)
  await Promise.all(Array.from({ length: 50 }, (_, index) => commits.write(add(index))))
  assert.equal(counts.commits, 1)
  assert.equal(ids().length, 50)
})

test('writers that follow one another have a commit each', async (t) => {
  const { commits, counts } = withCommits(t)
  for (const id of [1, 2, 3]) await commits.write(add(id))
  assert.equal(counts.commits, 3)
})

test('a batch is cut, so that its first writers do not wait for endless others', async (t) => {
  const { commits, counts } = withCommits(t)
  await Promise.all(Array.from({ length: 600 }, (_, index) => commits.write(add(index))))
  assert.equal(counts.commits, 3)
})

test('no writer hears of success before the commit', async (t) => {
  const { commits, file } = withCommits(t)
  const states = [1, 2, 3].map((id) => commits.write(add(id)).then(() => file.isInTransaction))
  assert.deepEqual(await Promise.all(states), [false, false, false])
})

test('each of those that fail is undone alone, with all its statements', async (t) => {
  const { commits, counts, ids } = withCommits(t)
  const half: Work = async (transaction) => {
    await add(10)(transaction)
    throw new Error('half way')
  }
  const writes = [add(1), half, add(2), add(1), add(3)].map((work) => commits.write(work))
  assert.deepEqual(await statuses(writes), ['ok', 'failed', 'ok', 'failed', 'ok'])
  assert.deepEqual(ids(), [1, 2, 3])
  assert.equal(counts.commits, 1)
})

test('where one makes the commit fail, the others are written without it', async (t) => {
  const { commits, file, ids } = withCommits(t)
  file.exec('create table parts (thing integer references things deferrable initially deferred)')
  const orphan: Work = (transaction) => sql`insert into parts values (99)`.execute(transaction)
  const writes = [add(1), orphan, add(2)].map((work) => commits.write(work))
  assert.deepEqual(await statuses(writes), ['ok', 'failed', 'ok'])
  assert.deepEqual(ids(), [1, 2])
})

test('where one makes the database give up the whole batch, the others are written without it', async (t) => {
  const { commits, ids } = withCommits(t)
  const givesUp: Work = (transaction) => sql`insert or rollback into things values (1)`.execute(transaction)
  const writes = [add(1), givesUp, add(2)].map((work) => commits.write(work))
  assert.deepEqual(await statuses(writes), ['ok', 'failed', 'ok'])
  assert.deepEqual(ids(), [1, 2])
})

test('a full disk is what the writer hears, and the others are written', async (t) => {
  const { commits, file, ids } = withCommits(t)
  file.exec('create table large (bytes blob); pragma max_page_count = 10')
  const large = commits.write((transaction) =>
    sql`insert into large values (zeroblob(100000))`.execute(transaction),
  )
  const writes = [commits.write(add(1)), large, commits.write(add(2))]
  assert.deepEqual(await statuses(writes), ['ok', 'failed', 'ok'])
  await assert.rejects(large, { code: 'DiskFull' })
  assert.deepEqual(ids(), [1, 2])
})

test('where no batch can be begun all that wait hear why, and later ones are tried again', async (t) => {
  let broken = true
  const begin = async () => {
    if (broken) throw new Error('no batch today')
    file.exec('begin immediate')
  }
  const { commits, file } = withCommits(t, { batches: { begin } })
  assert.deepEqual(await statuses([1, 2].map((id) => commits.write(add(id)))), ['failed', 'failed'])
  broken = false
  await commits.write(add(1))
})

test('a write that takes too long is undone, and the others go on', async (t) => {
  const { commits, ids } = withCommits(t)
  const never: Work = async (transaction) => {
    await add(10)(transaction)
    await new Promise(() => {})
  }
  const slow = commits.write(never, { limitMs: 20 })
  await commits.write(add(1))
  await assert.rejects(slow, { code: 'WriteTooSlow' })
  assert.deepEqual(ids(), [1])
})

test('beyond the bound writers are refused at once, and those that wait are written', async (t) => {
  const { commits, ids } = withCommits(t, { waitingMax: 3 })
  const writes = [1, 2, 3, 4, 5].map((id) => commits.write(add(id)))
  assert.deepEqual(await statuses(writes), ['ok', 'ok', 'ok', 'failed', 'failed'])
  await assert.rejects(writes[4] ?? Promise.resolve(), { code: 'StoreBusy' })
  assert.deepEqual(ids(), [1, 2, 3])
})

test('closing waits for what was taken, and takes no more', async (t) => {
  const { commits, ids } = withCommits(t)
  const taken = commits.write(add(1))
  const closed = commits.close()
  await assert.rejects(commits.write(add(2)), /closed/)
  await Promise.all([taken, closed])
  assert.deepEqual(ids(), [1])
})
