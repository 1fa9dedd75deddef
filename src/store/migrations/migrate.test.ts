import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { VirtualClock } from '../../base/clock.ts'
import type { Database } from '../database.ts'
import { openPostgres } from '../postgres.ts'
import { openSqlite } from '../sqlite.ts'
import { hasPostgres } from '../testing/postgres-server.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { newPostgresUrl } from '../testing.ts'
import { type MigrateOptions, type MigrationStep, STEPS } from './index.ts'

type Open = (options: MigrateOptions) => Promise<Database>

const one: MigrationStep = async (kysely) => {
  await kysely.schema.createTable('ones').addColumn('id', 'integer').execute()
}
const two: MigrationStep = async (kysely) => {
  await kysely.schema.alterTable('ones').addColumn('name', 'text').execute()
}
const failing: MigrationStep = async (kysely) => {
  await kysely.schema.createTable('twos').addColumn('id', 'integer').execute()
  throw new Error('this migration is broken')
}
const older = { steps: { '0001-one': one }, programVersion: '0.1.0' }
const newer = { steps: { '0001-one': one, '0002-two': two }, programVersion: '0.2.0' }

function describeMigrations(name: string, place: (t: TestContext) => Promise<Open>): void {
  describe(`migrations on ${name}`, () => {
    test('a new database gets all of them, recorded with the program’s version', async (t) => {
      const database = await (await place(t))(newer)
      t.after(() => database.close())
      assert.deepEqual(await rows(database, 'lambdad_migrations'), [
        { name: '0001-one', program_version: '0.2.0' },
        { name: '0002-two', program_version: '0.2.0' },
      ])
      assert.deepEqual(await rows(database, 'ones'), [])
    })

    test('an older database gets those that it lacks, keeps its rows, and the operator is told', async (t) => {
      const open = await place(t)
      await fill(await open(older))
      const said: string[] = []
      const database = await open({ ...newer, say: (message) => said.push(message) })
      t.after(() => database.close())
      assert.deepEqual(await rows(database, 'ones'), [{ id: 7, name: null }])
      assert.match(said.join(), /from schema 0001-one to 0002-two/)
    })

    test('one that is up to date is left alone, in silence', async (t) => {
      const open = await place(t)
      await (await open(newer)).close()
      const silent = () => assert.fail('said something')
      await (await open({ ...newer, programVersion: '0.3.0', say: silent })).close()
    })

    test('a newer database is refused, with both versions in the message', async (t) => {
      const open = await place(t)
      await (await open(newer)).close()
      await assert.rejects(open(older), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'DatabaseNewer')
        for (const word of ['0.2.0', '0002-two', '0.1.0', '0001-one'])
          assert.ok(error.message.includes(word), word)
        return true
      })
      await (await open(newer)).close()
    })

    test('a migration that fails leaves everything as it was', async (t) => {
      const open = await place(t)
      await fill(await open(older))
      const broken = { ...newer, steps: { ...newer.steps, '0003-broken': failing } }
      await assert.rejects(open(broken), /this migration is broken/)
      const database = await open(older)
      t.after(() => database.close())
      assert.deepEqual(await rows(database, 'ones'), [{ id: 7 }])
    })
  })
}

describeMigrations('SQLite', async (t) => {
  const file = path.join(temporaryFolder(t), 'lambdad.db')
  return (options) => openSqlite(file, options)
})

test('before an older SQLite database is migrated it is copied, and the copy is whole', async (t) => {
  const folder = temporaryFolder(t)
  const file = path.join(folder, 'lambdad.db')
  await fill(await openSqlite(file, older))
  const said: string[] = []
  const clock = new VirtualClock(Date.UTC(2026, 10, 21, 8, 30))
  await (await openSqlite(file, { ...newer, clock, say: (message) => said.push(message) })).close()
  const backup = path.join(folder, 'backup-0001-one-20261121T083000000Z')
  assert.match(said.join(), new RegExp(`copy .*${backup}`))
  const copy = await openSqlite(path.join(backup, 'lambdad.db'), older)
  t.after(() => copy.close())
  assert.deepEqual(await rows(copy, 'ones'), [{ id: 7 }])
})

test('a new SQLite database, and one that is up to date, are not copied', async (t) => {
  const folder = temporaryFolder(t)
  for (let times = 0; times < 2; times++)
    await (await openSqlite(path.join(folder, 'lambdad.db'), newer)).close()
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('backup')),
    [],
  )
})

test('the migrations are listed in the order of their names', () => {
  const names = Object.keys(STEPS)
  assert.deepEqual(names, names.toSorted())
  for (const name of names) assert.match(name, /^\d{4}-[a-z-]+$/)
})

if (hasPostgres()) {
  describeMigrations('PostgreSQL', async () => {
    const url = await newPostgresUrl()
    return (options) => openPostgres(url, options)
  })

  test('nodes that start together on PostgreSQL migrate once', async (t) => {
    const url = await newPostgresUrl()
    const nodes = await Promise.all([1, 2, 3].map(() => openPostgres(url, newer)))
    t.after(() => Promise.all(nodes.map((node) => node.close())))
    for (const node of nodes) assert.equal((await rows(node, 'lambdad_migrations')).length, 2)
  })
} else test.skip('skipped: no PostgreSQL binaries on this machine', () => {})

async function fill(database: Database): Promise<void> {
  await database.write((transaction) => sql`insert into ones (id) values (7)`.execute(transaction))
  await database.close()
}

async function rows({ kysely }: Database, table: string) {
  return (await sql`select * from ${sql.table(table)} order by 1`.execute(kysely)).rows
}
