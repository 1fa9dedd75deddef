import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { openSqlite } from './sqlite.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

const run = promisify(execFile)

test('what was written is there after closing and opening again', async (t) => {
  const file = path.join(temporaryFolder(t), 'lambdad.db')
  const first = await openSqlite(file)
  await first.write((transaction) => sql`insert into store_settings values ('a', 'b')`.execute(transaction))
  await first.close()
  const second = await openSqlite(file)
  t.after(() => second.close())
  assert.deepEqual((await sql`select * from store_settings`.execute(second.kysely)).rows, [
    { name: 'a', value: 'b' },
  ])
})

test('a database that another process has is refused, naming the folder and the process', async (t) => {
  const folder = temporaryFolder(t)
  const file = path.join(folder, 'lambdad.db')
  const database = await openSqlite(file)
  const other = () => run(process.execPath, ['--input-type=module', '-e', OPENER, file])
  await assert.rejects(other(), (error: { stdout: string }) => {
    assert.equal(
      error.stdout,
      `DatabaseLocked ${folder} is in use by another lambdad (process ${process.pid})\n`,
    )
    return true
  })
  await database.close()
  await other()
})

const OPENER = `
  const { openSqlite } = await import(${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)})
  try {
    await (await openSqlite(process.argv[1])).close()
  } catch (error) {
    console.log(error.code, error.message)
    process.exitCode = 1
  }`

test('another program may look into the database, and may write between our writes', async (t) => {
  const file = path.join(temporaryFolder(t), 'lambdad.db')
  const database = await openSqlite(file)
  t.after(() => database.close())
  const script = `
    const { DatabaseSync } = await import('node:sqlite')
    new DatabaseSync(process.argv[1]).exec("insert into store_settings values ('by', 'hand')")`
  await run(process.execPath, ['--input-type=module', '-e', script, file])
  await database.write((transaction) =>
    sql`insert into store_settings values ('a', 'b')`.execute(transaction),
  )
  assert.equal((await sql`select * from store_settings`.execute(database.kysely)).rows.length, 2)
})

test('a folder that cannot be written is named', async (t) => {
  const file = path.join(temporaryFolder(t), 'file')
  writeFileSync(file, '')
  await assert.rejects(openSqlite(path.join(file, 'lambdad.db')), {
    code: 'FolderNotWritable',
    message: /file/,
  })
})

test('a file that is no database is refused, and left as it was', async (t) => {
  const folder = temporaryFolder(t)
  const file = path.join(folder, 'lambdad.db')
  writeFileSync(file, 'these are my holiday notes '.repeat(100))
  await assert.rejects(openSqlite(file), { code: 'DatabaseDamaged', message: /lambdad\.db/ })
  await assert.rejects(openSqlite(file), { code: 'DatabaseDamaged' })
})

test('a database in memory leaves no files, not even while it is open', async (t) => {
  // In a folder of its own: other tests open such databases at the same time.
  const outer = process.env.TMPDIR
  const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-sqlite-'))
  process.env.TMPDIR = folder
  t.after(() => {
    if (outer === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = outer
    rmSync(folder, { recursive: true })
  })
  const files = () => readdirSync(folder).filter((name) => name.startsWith('lambdad-unkept-'))
  const before = files()
  const database = await openSqlite(':memory:')
  t.after(() => database.close())
  assert.deepEqual(files(), before)
})

test('two databases in memory have nothing to do with each other', async (t) => {
  const [one, two] = await Promise.all([openSqlite(':memory:'), openSqlite(':memory:')])
  t.after(() => Promise.all([one.close(), two.close()]))
  await one.write((transaction) => sql`insert into store_settings values ('a', 'b')`.execute(transaction))
  assert.deepEqual((await sql`select * from store_settings`.execute(two.kysely)).rows, [])
})

test('an integer that JavaScript cannot hold is an error, not another number', async (t) => {
  const database = await openSqlite(':memory:')
  t.after(() => database.close())
  await assert.rejects(sql`select 9007199254740993 as big`.execute(database.kysely), RangeError)
})

test('more statements than are kept prepared go on working', async (t) => {
  const database = await openSqlite(':memory:')
  t.after(() => database.close())
  for (let round = 0; round < 2; round++) {
    for (let value = 0; value < 600; value++) {
      const { rows } = await sql`select ${sql.lit(value)} as value`.execute(database.kysely)
      assert.deepEqual(rows, [{ value }])
    }
  }
})
