import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { VirtualClock } from '../base/clock.ts'
import { realRandom } from '../base/random.ts'
import { describeBlobStore, listed } from './blobs.contract.ts'
import { openFileBlobs } from './blobs.files.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

describeBlobStore('files', async (t) => {
  const clock = new VirtualClock()
  return { blobs: await openFileBlobs(temporaryFolder(t), { clock, random: realRandom }), clock }
})

const deps = { clock: new VirtualClock(), random: realRandom }

test('a blob is a file two folders deep, for its owner alone', async (t) => {
  const folder = temporaryFolder(t)
  const blobs = await openFileBlobs(folder, deps)
  const { sha256 } = await blobs.put(Buffer.from('x'))
  const file = path.join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256)
  assert.equal(await blobs.path(sha256), file)
  assert.equal(await readFile(file, 'utf8'), 'x')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
})

test('what an earlier process left half done is removed, what it had finished is kept', async (t) => {
  const folder = temporaryFolder(t)
  const { sha256 } = await (await openFileBlobs(folder, deps)).put(Buffer.from('whole'))
  const half = path.join(folder, 'unfinished', '0123')
  await writeFile(half, 'ha')
  const blobs = await openFileBlobs(folder, deps)
  await assert.rejects(stat(half), { code: 'ENOENT' })
  assert.deepEqual(
    (await listed(blobs)).map((blob) => blob.sha256),
    [sha256],
  )
})

test('files that are no blobs are not listed', async (t) => {
  const folder = temporaryFolder(t)
  const blobs = await openFileBlobs(folder, deps)
  const { sha256 } = await blobs.put(Buffer.from('x'))
  await writeFile(path.join(folder, sha256.slice(0, 2), '.DS_Store'), '')
  await writeFile(path.join(folder, sha256.slice(0, 2), sha256.slice(2, 4), 'notes.txt'), '')
  assert.equal((await listed(blobs)).length, 1)
})
