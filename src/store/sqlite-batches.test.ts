import assert from 'node:assert/strict'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { realClock } from '../base/clock.ts'
import { batchesOn } from './sqlite-batches.ts'
import { SqliteFile } from './sqlite-file.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

/** Two connections to one file: ours, and another program's. */
function twoPrograms(t: TestContext) {
  const file = path.join(temporaryFolder(t), 'db')
  const ours = new SqliteFile(file, 'pragma journal_mode = wal; create table things (id integer)')
  const theirs = new SqliteFile(file, '')
  t.after(() => {
    ours.close()
    theirs.close()
  })
  return { ours, theirs }
}

test('a batch waits while another program writes', async (t) => {
  const { ours, theirs } = twoPrograms(t)
  theirs.exec('begin immediate')
  let waits = 0
  const clock = { ...realClock, sleep: async () => void (++waits === 3 && theirs.exec('commit')) }
  const batches = batchesOn(ours, clock)
  await batches.begin()
  batches.commit()
  assert.equal(waits, 3)
})

test('a batch that waits too long says that another program has the file', async (t) => {
  const { ours, theirs } = twoPrograms(t)
  theirs.exec('begin immediate')
  const batches = batchesOn(ours, { ...realClock, sleep: async () => {} })
  await assert.rejects(batches.begin(), { code: 'DatabaseLocked', message: /another program/ })
  theirs.exec('commit')
  await batches.begin()
  batches.rollback()
  assert.equal(batches.isOpen, false)
})

test('where a batch cannot be undone the database takes no more', async () => {
  const exec = (sql: string) => {
    if (sql === 'rollback') throw new Error('disk I/O error')
  }
  const batches = batchesOn({ exec, isInTransaction: true })
  await batches.begin()
  batches.rollback()
  await assert.rejects(batches.begin(), /until a restart/)
})
