import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LIMITS } from '../limits.ts'
import { ACCOUNT, arnOf, functionInput, HOST, REGION, ROLE, refusal, testLambda } from '../testing.ts'
import type { LambdaInput } from '../types.ts'

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

test('it becomes Active by itself, with another revision', async (t) => {
  const { call, settled } = await testLambda(t)
  const created = await call('CreateFunction', functionInput('f'))
  const active = await settled('f')
  assert.equal(active.State, 'Active')
  assert.equal(active.LastUpdateStatus, 'Successful')
  assert.equal(active.StateReason, undefined)
  assert.notEqual(active.RevisionId, created.RevisionId)
})

test('all that is given is shown again', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f', {
    Description: 'what it does',
    Timeout: 900,
    MemorySize: 10240,
    Environment: { Variables: { TABLE: 'orders' } },
    EphemeralStorage: { Size: 1024 },
    LoggingConfig: { LogFormat: 'JSON', LogGroup: 'mine', SystemLogLevel: 'WARN' },
    Tags: { team: 'a' },
  })
  const { Configuration, Tags } = await call('GetFunction', { FunctionName: 'f' })
  assert.equal(Configuration?.Description, 'what it does')
  assert.equal(Configuration?.Timeout, 900)
  assert.equal(Configuration?.MemorySize, 10240)
  assert.deepEqual(Configuration?.Environment, { Variables: { TABLE: 'orders' } })
  assert.deepEqual(Configuration?.EphemeralStorage, { Size: 1024 })
  assert.deepEqual(Configuration?.LoggingConfig, {
    LogFormat: 'JSON',
    LogGroup: 'mine',
    ApplicationLogLevel: 'INFO',
    SystemLogLevel: 'WARN',
  })
  assert.deepEqual(Tags, { team: 'a' })
})

test('with Publish the answer is version 1, under the ARN of the function', async (t) => {
  const { call, settled } = await testLambda(t)
  const published = await call('CreateFunction', { ...functionInput('f'), Publish: true })
  assert.equal(published.Version, '1')
  assert.equal(published.FunctionArn, arnOf('f'))
  assert.equal((await settled('f', '1')).FunctionArn, arnOf('f:1'))
  assert.equal((await settled('f')).Version, '$LATEST')
})

test('what asks for nothing is no refusal', async (t) => {
  const { create } = await testLambda(t)
  await create('f', {
    Layers: [],
    VpcConfig: { SubnetIds: [], SecurityGroupIds: [] },
    TracingConfig: { Mode: 'PassThrough' },
    SnapStart: { ApplyOn: 'None' },
    DeadLetterConfig: {},
    KMSKeyArn: '',
    FileSystemConfigs: [],
    PackageType: 'Zip',
    Architectures: [HOST],
  })
})

const OTHER_HOST = HOST === 'arm64' ? 'x86_64' : 'arm64'
const zip = functionInput('f').Code?.ZipFile

const UNSUPPORTED: [string, Partial<LambdaInput<'CreateFunction'>>][] = [
  ['VpcConfig', { VpcConfig: { SubnetIds: ['subnet-1'] } }],
  ['KMSKeyArn', { KMSKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/k' }],
  ['TracingConfig with Mode Active', { TracingConfig: { Mode: 'Active' } }],
  ['DurableConfig.KMSKeyArn', { DurableConfig: { ExecutionTimeout: 60, KMSKeyArn: 'arn:aws:kms:k' } }],
  [
    'DurableConfig together with TenancyConfig',
    { DurableConfig: { ExecutionTimeout: 60 }, TenancyConfig: { TenantIsolationMode: 'PER_TENANT' } },
  ],
  ['SourceKMSKeyArn', { Code: { ZipFile: zip, SourceKMSKeyArn: 'arn:aws:kms:us-east-1:1:key/k' } }],
  [`Architecture ${OTHER_HOST} on this host, which is ${HOST},`, { Architectures: [OTHER_HOST] }],
]

for (const [what, input] of UNSUPPORTED) {
  test(`${what} is refused by name, because it would be ignored`, async (t) => {
    const { call } = await testLambda(t)
    await assert.rejects(
      call('CreateFunction', { ...functionInput('f'), ...input }),
      refusal('InvalidParameterValueException', `${what} is not supported by lambdad yet.`, 400),
    )
    assert.deepEqual(await call('ListFunctions', {}), { Functions: [] })
  })
}

const tooManyTags = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, '']))
const bigVariables = { K: 'v'.repeat(4089) }
const UNABLE =
  'Lambda was unable to configure your environment variables because the environment variables you have provided'

