import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { DeliveryError } from '../../../aws/ports/delivery.ts'
import type { S3Port } from '../../../aws/ports/s3.ts'
import { realClock } from '../../../base/clock.ts'
import { codeSha256 } from '../code.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { ACCOUNT, REGION, refusal, SCOPE, sha256Hex, testLambda, zipOf, zipOfEntries } from '../testing.ts'

const zip = zipOf('module.exports = 1')
const other = zipOf('module.exports = 2')
const LAYER = `arn:aws:lambda:${REGION}:${ACCOUNT}:layer:l`
const FOREIGN = { accountId: '999999999999', principalArn: 'arn:aws:iam::999999999999:user/u' }
const NOT_THERE = refusal('ResourceNotFoundException', 'The resource you requested does not exist.', 404)

test('a version is published, and shown with a link to its zip', async (t) => {
  const { call, lambda } = await testLambda(t)
  const published = await call('PublishLayerVersion', {
    LayerName: 'l',
    Content: { ZipFile: zip },
    Description: 'mine',
    LicenseInfo: 'MIT',
    CompatibleRuntimes: ['nodejs22.x'],
  })
  const { Content, CreatedDate, ...rest } = published
  assert.deepEqual(rest, {
    LayerArn: LAYER,
    LayerVersionArn: `${LAYER}:1`,
    Description: 'mine',
    Version: 1,
    CompatibleRuntimes: ['nodejs22.x'],
    CompatibleArchitectures: [],
    LicenseInfo: 'MIT',
  })
  assert.match(CreatedDate ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/)
  assert.equal(Content?.CodeSize, zip.length)
  assert.equal(Content?.CodeSha256, codeSha256({ sha256: sha256Hex(zip), size: 0, unzippedSize: 0 }))
  const door = await lambda.codeDoor(Content?.Location?.replace('http://127.0.0.1:4566', '') ?? '')
  assert.equal(door.status, 200)

  const got = await call('GetLayerVersion', { LayerName: 'l', VersionNumber: 1 })
  assert.deepEqual({ ...got, Content: undefined }, { ...published, Content: undefined })
  assert.equal((await call('GetLayerVersion', { LayerName: LAYER, VersionNumber: 1 })).Version, 1)
  assert.equal((await call('GetLayerVersionByArn', { Arn: `${LAYER}:1` })).Version, 1)
})

test('the same zip again is another version', async (t) => {
  const { blobs, call } = await testLambda(t)
  await call('PublishLayerVersion', { LayerName: 'l', Content: { ZipFile: zip } })
  const second = await call('PublishLayerVersion', { LayerName: LAYER, Content: { ZipFile: zip } })
  assert.equal(second.Version, 2)
  const { LayerVersions } = await call('ListLayerVersions', { LayerName: 'l' })
  assert.deepEqual(
    LayerVersions?.map(({ Version }) => Version),
    [2, 1],
  )
  const { Layers } = await call('ListLayers', {})
  assert.equal(Layers?.length, 1)
  assert.equal(Layers?.[0]?.LayerArn, LAYER)
  assert.equal(Layers?.[0]?.LatestMatchingVersion?.Version, 2)
  assert.equal((await Array.fromAsync(blobs.list())).length, 1)
})

test('functions show their layers, and run them, also after those were deleted', async (t) => {
  const { blobs, call, create, lambda, settled } = await testLambda(t)
  await call('PublishLayerVersion', { LayerName: 'l', Content: { ZipFile: zip } })
  await call('PublishLayerVersion', { LayerName: 'm', Content: { ZipFile: other } })
  const Layers = [`${LAYER}:1`, `arn:aws:lambda:${REGION}:${ACCOUNT}:layer:m:1`]
  await create('f', { Layers })
  assert.deepEqual((await settled('f')).Layers, [
    { Arn: Layers[0], CodeSize: zip.length },
    { Arn: Layers[1], CodeSize: other.length },
  ])
  await call('DeleteLayerVersion', { LayerName: 'l', VersionNumber: 1 })
  await assert.rejects(call('GetLayerVersion', { LayerName: 'l', VersionNumber: 1 }), NOT_THERE)
  await call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 9 })
  assert.equal((await settled('f')).Layers?.length, 2)
  const { fn } = await lambda.directory.resolve(SCOPE, 'f')
  assert.deepEqual(fn.layers, [sha256Hex(zip), sha256Hex(other)])
  assert.ok(await blobs.has(sha256Hex(zip)))

  await call('UpdateFunctionConfiguration', { FunctionName: 'f', Layers: [] })
  assert.equal((await settled('f')).Layers, undefined)
  while (await blobs.has(sha256Hex(zip))) await realClock.sleep(1) // nobody has it any more
  assert.ok(await blobs.has(sha256Hex(other)), 'it is still a layer')
})

