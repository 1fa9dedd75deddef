import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { realClock } from '../../../base/clock.ts'
import type { BlobStore } from '../../../store/blobs.ts'
import { openSqlite } from '../../../store/sqlite.ts'
import { HOST, ROLE, type TestLambda, testBlobs, testLambda } from '../testing.ts'
import type { LambdaInput } from '../types.ts'

const MACHINE = HOST === 'arm64' ? 'arm64' : 'amd64'

test('layers stay as long as an image has them, and go with the last one', async (t) => {
  const [database, blobs] = [await openSqlite(':memory:'), await testBlobs(t)]
  t.after(() => database.close())
  const folder = layouts(t, { a: ['shared', 'only a'], b: ['shared', 'only b'] })
  const first = await testLambda(t, { database, blobs })
  await create(first, 'a', `oci:${folder}/a`)
  await create(first, 'b', `oci:${folder}/b`)
  assert.deepEqual(await texts(blobs), ['only a', 'only b', 'shared'])

  await first.call('DeleteFunction', { FunctionName: 'a' })
  await first.lambda.stop()
  const second = await testLambda(t, { database, blobs })
  assert.deepEqual(await texts(blobs), ['only b', 'shared'])

  // An update lets go of what the image before had.
  await second.call('UpdateFunctionCode', { FunctionName: 'b', ImageUri: `oci:${folder}/a` })
  await settled(second, 'b')
  await second.lambda.stop()
  const third = await testLambda(t, { database, blobs })
  assert.deepEqual(await texts(blobs), ['only a', 'shared'])
  await third.call('DeleteFunction', { FunctionName: 'b' })
  await third.lambda.stop()
  await testLambda(t, { database, blobs })
  assert.deepEqual(await Array.fromAsync(blobs.list()), [])
  assert.deepEqual([first.faults, second.faults, third.faults], [[], [], []])
})

test('of an image that cannot be had nothing is kept', async (t) => {
  const blobs = await testBlobs(t)
  const folder = layouts(t, { a: ['one', 'two'] })
  writeFileSync(`${folder}/a/blobs/sha256/${hexOf('two')}`, 'owt')
  const lambda = await testLambda(t, { blobs })
  const shown = await create(lambda, 'f', `oci:${folder}/a`)
  assert.deepEqual([shown.State, shown.StateReasonCode], ['Failed', 'InvalidImage'])
  await realClock.sleep(20)
  assert.deepEqual(await Array.fromAsync(blobs.list()), [])
  assert.deepEqual(lambda.faults, [])
})

test('what is no image is InvalidImage, and says what is wrong', async (t) => {
  const lambda = await testLambda(t)
  const folder = layouts(t, { a: ['one'] })
  const broken: [string, string, RegExp][] = [
    ['index.json', '{', /no JSON/],
    ['index.json', '[]', /no object/],
    ['index.json', '{"manifests":[{"digest":"md5:a","size":1}]}', /no SHA-256/],
    ['index.json', '{"manifests":{}}', /a list of it is none/],
  ]
  for (const [i, [name, text, reason]] of broken.entries()) {
    writeFileSync(`${folder}/a/${name}`, text)
    const shown = await create(lambda, `f${i}`, `oci:${folder}/a`)
    assert.equal(shown.StateReasonCode, 'InvalidImage')
    assert.match(shown.StateReason ?? '', reason)
  }
  rmSync(`${folder}/a/index.json`)
  assert.match((await create(lambda, 'none', `oci:${folder}/a`)).StateReason ?? '', /neither an index\.json/)
  assert.equal((await create(lambda, 'gone', `oci:${folder}/no`)).StateReasonCode, 'ImageDeleted')
  writeFileSync(`${folder}/text`, 'this is no archive')
  assert.match(
    (await create(lambda, 'tar', `oci-archive:${folder}/text`)).StateReason ?? '',
    /no tar archive/,
  )
  assert.deepEqual(lambda.faults, [])
})

test('where signatures are checked, files of the machine are not for callers', async (t) => {
  const images = { localFiles: false, dockerConfig: '/nonexistent' }
  const lambda = await testLambda(t, { images })
  const folder = layouts(t, { a: ['one'] })
  const shown = await create(lambda, 'f', `oci:${folder}/a`)
  assert.deepEqual([shown.State, shown.StateReasonCode], ['Failed', 'ImageAccessDenied'])
})

test('a registry that cannot be reached is InternalError, after some attempts', async (t) => {
  const lambda = await testLambda(t)
  // Port 1 of loopback: nobody listens.
  const shown = await create(lambda, 'f', '127.0.0.1:1/a')
  assert.deepEqual([shown.State, shown.StateReasonCode], ['Failed', 'InternalError'])
  assert.match(shown.StateReason ?? '', /cannot be reached/)
})

async function create({ call }: TestLambda, FunctionName: string, ImageUri: string) {
  const input: LambdaInput<'CreateFunction'> = {
    FunctionName,
    Role: ROLE,
    PackageType: 'Image',
    Code: { ImageUri },
  }
  await call('CreateFunction', input)
  return settled({ call }, FunctionName)
}

async function settled({ call }: Pick<TestLambda, 'call'>, FunctionName: string) {
  for (;;) {
    const shown = await call('GetFunctionConfiguration', { FunctionName })
    if (shown.State !== 'Pending' && shown.LastUpdateStatus !== 'InProgress') return shown
    await realClock.sleep(1)
  }
}

/** OCI layouts by their names, whose layers are these texts. */
function layouts(t: TestContext, images: Readonly<Record<string, readonly string[]>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-pull-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, layers] of Object.entries(images)) {
    const blobs = `${folder}/${name}/blobs/sha256`
    mkdirSync(blobs, { recursive: true })
    const put = (text: string, mediaType: string) => {
      writeFileSync(`${blobs}/${hexOf(text)}`, text)
      return { mediaType, digest: `sha256:${hexOf(text)}`, size: text.length }
    }
    const listed = layers.map((layer) => put(layer, 'application/vnd.oci.image.layer.v1.tar'))
    const config = put(JSON.stringify({ architecture: MACHINE, os: 'linux', config: {} }), 'config')
    const manifest = put(JSON.stringify({ schemaVersion: 2, config, layers: listed }), 'manifest')
    writeFileSync(`${folder}/${name}/index.json`, JSON.stringify({ manifests: [manifest] }))
  }
  return folder
}

/** Of the layers that are kept. */
async function texts(blobs: BlobStore): Promise<string[]> {
  const found: string[] = []
  for await (const { sha256 } of blobs.list()) {
    const blob = await blobs.open(sha256)
    const text = Buffer.concat(await Array.fromAsync(blob?.stream ?? [])).toString()
    if (!text.startsWith('{')) found.push(text)
  }
  return found.sort()
}

function hexOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
