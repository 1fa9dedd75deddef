import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { isDataFolder, lockedBy, openDataFolder } from './data-folder.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

const run = promisify(execFile)

test('a folder that is missing is made, parents and all, for its owner alone', async (t) => {
  const root = path.join(temporaryFolder(t), 'a', 'b')
  const folder = await openDataFolder(root)
  t.after(() => folder.close())
  for (const made of [root, folder.blobs, folder.cache]) assert.equal(statSync(made).mode & 0o777, 0o700)
  assert.equal(readFileSync(path.join(root, 'version'), 'utf8'), '1\n')
  assert.equal(path.dirname(folder.databaseFile), root)
})

test('a folder has one owner at a time, and says which', async (t) => {
  const root = temporaryFolder(t)
  assert.equal(await lockedBy(root), undefined)
  const folder = await openDataFolder(root)
  assert.equal(await lockedBy(root), process.pid)
  await assert.rejects(openDataFolder(root), { code: 'DatabaseLocked' })
  folder.close()
  assert.equal(await lockedBy(root), undefined)
  ;(await openDataFolder(root)).close()
})

test('asking for the owner makes nothing', async (t) => {
  const root = temporaryFolder(t)
  assert.equal(await lockedBy(root), undefined)
  assert.equal(await lockedBy(path.join(root, 'missing')), undefined)
  assert.deepEqual(readdirSync(root), [])
})

test('a folder that holds something else is refused and left alone', async (t) => {
  const root = temporaryFolder(t)
  writeFileSync(path.join(root, 'thesis.tex'), '')
  await assert.rejects(openDataFolder(root), { code: 'BadSetting', message: /holds other things/ })
  assert.deepEqual(readdirSync(root), ['thesis.tex'])
  assert.equal(await isDataFolder(root), false)
})

test('a folder in which a process ended before its first step is taken', async (t) => {
  const root = temporaryFolder(t)
  for (const name of ['lock', 'lock.pid', 'version.new']) writeFileSync(path.join(root, name), '')
  ;(await openDataFolder(root)).close()
  assert.equal(await isDataFolder(root), true)
})

test('a folder of a newer layout is refused, naming both', async (t) => {
  const root = temporaryFolder(t)
  writeFileSync(path.join(root, 'version'), '7\n')
  await assert.rejects(openDataFolder(root), { code: 'DatabaseNewer', message: /layout 7.*layout 1/ })
  assert.equal(await lockedBy(root), undefined)
})

test('what cannot be a folder is named', async (t) => {
  const root = temporaryFolder(t)
  const file = path.join(root, 'file')
  writeFileSync(file, '')
  await assert.rejects(openDataFolder(file), { code: 'FolderNotWritable', message: /file/ })
  await assert.rejects(openDataFolder(path.join(file, 'below')), { code: 'FolderNotWritable' })
})

test('a folder of another user is named as not writable', { skip: process.getuid?.() !== 0 }, async (t) => {
  const root = temporaryFolder(t)
  const script = `
    const { openDataFolder } = await import(${JSON.stringify(new URL('./data-folder.ts', import.meta.url).href)})
    process.setuid(65534)
    await openDataFolder(process.argv[1]).catch((error) => console.log(error.code, error.message))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, root])
  assert.ok(stdout.startsWith(`FolderNotWritable the folder ${root} cannot be written: `), stdout)
})
