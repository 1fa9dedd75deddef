import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { FunctionVersion } from '../wire/function-version.ts'
import { CannotMount, fileSystemMount } from './file-systems.ts'
import { GROUP } from './sandbox/sandbox.ts'
import { sandboxesHere, testFunction, testWorker } from './testing.ts'

const ACCESS_POINT = 'fsap-0123456789abcdef0'
const OF = `${testFunction.accountId}/${testFunction.region}/${ACCESS_POINT}`
const isRoot = process.getuid?.() === 0
const skip = !(await sandboxesHere()).includes('bubblewrap') && 'there is no bubblewrap'

/** Evaluates what it is sent. */
const EVALUATES = `
  const fs = require('node:fs')
  exports.handler = (source) => {
    try { return eval(source) ?? 'done' } catch (error) { return error.code ?? error.message }
  }`

describe('file systems in bubblewrap', { skip }, () => {
  test('functions with the same access point share its files, and change one another’s', async (t) => {
    const fileSystems = folder(t)
    const { startFunction } = await testWorker(t, 'bubblewrap', { fileSystems })
    const one = startFunction(EVALUATES, mounted('/mnt/data'))
    const other = startFunction(EVALUATES, { ...mounted('/mnt/shared'), name: 'other' })

    assert.equal(
      await one.call(`fs.mkdirSync('/mnt/data/a'); fs.writeFileSync('/mnt/data/a/x', 'one')`),
      'done',
    )
    assert.equal(await other.call(`fs.readFileSync('/mnt/shared/a/x', 'utf8')`), 'one')
    assert.equal(
      await other.call(
        `fs.appendFileSync('/mnt/shared/a/x', '+other'); fs.writeFileSync('/mnt/shared/a/y', '')`,
      ),
      'done',
    )
    assert.equal(await one.call(`fs.rmSync('/mnt/data/a/y')`), 'done')
    assert.equal(readFileSync(`${fileSystems}/${OF}/a/x`, 'utf8'), 'one+other')
    if (isRoot) {
      const [uid, otherUid] = [await one.call('process.getuid()'), await other.call('process.getuid()')]
      assert.notEqual(uid, otherUid)
      assert.equal(statSync(`${fileSystems}/${OF}/a/x`).uid, uid)
    }
  })

  test('functions without it, or with another one, see nothing of it', async (t) => {
    const fileSystems = folder(t)
    const { startFunction } = await testWorker(t, 'bubblewrap', { fileSystems })
    const with_ = startFunction(EVALUATES, mounted('/mnt/data'))
    assert.equal(await with_.call(`fs.writeFileSync('/mnt/data/x', '')`), 'done')

    const without = startFunction(EVALUATES)
    assert.equal(await without.call(`fs.readdirSync('/mnt/data')`), 'ENOENT')
    assert.equal(await without.call(`fs.existsSync(${JSON.stringify(fileSystems)})`), false)
    const second = mounted('/mnt/data', 'fsap-0123456789abcdef1')
    assert.deepEqual(await startFunction(EVALUATES, second).call(`fs.readdirSync('/mnt/data')`), [])
    const account = { ...mounted('/mnt/data'), accountId: '999999999999' }
    assert.deepEqual(await startFunction(EVALUATES, account).call(`fs.readdirSync('/mnt/data')`), [])
  })

  test('nothing beside it can be written or reached, by links neither', async (t) => {
    const fileSystems = folder(t)
    const secret = `${folder(t)}/secret`
    writeFileSync(secret, 'secret')
    const { startFunction } = await testWorker(t, 'bubblewrap', { fileSystems })
    const fn = startFunction(EVALUATES, mounted('/mnt/data'))
    const call = (source: string) => fn.call(source)

    assert.equal(await call(`fs.symlinkSync(${JSON.stringify(secret)}, '/mnt/data/link')`), 'done')
    assert.equal(await call(`fs.readFileSync('/mnt/data/link')`), 'ENOENT')
    assert.deepEqual(await call(`fs.readdirSync('/mnt/data/..')`), ['data'])
    assert.match(String(await call(`fs.writeFileSync('/mnt/x', '')`)), /^(EROFS|EACCES)$/)
    assert.match(String(await call(`fs.rmdirSync('/mnt/data')`)), /^(EBUSY|EROFS|EACCES)$/)
  })

  test('a folder that is a link out of the file systems is not mounted', async (t) => {
    const fileSystems = folder(t)
    mkdirSync(path.dirname(`${fileSystems}/${OF}`), { recursive: true })
    symlinkSync('/etc', `${fileSystems}/${OF}`)
    const { startFunction } = await testWorker(t, 'bubblewrap', { fileSystems })
    assert.deepEqual(await startFunction(EVALUATES, mounted('/mnt/data')).call('1'), {
      kind: 'platform-error',
      code: 'EFSMountFailureException',
      message: `The folder of the access point ${ACCESS_POINT} is a link out of --file-systems.`,
    })
  })
})