test('a published version keeps its layers while $LATEST gets others', async (t) => {
  const { blobs, call, create, settled } = await testLambda(t)
  await call('PublishLayerVersion', { LayerName: 'l', Content: { ZipFile: zip } })
  await create('f', { Layers: [`${LAYER}:1`], Publish: true })
  await call('DeleteLayerVersion', { LayerName: 'l', VersionNumber: 1 })
  await call('UpdateFunctionConfiguration', { FunctionName: 'f', Layers: [] })
  await settled('f')
  assert.equal((await settled('f', '1')).Layers?.[0]?.Arn, `${LAYER}:1`)
  assert.ok(await blobs.has(sha256Hex(zip)))
  await call('DeleteFunction', { FunctionName: 'f' })
  assert.deepEqual(await Array.fromAsync(blobs.list()), [])
})

test('another account may use what the layer’s policy lets it use, and no more', async (t) => {
  const { call } = await testLambda(t)
  await call('PublishLayerVersion', { LayerName: 'l', Content: { ZipFile: zip } })
  const get = () => call('GetLayerVersion', { LayerName: LAYER, VersionNumber: 1 }, FOREIGN)
  const create = () =>
    call(
      'CreateFunction',
      {
        FunctionName: 'f',
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::999999999999:role/r',
        Code: { ZipFile: other },
        Layers: [`${LAYER}:1`],
      },
      FOREIGN,
    )
  const denied = refusal(
    'AccessDeniedException',
    `User: ${FOREIGN.principalArn} is not authorized to perform: lambda:GetLayerVersion on resource: ${LAYER}:1 ` +
      'because no resource-based policy allows the lambda:GetLayerVersion action',
    403,
  )
  await assert.rejects(get(), denied)
  await assert.rejects(create(), denied)
  await call('AddLayerVersionPermission', {
    LayerName: 'l',
    VersionNumber: 1,
    StatementId: 's',
    Action: 'lambda:GetLayerVersion',
    Principal: FOREIGN.accountId,
  })
  assert.equal((await get()).Version, 1)
  assert.equal((await create()).Layers?.[0]?.Arn, `${LAYER}:1`)
  await assert.rejects(call('DeleteLayerVersion', { LayerName: LAYER, VersionNumber: 1 }, FOREIGN), {
    code: 'AccessDeniedException',
  })
})

test('a policy’s statements are AWS’s, and each revision another', async (t) => {
  const { call } = await testLambda(t)
  await call('PublishLayerVersion', { LayerName: 'l', Content: { ZipFile: zip } })
  const of = { LayerName: 'l', VersionNumber: 1 }
  const permission = { ...of, StatementId: 's1', Action: 'lambda:GetLayerVersion', Principal: '*' }
  const statement = {
    Sid: 's1',
    Effect: 'Allow',
    Principal: '*',
    Action: 'lambda:GetLayerVersion',
    Resource: `${LAYER}:1`,
  }
  const added = await call('AddLayerVersionPermission', permission)
  assert.equal(added.Statement, JSON.stringify(statement))
  const { Policy, RevisionId } = await call('GetLayerVersionPolicy', of)
  assert.equal(Policy, JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: [statement] }))
  assert.equal(RevisionId, added.RevisionId)
  await assert.rejects(
    call('AddLayerVersionPermission', permission),
    refusal(
      'ResourceConflictException',
      'The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing statement.',
      409,
    ),
  )
  const old = { ...permission, StatementId: 's2', RevisionId: 'old' }
  await assert.rejects(
    call('AddLayerVersionPermission', old),
    refusal(
      'PreconditionFailedException',
      'The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id',
      412,
    ),
  )
  await assert.rejects(
    call('RemoveLayerVersionPermission', { ...of, StatementId: 'x' }),
    refusal('ResourceNotFoundException', 'Statement x is not found in resource policy.', 404),
  )
  await call('RemoveLayerVersionPermission', { ...of, StatementId: 's1' })
  await assert.rejects(
    call('GetLayerVersionPolicy', of),
    refusal('ResourceNotFoundException', 'No policy is associated with the given resource.', 404),
  )
  await assert.rejects(
    call('GetLayerVersionPolicy', { ...of, VersionNumber: 7 }),
    refusal('ResourceNotFoundException', `Layer version ${LAYER}:7 does not exist.`, 404),
  )
})

