import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { rawZip } from '../../base/zip/testing.ts'
import { until } from '../testing.ts'
import { CodeCache } from './code-cache.ts'

test('a package is unpacked once, for all who ask at the same time and later', async (t) => {
  const { cache, zip, folder } = given(t)
  let asked = 0
  const path = async () => {
    asked++
    return zip('a', 10)
  }

  const [one, two] = await Promise.all([cache.take('a', path), cache.take('a', path)])
  const three = await cache.take('a', path)

  assert.equal(asked, 1)
  assert.deepEqual([one.folder, two.folder, three.folder], Array(3).fill(`${folder}/cache/a`))
  assert.equal(readFileSync(`${one.folder}/file`, 'utf8'), 'x'.repeat(10))
})

test('what an earlier daemon unpacked is used again', async (t) => {
  const { cache, zip, open } = given(t)
  await cache.take('a', async () => zip('a', 10))

  const { folder } = await open().take('a', () => assert.fail('There is no need for the package.'))

  assert.equal(readFileSync(`${folder}/file`, 'utf8'), 'x'.repeat(10))
})

test('a package that fails is tried again, and leaves nothing', async (t) => {
  const { cache, zip, folder } = given(t)
  writeFileSync(`${folder}/broken`, 'no zip')

  await assert.rejects(
    cache.take('a', async () => `${folder}/broken`),
    { name: 'ZipError' },
  )
  assert.deepEqual(readdirSync(`${folder}/cache`), [])
  await cache.take('a', async () => zip('a', 1))
})

test('above its size what was unused for longest goes, and never what is in use', async (t) => {
  const { cache, zip, folder } = given(t, 250)
  const take = (name: string) => cache.take(name, async () => zip(name, 100))
  const used = await take('used')
  for (const name of ['a', 'b', 'c']) {
    const code = await take(name)
    code.release()
  }
  await cache.settled()

  assert.deepEqual(readdirSync(`${folder}/cache`).sort(), ['c', 'used'])
  assert.ok(existsSync(used.folder))
  assert.ok(existsSync((await take('a')).folder))
})

test('what earlier daemons left counts, and goes before what was used since', async (t) => {
  const earlier = given(t, 1000)
  for (const name of ['a', 'b', 'c']) {
    await earlier.cache.make(name, async (folder) => {
      writeFileSync(`${folder}/file`, 'x'.repeat(100))
      return 100
    })
  }
  const cache = earlier.open(250)
  await cache.removeLeftovers()
  assert.equal(await cache.takeKept('d'), undefined)
  for (let turn = 0; turn < 4; turn++) {
    const kept = await cache.takeKept('a')
    kept?.release()
    await until(() => readdirSync(`${earlier.folder}/cache`).every((name) => !name.includes('.')))
  }
  await until(() => readdirSync(`${earlier.folder}/cache`).length === 2)
  assert.ok(existsSync(`${earlier.folder}/cache/a`))
})

test('what is made beforehand is there once it is whole, or not at all', async (t) => {
  const { cache, folder } = given(t)
  const write = (size: number) => async (into: string) => {
    assert.deepEqual(await cache.takeKept('a'), undefined)
    writeFileSync(`${into}/file`, 'x'.repeat(size))
    return size
  }
  assert.equal(await cache.make('a', write(0)), false)
  await assert.rejects(
    cache.make('a', async (into) => {
      await write(10)(into)
      throw new Error('no compiler')
    }),
    { message: 'no compiler' },
  )
  assert.deepEqual(readdirSync(`${folder}/cache`), [])
  assert.equal(await cache.make('a', write(10)), true)
  const kept = await cache.takeKept('a')
  assert.deepEqual(readdirSync(kept?.folder ?? ''), ['file'])
})

test('what was not finished when a daemon died is removed', async (t) => {
  const { cache, folder } = given(t)
  mkdirSync(`${folder}/cache/a.partial-x`)
  mkdirSync(`${folder}/cache/b.removed-1`)
  mkdirSync(`${folder}/cache/c`)

  await cache.removeLeftovers()

  assert.deepEqual(readdirSync(`${folder}/cache`), ['c'])
})

function given(t: TestContext, bytesMax = 1000) {
  const folder = mkdtempSync(`${tmpdir()}/code-`)
  t.after(() => rmSync(folder, { recursive: true }))
  const open = (most = bytesMax) =>
    new CodeCache(`${folder}/cache`, { bytesMax: most, report: (error) => assert.fail(String(error)) })
  const zip = (name: string, bytes: number) => {
    writeFileSync(`${folder}/${name}.zip`, rawZip([{ name: 'file', data: 'x'.repeat(bytes) }]))
    return `${folder}/${name}.zip`
  }
  return { folder, open, cache: open(), zip }
}