const REFUSED: [string, Partial<LambdaInput<'CreateFunction'>>, string, string | RegExp][] = [
  [
    'a runtime that no Lambda has',
    { Runtime: 'cobol85' as never },
    'InvalidParameterValueException',
    /^Value cobol85 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \[.*nodejs22\.x.*\] or be a valid ARN$/,
  ],
  [
    'a runtime that AWS takes no longer',
    { Runtime: 'nodejs14.x' },
    'InvalidParameterValueException',
    'The runtime parameter of nodejs14.x is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.',
  ],
  [
    'no runtime',
    { Runtime: undefined },
    'InvalidParameterValueException',
    'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
  ],
  [
    'no handler',
    { Handler: undefined },
    'InvalidParameterValueException',
    'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
  ],
  [
    'a timeout beyond 15 minutes',
    { Timeout: 901 },
    'ValidationException',
    "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
  ],
  [
    'more memory than a default function may have',
    { MemorySize: 10241 },
    'ValidationException',
    "1 validation error detected: Value '10241' at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 10240",
  ],
  [
    "variables that are Lambda's",
    { Environment: { Variables: { AWS_REGION: 'x', _HANDLER: 'y', MINE: 'z' } } },
    'InvalidParameterValueException',
    `${UNABLE} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION, _HANDLER`,
  ],
  [
    'variables of more than 4 KB',
    { Environment: { Variables: bigVariables } },
    'InvalidParameterValueException',
    `${UNABLE} exceeded the 4KB limit. String measured: ${JSON.stringify(bigVariables)}`,
  ],
  [
    'more than 50 tags',
    { Tags: tooManyTags },
    'InvalidParameterValueException',
    'Number of tags exceeds resource tag limit.',
  ],
  [
    'log levels without JSON',
    { LoggingConfig: { LogFormat: 'Text', ApplicationLogLevel: 'DEBUG' } },
    'InvalidParameterValueException',
    'ApplicationLogLevel and SystemLogLevel can be set only where LogFormat is JSON.',
  ],
  ['no code', { Code: {} }, 'InvalidParameterValueException', 'Please provide a source for function code.'],
  [
    'an empty package',
    { Code: { ZipFile: Buffer.alloc(0) } },
    'InvalidParameterValueException',
    'Uploaded file must be a non-empty zip',
  ],
  [
    'code from two sources',
    { Code: { ZipFile: zip, S3Bucket: 'bucket' } },
    'InvalidParameterValueException',
    'Please do not provide other FunctionCode parameters when providing a ZipFile.',
  ],
  [
    'a capacity provider',
    { CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: undefined } },
    'InvalidParameterValueException',
    "CapacityProviderConfig isn't supported for Lambda Default functions.",
  ],
  [
    'the name of a version',
    { FunctionName: 'f:1' },
    'InvalidParameterValueException',
    /^This operation is permitted on Lambda functions only\./,
  ],
]

for (const [what, input, code, message] of REFUSED) {
  test(`${what} is refused`, async (t) => {
    const { call } = await testLambda(t)
    await assert.rejects(
      call('CreateFunction', { ...functionInput('f'), ...input }),
      refusal(code, message, 400),
    )
  })
}

test('variables of 4 KB to the byte are taken', async (t) => {
  const { create } = await testLambda(t)
  const variables = { K: 'v'.repeat(4088) }
  assert.equal(JSON.stringify(variables).length, 4096)
  await create('f', { Environment: { Variables: variables } })
})

test('variables that are given empty are shown empty', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f', { Environment: {} })
  assert.deepEqual((await call('GetFunctionConfiguration', { FunctionName: 'f' })).Environment, {
    Variables: {},
  })
})

test('a function of another region or account cannot be created from here', async (t) => {
  const { call } = await testLambda(t)
  await assert.rejects(
    call('CreateFunction', functionInput(`arn:aws:lambda:us-west-2:${ACCOUNT}:function:f`)),
    refusal(
      'ResourceNotFoundException',
      `Functions from 'us-west-2' are not reachable in this region ('${REGION}')`,
      404,
    ),
  )
  await assert.rejects(
    call('CreateFunction', functionInput(`arn:aws:lambda:${REGION}:999999999999:function:f`)),
    refusal(
      'AccessDeniedException',
      `Functions of account 999999999999 are not reachable from account ${ACCOUNT}`,
      403,
    ),
  )
})

test('the same name is another function in another region and in another account', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await call('CreateFunction', functionInput('f'), { region: 'us-east-1' })
  await call('CreateFunction', functionInput('f'), { accountId: '210987654321' })
})

test('of three creations at the same time exactly one wins', async (t) => {
  const { call } = await testLambda(t)
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => call('CreateFunction', functionInput('f'))))
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected'])
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'ResourceConflictException')
})

test('more code than the account may have is refused, and nothing of it kept', async (t) => {
  const size = functionInput('f').Code?.ZipFile?.byteLength ?? 0
  const { call, create } = await testLambda(t, { limits: { ...DEFAULT_LIMITS, totalCodeBytes: 2 * size } })
  await create('f')
  await assert.rejects(
    call('CreateFunction', { ...functionInput('g'), Publish: true }),
    refusal('CodeStorageExceededException', 'Code storage limit exceeded.', 400),
  )
  await create('g')
})
