import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { ObjectFiles } from './files.ts'

async function filesRig(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'lambdad-s3-files-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const open = async (seed: string) => {
    const files = new ObjectFiles(folder, seededRandom(seed))
    await files.start()
    return files
  }
  const names = async () => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  }
  return { open, names }
}

const write = (files: ObjectFiles, ...pieces: string[]) =>
  files.write(bytesOf(pieces), { bytesMax: 100, algorithms: [] })

async function* bytesOf(pieces: readonly string[], failure?: Error): AsyncIterable<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece)
  if (failure !== undefined) throw failure
}

test('a file of an earlier run that no object has is swept; one that is being put is left alone', async (t) => {
  const { open, names } = await filesRig(t)
  const before = await open('before')
  const kept = await write(before, 'kept')
  await write(before, 'orphan')
  const files = await open('now')
  const fresh = await write(files, 'new')
  await files.sweep(async () => new Set([kept.file.name]))
  assert.deepEqual((await names()).sort(), [kept.file.name, fresh.file.name].sort())
})

test('a body that breaks off, or is too large, leaves nothing', async (t) => {
  const { open, names } = await filesRig(t)
  const files = await open('now')
  const broken = bytesOf(['half'], new Error('the client went away'))
  await assert.rejects(files.write(broken, { bytesMax: 100, algorithms: [] }), /went away/)
  await assert.rejects(files.write(bytesOf(['x'.repeat(101)]), { bytesMax: 100, algorithms: [] }), {
    code: 'EntityTooLarge',
  })
  assert.deepEqual(await names(), [])
})

test('a file that is removed while it is read goes when it has been read', async (t) => {
  const { open, names } = await filesRig(t)
  const files = await open('now')
  const parts = [(await write(files, '01', '23')).file, (await write(files, '4567')).file]
  const across = await files.read(parts, { start: 2, end: 5 })
  await files.remove(parts)
  assert.equal((await names()).length, 2)
  assert.equal(await files.read(parts, { start: 0, end: 7 }), undefined)
  assert.ok(across)
  const closed = new Promise((resolve) => across.once('close', resolve))
  assert.equal(await text(across), '2345')
  await closed
  while ((await names()).length > 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(await files.read(parts, { start: 0, end: 7 }), undefined)
})