const INVALID = 'InvalidParameterValueException'
const REFUSED: [string, (layer: string) => string[], string, string][] = [
  ['a version that is not there', (l) => [`${l}:9`], INVALID, `Layer version ${LAYER}:9 does not exist.`],
  [
    'two versions of a layer',
    (l) => [`${l}:1`, `${l}:2`],
    INVALID,
    `Two different versions of the same layer are not allowed to be referenced in the same function. ${LAYER}:1 and ${LAYER}:2 are versions of the same layer.`,
  ],
  [
    'a layer of another region',
    (l) => [`${l.replace(REGION, 'us-west-2')}:1`],
    INVALID,
    `Layers are not in the same region as the function. Layers are expected to be in region ${REGION}.`,
  ],
  [
    'six layers',
    (l) => [1, 2, 3, 4, 5, 6].map((n) => `${l}${n}:1`),
    INVALID,
    'Cannot reference more than 5 layers.',
  ],
]

for (const [what, layersOf, code, message] of REFUSED) {
  test(`a function with ${what} is refused, and stays as it was`, async (t) => {
    const { call, create, settled } = await testLambda(t)
    for (let version = 1; version <= 2; version++)
      await call('PublishLayerVersion', { LayerName: 'l', Content: { ZipFile: zip } })
    await create('f', { Layers: [`${LAYER}:2`] })
    const before = await settled('f')
    await assert.rejects(
      call('UpdateFunctionConfiguration', { FunctionName: 'f', Layers: layersOf(LAYER) }),
      refusal(code, message, 400),
    )
    assert.deepEqual(await settled('f'), before)
    await assert.rejects(create('g', { Layers: layersOf(LAYER) }), refusal(code, message, 400))
  })
}

test('code and layers together must fit, when they are created and when they are updated', async (t) => {
  const limits = { ...DEFAULT_LIMITS, unzippedBytes: 1000 }
  const { call, create } = await testLambda(t, { limits })
  const zipOfSize = (bytes: number) => zipOfEntries([{ name: 'x', data: 'x'.repeat(bytes) }])
  await call('PublishLayerVersion', { LayerName: 'l', Content: { ZipFile: zipOfSize(600) } })
  const tooLarge = refusal(
    INVALID,
    'Function code combined with layers exceeds the maximum allowed size of 1000 bytes. The actual size is 1100 bytes.',
    400,
  )
  const Layers = [`${LAYER}:1`]
  await assert.rejects(create('f', { Layers, Code: { ZipFile: zipOfSize(500) } }), tooLarge)
  await create('f', { Layers, Code: { ZipFile: zipOfSize(400) } })
  await assert.rejects(call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: zipOfSize(500) }), tooLarge)
  await create('g', { Code: { ZipFile: zipOfSize(500) } })
  await assert.rejects(call('UpdateFunctionConfiguration', { FunctionName: 'g', Layers }), tooLarge)
})

test('layers count in the account’s code, up to its limit', async (t) => {
  const { call } = await testLambda(t, { limits: { ...DEFAULT_LIMITS, totalCodeBytes: zip.length + 1 } })
  await call('PublishLayerVersion', { LayerName: 'l', Content: { ZipFile: zip } })
  const { AccountUsage } = await call('GetAccountSettings', {})
  assert.equal(AccountUsage?.TotalCodeSize, zip.length)
  await assert.rejects(
    call('PublishLayerVersion', { LayerName: 'l', Content: { ZipFile: zip } }),
    refusal('CodeStorageExceededException', 'Code storage limit exceeded.', 400),
  )
})

