import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arnOf, functionInput, HOST, ROLE, refusal, testLambda } from '../testing.ts'

test('a new function is Pending, with the defaults of AWS and no member that was not set', async (t) => {
  const { call } = await testLambda(t)
  const { CodeSha256, CodeSize, LastModified, RevisionId, RuntimeVersionConfig, ...shown } = await call(
    'CreateFunction',
    functionInput('f'),
  )

  assert.deepEqual(shown, {
    FunctionName: 'f',
    FunctionArn: arnOf('f'),
    Runtime: 'nodejs22.x',
    Role: ROLE,
    Handler: 'index.handler',
    Description: '',
    Timeout: 3,
    MemorySize: 128,
    Version: '$LATEST',
    TracingConfig: { Mode: 'PassThrough' },
    State: 'Pending',
    StateReason: 'The function is being created.',
    StateReasonCode: 'Creating',
    PackageType: 'Zip',
    Architectures: [HOST],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: { LogFormat: 'Text', LogGroup: '/aws/lambda/f' },
  })
  assert.match(CodeSha256 ?? '', /^[A-Za-z0-9+/]{43}=$/)
  assert.equal(CodeSize, functionInput('f').Code?.ZipFile?.byteLength)
  assert.match(LastModified ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/)
  assert.match(RevisionId ?? '', /^[0-9a-f-]{36}$/)
  assert.match(
    RuntimeVersionConfig?.RuntimeVersionArn ?? '',
    /^arn:aws:lambda:eu-central-1::runtime:[0-9a-f]{64}$/,
  )
})

test('a function that is there already is a conflict', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await assert.rejects(
    call('CreateFunction', functionInput('f')),
    refusal('ResourceConflictException', 'Function already exist: f', 409),
  )
})