test('a plain process cannot be given a file system, and says so', async (t) => {
  const fileSystems = folder(t)
  const { startFunction } = await testWorker(t, 'process', { fileSystems })
  assert.deepEqual(await startFunction(EVALUATES, mounted('/mnt/data')).call('1'), {
    kind: 'platform-error',
    code: 'EFSMountFailureException',
    message: 'Functions are plain processes here, to which nothing can be mounted: use bubblewrap.',
  })
  assert.deepEqual(readdirSync(fileSystems), [])
})

test('without a folder for access points nothing is mounted', () => {
  assert.throws(
    () => fileSystemMount(undefined, walls, { ...testFunction, ...mounted('/mnt/data') }),
    (error) => error instanceof CannotMount && /--file-systems/.test(error.message),
  )
  assert.equal(fileSystemMount(undefined, walls, testFunction), undefined)
})

test('a missing folder is made for the environments’ group; one that is there stays as it is', (t) => {
  const fileSystems = folder(t)
  const fn = { ...testFunction, ...mounted('/mnt/data') }
  const made = fileSystemMount(fileSystems, walls, fn)?.source ?? ''
  assert.equal(statSync(made).mode & 0o7777, 0o770)
  if (isRoot) assert.equal(statSync(made).gid, GROUP)

  rmSync(made, { recursive: true })
  mkdirSync(made, { mode: 0o755 })
  assert.equal(fileSystemMount(fileSystems, walls, fn)?.source, made)
  assert.equal(statSync(made).mode & 0o7777, 0o755)
})

for (const [what, spoil] of [
  ['a file', (at: string) => writeFileSync(at, '')],
  ['a link to nowhere', (at: string) => symlinkSync('/nowhere/at/all', at)],
  ['a link to the folder of all', (at: string) => symlinkSync('../../..', at)],
] as const) {
  test(`an access point that is ${what} is not mounted`, (t) => {
    const fileSystems = folder(t)
    mkdirSync(path.dirname(`${fileSystems}/${OF}`), { recursive: true })
    spoil(`${fileSystems}/${OF}`)
    assert.throws(
      () => fileSystemMount(fileSystems, walls, { ...testFunction, ...mounted('/mnt/data') }),
      CannotMount,
    )
    assert.equal(existsSync('/nowhere'), false)
  })
}

const walls = { ownUsers: isRoot, isolation: () => ({ isolates: true }) } as Parameters<
  typeof fileSystemMount
>[1]

function mounted(at: string, accessPoint = ACCESS_POINT): Pick<FunctionVersion, 'fileSystem'> {
  return { fileSystem: { accessPoint, path: at } }
}

function folder(t: TestContext): string {
  const made = mkdtempSync(`${tmpdir()}/file-systems-`)
  t.after(() => rmSync(made, { recursive: true }))
  return made
}