test('what is no layer’s is refused', async (t) => {
  const { blobs, call } = await testLambda(t)
  await assert.rejects(call('GetLayerVersion', { LayerName: 'l', VersionNumber: 1 }), NOT_THERE)
  const belowOne = refusal(INVALID, 'Layer Version Cannot be less than 1', 400)
  await assert.rejects(call('GetLayerVersion', { LayerName: 'l', VersionNumber: 0 }), belowOne)
  await assert.rejects(call('DeleteLayerVersion', { LayerName: 'l', VersionNumber: -1 }), belowOne)
  await call('DeleteLayerVersion', { LayerName: 'l', VersionNumber: 3 })
  assert.deepEqual(await call('ListLayerVersions', { LayerName: 'l' }), { LayerVersions: [] })
  await assert.rejects(call('GetLayerVersionByArn', { Arn: LAYER }), { code: 'ValidationException' })
  await assert.rejects(
    call('PublishLayerVersion', { LayerName: 'l', Content: { ZipFile: Buffer.from('no zip') } }),
    refusal(INVALID, 'Could not unzip uploaded file. Please check your file, then try to upload again.', 400),
  )
  await assert.rejects(call('PublishLayerVersion', { LayerName: 'l', Content: {} }), { code: INVALID })
  assert.deepEqual(await Array.fromAsync(blobs.list()), [])
})

test('packages of layers and functions can come from S3', async (t) => {
  const asked: unknown[] = []
  const s3 = {
    get: async (bucket: string, key: string, options: object) => {
      asked.push([bucket, key, options])
      if (key !== 'k') throw new DeliveryError('NotFound', 'NoSuchKey', 'The specified key does not exist.')
      return { body: Readable.from([zip]), bytes: zip.length, etag: 'e' }
    },
  }
  const { call, create, settled } = await testLambda(t, {
    ports: { s3: async () => s3 as unknown as S3Port },
  })
  const S3 = { S3Bucket: 'bucket', S3Key: 'k' }
  const { Content } = await call('PublishLayerVersion', { LayerName: 'l', Content: S3 })
  assert.equal(Content?.CodeSize, zip.length)
  await create('f', { Code: { ...S3, S3ObjectVersion: 'v1' } })
  assert.equal((await settled('f')).CodeSize, zip.length)
  const sender = { principal: 'lambda.amazonaws.com', accountId: ACCOUNT }
  assert.deepEqual(asked, [
    ['bucket', 'k', { sender: { ...sender, sourceArn: LAYER } }],
    [
      'bucket',
      'k',
      { versionId: 'v1', sender: { ...sender, sourceArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f` } },
    ],
  ])
  await assert.rejects(
    call('UpdateFunctionCode', { FunctionName: 'f', S3Bucket: 'bucket', S3Key: 'none' }),
    refusal(
      INVALID,
      'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.',
      400,
    ),
  )
  await assert.rejects(call('UpdateFunctionCode', { FunctionName: 'f', ...S3, ZipFile: zip }), {
    message: 'Please do not provide other FunctionCode parameters when providing a ZipFile.',
  })
  await assert.rejects(call('UpdateFunctionCode', { FunctionName: 'f', S3Key: 'k' }), {
    message: 'Please provide both S3Bucket and S3Key.',
  })
  await assert.rejects(
    call('UpdateFunctionCode', { FunctionName: 'f', ...S3, S3ObjectStorageMode: 'REFERENCE' }),
    {
      message: 'S3ObjectStorageMode REFERENCE is not supported by lambdad yet.',
    },
  )
})

test('what unzips to too much is refused from S3, too, and is not read beyond', async (t) => {
  const limits = { ...DEFAULT_LIMITS, unzippedBytes: 1000 }
  let read = 0
  async function* endless() {
    for (;;) {
      read += 500
      yield Buffer.alloc(500)
    }
  }
  const s3 = { get: async () => ({ body: Readable.from(endless()), bytes: 10, etag: 'e' }) }
  const { create } = await testLambda(t, { limits, ports: { s3: async () => s3 as unknown as S3Port } })
  await assert.rejects(
    create('f', { Code: { S3Bucket: 'bucket', S3Key: 'k' } }),
    refusal(INVALID, 'Unzipped size must be smaller than 1000 bytes', 400),
  )
  assert.ok(read < 20_000)
})
