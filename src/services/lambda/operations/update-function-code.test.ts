import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../../base/clock.ts'
import { codeSha256 } from '../code.ts'
import { arnOf, functionInput, HOST, refusal, SCOPE, sha256Hex, testLambda, zipOf } from '../testing.ts'

const other = zipOf('exports.handler = async () => 2')
const otherSha256 = codeSha256({ sha256: sha256Hex(other), size: 0, unzippedSize: 0 })

test('the answer shows the new code and an update in progress, which soon succeeds', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f')
  const before = await settled('f')
  const updated = await call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: other })
  assert.equal(updated.CodeSha256, otherSha256)
  assert.equal(updated.CodeSize, other.length)
  assert.equal(updated.State, 'Active')
  assert.equal(updated.LastUpdateStatus, 'InProgress')
  assert.equal(updated.LastUpdateStatusReason, 'The function is being created.')
  assert.equal(updated.LastUpdateStatusReasonCode, 'Creating')
  const after = await settled('f')
  assert.equal(after.LastUpdateStatus, 'Successful')
  assert.equal(after.LastUpdateStatusReason, undefined)
  assert.equal(new Set([before.RevisionId, updated.RevisionId, after.RevisionId]).size, 3)
})

test('environments of the code before are retired once the new code runs', async (t) => {
  const { call, create, lambda, retired, settled } = await testLambda(t)
  await create('f')
  const { fn: before } = await lambda.directory.resolve(SCOPE, 'f')
  await call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: other })
  await settled('f')
  const { fn: after } = await lambda.directory.resolve(SCOPE, 'f')
  assert.deepEqual(retired, [before.revision])
  assert.notEqual(after.revision, before.revision)
  assert.equal(after.codeBlob, sha256Hex(other))
})

test('the same code again changes nothing for environments', async (t) => {
  const { call, create, retired, settled } = await testLambda(t)
  await create('f', { Code: { ZipFile: other } })
  const updated = await call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: other })
  await settled('f')
  assert.equal(updated.CodeSha256, otherSha256)
  assert.deepEqual(retired, [])
})

test('with Publish the answer is the new version, Pending', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f')
  const published = await call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: other, Publish: true })
  assert.equal(published.Version, '1')
  assert.equal(published.State, 'Pending')
  assert.equal(published.FunctionArn, arnOf('f:1'))
  assert.equal((await settled('f', '1')).CodeSha256, otherSha256)
  assert.equal((await settled('f')).CodeSha256, otherSha256)
})

test('with DryRun the answer shows the code, and nothing changes', async (t) => {
  const { blobs, call, create, settled } = await testLambda(t)
  await create('f')
  const before = await settled('f')
  const shown = await call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: other, DryRun: true })
  assert.equal(shown.CodeSha256, otherSha256)
  assert.equal(shown.RevisionId, before.RevisionId)
  assert.deepEqual(await settled('f'), before)
  assert.equal((await Array.fromAsync(blobs.list())).length, 1)
})

test('a DryRun of what would be refused is refused', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const dryRun = (input: object) =>
    call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: other, DryRun: true, ...input })
  await assert.rejects(dryRun({ ZipFile: Buffer.from('no zip') }), { code: 'InvalidParameterValueException' })
  await assert.rejects(dryRun({ RevisionId: 'old' }), { code: 'PreconditionFailedException' })
})

test('of two updates at the same time one wins', async (t) => {
  // No update is over before the other one has come.
  const clock = new VirtualClock()
  const { call, settled } = await testLambda(t, { clock })
  await call('CreateFunction', functionInput('f'))
  await clock.advance(10)
  await settled('f')
  const update = (text: string) => call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: zipOf(text) })
  const outcomes = await Promise.allSettled([update('a'), update('b')])
  const [refused] = outcomes.filter((outcome) => outcome.status === 'rejected')
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.equal(refused?.reason.code, 'ResourceConflictException')
  assert.equal(
    refused?.reason.message,
    `The operation cannot be performed at this time. An update is in progress for resource: ${arnOf('f')}`,
  )
})

test('while the function is Pending it cannot be updated', async (t) => {
  const { call } = await testLambda(t, { clock: new VirtualClock() })
  await call('CreateFunction', functionInput('f'))
  const pending = refusal(
    'ResourceConflictException',
    'The operation cannot be performed at this time. The function is currently in the following state: Pending',
    409,
  )
  await assert.rejects(call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: other }), pending)
  await assert.rejects(call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 4 }), pending)
  await assert.rejects(call('PublishVersion', { FunctionName: 'f' }), pending)
})

test('an update of a function that is deleted meanwhile leaves nothing behind', async (t) => {
  const { blobs, call, create, faults } = await testLambda(t)
  await create('f')
  const [update] = await Promise.allSettled([
    call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: other }),
    call('DeleteFunction', { FunctionName: 'f' }),
  ])
  if (update.status === 'rejected') assert.equal(update.reason.code, 'ResourceNotFoundException')
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(await Array.fromAsync(blobs.list()), [])
  assert.deepEqual(faults, [])
})

const REFUSED: [string, object, string, string][] = [
  [
    'an old revision',
    { ZipFile: other, RevisionId: 'old' },
    'PreconditionFailedException',
    'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
  ],
  [
    'an image for a function of type Zip',
    { ImageUri: 'image' },
    'InvalidParameterValueException',
    "Please don't provide ImageUri when updating a function with packageType Zip.",
  ],
  ['no code', {}, 'InvalidParameterValueException', 'Please provide a source for function code.'],
  [
    'code from S3',
    { S3Bucket: 'bucket', S3Key: 'key' },
    'InvalidParameterValueException',
    'Error occurred while GetObject. S3 Error Code: ServiceUnavailable. S3 Error Message: Amazon S3 is not in lambdad yet',
  ],
  [
    'what is no zip',
    { ZipFile: Buffer.from('no zip') },
    'InvalidParameterValueException',
    'Could not unzip uploaded file. Please check your file, then try to upload again.',
  ],
  [
    'another architecture',
    { ZipFile: other, Architectures: [HOST === 'arm64' ? 'x86_64' : 'arm64'] },
    'InvalidParameterValueException',
    `Architecture ${HOST === 'arm64' ? 'x86_64' : 'arm64'} on this host, which is ${HOST}, is not supported by lambdad yet.`,
  ],
  [
    'PublishTo',
    { ZipFile: other, PublishTo: 'LATEST_PUBLISHED' },
    'InvalidParameterValueException',
    "PublishTo isn't supported for Lambda Default functions.",
  ],
  [
    'a function that is not there',
    { FunctionName: 'g', ZipFile: other },
    'ResourceNotFoundException',
    `Function not found: ${arnOf('g')}`,
  ],
  [
    'a version',
    { FunctionName: 'f:1', ZipFile: other },
    'InvalidParameterValueException',
    'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
  ],
]

for (const [what, input, code, message] of REFUSED) {
  test(`${what} is refused, and the function stays as it was`, async (t) => {
    const { call, create, settled } = await testLambda(t)
    await create('f')
    const before = await settled('f')
    await assert.rejects(call('UpdateFunctionCode', { FunctionName: 'f', ...input }), refusal(code, message))
    assert.deepEqual(await settled('f'), before)
  })
}
