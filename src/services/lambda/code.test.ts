import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlobStore } from '../../store/blobs.ts'
import { codeSha256 } from './code.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { functionInput, refusal, sha256Hex, testLambda, zipOf, zipOfEntries } from './testing.ts'

const BAD_ZIP = refusal(
  'InvalidParameterValueException',
  'Could not unzip uploaded file. Please check your file, then try to upload again.',
  400,
)
const good = zipOf('exports.handler = async () => {}')

const BAD: [string, Buffer][] = [
  ['no zip at all', Buffer.from('#!/bin/sh\n')],
  ['an archive that was cut off', good.subarray(0, good.length - 10)],
  ['an entry that climbs out', zipOfEntries([{ name: '../evil.js', data: 'x' }])],
  ['an entry with an absolute name', zipOfEntries([{ name: '/etc/passwd', data: 'x' }])],
  ['a link that leads out', zipOfEntries([{ name: 'l', data: '../../etc/passwd', mode: 0o120777 }])],
  [
    'two entries of one name',
    zipOfEntries([
      { name: 'a', data: '1' },
      { name: 'a', data: '2' },
    ]),
  ],
  ['a checksum that is wrong', zipOfEntries([{ name: 'a', data: '1', crc: 7 }])],
]

for (const [what, zip] of BAD) {
  test(`${what} is refused, and nothing is left behind`, async (t) => {
    const { blobs, call } = await testLambda(t)
    await assert.rejects(call('CreateFunction', { ...functionInput('f'), Code: { ZipFile: zip } }), BAD_ZIP)
    assert.deepEqual(await allBlobs(blobs), [])
    assert.deepEqual(await call('ListFunctions', {}), { Functions: [] })
  })
}

test('an archive that unzips to more than 250 MB is refused, however small it is', async (t) => {
  const { blobs, call } = await testLambda(t)
  const bomb = zipOfEntries([{ name: 'zeros', data: Buffer.alloc(262_144_001), deflate: true }])
  assert.ok(bomb.length < 1_000_000)
  await assert.rejects(
    call('CreateFunction', { ...functionInput('f'), Code: { ZipFile: bomb } }),
    refusal('InvalidParameterValueException', 'Unzipped size must be smaller than 262144000 bytes', 400),
  )
  assert.deepEqual(await allBlobs(blobs), [])
})

test('a package of more than 50 MB is refused', async (t) => {
  const { call } = await testLambda(t)
  await assert.rejects(
    call('CreateFunction', { ...functionInput('f'), Code: { ZipFile: Buffer.alloc(52_428_801) } }),
    refusal('RequestEntityTooLargeException', 'Zipped size must be smaller than 52428800 bytes', 413),
  )
})

test('the checksum is that of the zip, in base64', async (t) => {
  const { call } = await testLambda(t)
  const shown = await call('CreateFunction', { ...functionInput('f'), Code: { ZipFile: good } })
  const code = { sha256: sha256Hex(good), size: good.length, unzippedSize: 0 }
  assert.equal(shown.CodeSha256, codeSha256(code))
  assert.equal(shown.CodeSize, good.length)
})

test('code is kept once for all functions that have it, and goes with the last of them', async (t) => {
  const { blobs, call, create } = await testLambda(t)
  await create('f')
  await create('g')
  assert.equal((await allBlobs(blobs)).length, 1)
  await call('DeleteFunction', { FunctionName: 'f' })
  assert.equal((await allBlobs(blobs)).length, 1)
  await call('DeleteFunction', { FunctionName: 'g' })
  assert.deepEqual(await allBlobs(blobs), [])
})

test('code that an update replaced goes, unless a version still has it', async (t) => {
  const { blobs, call, create, settled } = await testLambda(t)
  await create('f')
  const update = async (text: string) => {
    await call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: zipOf(text) })
    await settled('f')
  }
  await update('second')
  await eventually(async () => assert.deepEqual(await allBlobs(blobs), [sha256Hex(zipOf('second'))]))
  await call('PublishVersion', { FunctionName: 'f' })
  await update('third')
  await update('fourth')
  const kept = ['second', 'fourth'].map((text) => sha256Hex(zipOf(text))).sort()
  await eventually(async () => assert.deepEqual(await allBlobs(blobs), kept))
  await call('DeleteFunction', { FunctionName: 'f' })
  assert.deepEqual(await allBlobs(blobs), [])
})

test('a creation that fails leaves alone what another function has', async (t) => {
  const size = functionInput('f').Code?.ZipFile?.byteLength ?? 0
  const { blobs, call, create } = await testLambda(t, { limits: { ...DEFAULT_LIMITS, totalCodeBytes: size } })
  await create('f')
  await assert.rejects(call('CreateFunction', functionInput('g')), { code: 'CodeStorageExceededException' })
  assert.equal((await allBlobs(blobs)).length, 1)
})

async function allBlobs(blobs: BlobStore): Promise<string[]> {
  return (await Array.fromAsync(blobs.list())).map(({ sha256 }) => sha256).sort()
}

/** What is collected after an answer is gone moments later. */
async function eventually(check: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return await check()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  await check()
}
