import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arnOf, refusal, type TestLambda, testLambda, zipOf } from '../testing.ts'

test('a version is a copy of $LATEST under the next number, Pending at first', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f', { Description: 'of latest', MemorySize: 256 })
  const latest = await settled('f')
  const version = await call('PublishVersion', { FunctionName: 'f', Description: 'first' })
  assert.equal(version.Version, '1')
  assert.equal(version.FunctionArn, arnOf('f:1'))
  assert.equal(version.State, 'Pending')
  assert.equal(version.Description, 'first')
  assert.equal(version.MemorySize, 256)
  assert.equal(version.CodeSha256, latest.CodeSha256)
  assert.equal((await settled('f', '1')).LastUpdateStatus, 'Successful')
  assert.notEqual((await settled('f')).RevisionId, latest.RevisionId)
})

test('without a description of its own it has that of $LATEST', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f', { Description: 'of latest' })
  assert.equal((await call('PublishVersion', { FunctionName: 'f' })).Description, 'of latest')
})

test('publishing what has not changed answers the same version again', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f')
  const publish = async (Description?: string) => {
    const { Version } = await call('PublishVersion', {
      FunctionName: 'f',
      ...(Description && { Description }),
    })
    await settled('f', Version)
    return Version
  }
  assert.equal(await publish(), '1')
  assert.equal(await publish('another text'), '1')
  await change(call, settled, { Timeout: 9 })
  assert.equal(await publish(), '2')
  await change(call, settled, { Description: 'changed' })
  assert.equal(await publish(), '3')
  assert.equal(await publish(), '3')
})

test('what is published never changes, and its number is never given again', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f')
  const publish = async () => (await call('PublishVersion', { FunctionName: 'f' })).Version
  assert.equal(await publish(), '1')
  const before = await settled('f', '1')
  await change(call, settled, { Timeout: 9 })
  assert.deepEqual(await settled('f', '1'), before)
  assert.equal(await publish(), '2')
  await call('DeleteFunction', { FunctionName: 'f', Qualifier: '2' })
  assert.equal(await publish(), '3')
  await call('DeleteFunction', { FunctionName: 'f' })
  await create('f')
  assert.equal(await publish(), '4')
})

test('who publishes other code than expected is told which there is', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f')
  const { CodeSha256 = '' } = await settled('f')
  await assert.rejects(
    call('PublishVersion', { FunctionName: 'f', CodeSha256: 'other' }),
    refusal(
      'InvalidParameterValueException',
      `CodeSHA256 (other) is different from current CodeSHA256 in $LATEST (${CodeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
      400,
    ),
  )
  assert.equal((await call('PublishVersion', { FunctionName: 'f', CodeSha256 })).Version, '1')
})

test('an old revision, a function that is not there and a version are refused', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await assert.rejects(call('PublishVersion', { FunctionName: 'f', RevisionId: 'old' }), {
    code: 'PreconditionFailedException',
    status: 412,
  })
  await assert.rejects(
    call('PublishVersion', { FunctionName: 'g' }),
    refusal('ResourceNotFoundException', `Function not found: ${arnOf('g')}`, 404),
  )
  await assert.rejects(call('PublishVersion', { FunctionName: 'f:1' }), {
    code: 'InvalidParameterValueException',
  })
  await assert.rejects(
    call('PublishVersion', { FunctionName: 'f', PublishTo: 'LATEST_PUBLISHED' }),
    refusal('InvalidParameterValueException', "PublishTo isn't supported for Lambda Default functions."),
  )
})

test('while an update is in progress nothing is published', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f')
  const [, publish] = await Promise.allSettled([
    call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: zipOf('x') }).then(() => undefined),
    call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 8 }).then(() =>
      call('PublishVersion', { FunctionName: 'f' }),
    ),
  ])
  assert.equal(publish.status, 'rejected')
  assert.equal(publish.reason.code, 'ResourceConflictException')
  await settled('f')
})

test('versions are listed with $LATEST first, without their states', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f')
  for (const Timeout of [4, 5, 6]) {
    await change(call, settled, { Timeout })
    await call('PublishVersion', { FunctionName: 'f' })
    await settled('f')
  }
  const { Versions = [], NextMarker } = await call('ListVersionsByFunction', {
    FunctionName: 'f',
    MaxItems: 3,
  })
  assert.deepEqual(
    Versions.map(({ FunctionArn, Timeout }) => [FunctionArn, Timeout]),
    [
      [arnOf('f:$LATEST'), 6],
      [arnOf('f:1'), 4],
      [arnOf('f:2'), 5],
    ],
  )
  for (const absent of ['State', 'LastUpdateStatus', 'RuntimeVersionConfig'] as const)
    assert.equal(Versions[0]?.[absent], undefined)
  const next = await call('ListVersionsByFunction', { FunctionName: 'f', Marker: NextMarker ?? '' })
  assert.deepEqual(
    next.Versions?.map(({ Version }) => Version),
    ['3'],
  )
  assert.equal(next.NextMarker, undefined)
})

test('versions of what is no function are not listed', async (t) => {
  const { call } = await testLambda(t)
  await assert.rejects(
    call('ListVersionsByFunction', { FunctionName: 'g' }),
    refusal('ResourceNotFoundException', `Function not found: ${arnOf('g')}`, 404),
  )
})

async function change(
  call: TestLambda['call'],
  settled: TestLambda['settled'],
  input: object,
): Promise<void> {
  await call('UpdateFunctionConfiguration', { FunctionName: 'f', ...input })
  await settled('f')
}
