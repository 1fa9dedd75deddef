import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arnOf, refusal, SCOPE, testLambda } from '../testing.ts'

test('what is given changes, and the rest stays', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f', { Description: 'before', Environment: { Variables: { A: '1' } }, MemorySize: 256 })
  const before = await settled('f')
  const updated = await call('UpdateFunctionConfiguration', {
    FunctionName: 'f',
    Timeout: 60,
    Description: '',
  })
  assert.equal(updated.LastUpdateStatus, 'InProgress')
  const { RevisionId, LastModified, ...after } = await settled('f')
  const { RevisionId: _, LastModified: __, ...expected } = { ...before, Timeout: 60, Description: '' }
  assert.deepEqual(after, expected)
})

test('variables are replaced as a whole, and those given empty are none', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f', { Environment: { Variables: { A: '1', B: '2' } } })
  const update = async (Variables: Record<string, string>) => {
    await call('UpdateFunctionConfiguration', { FunctionName: 'f', Environment: { Variables } })
    return (await settled('f')).Environment
  }
  assert.deepEqual(await update({ C: '3' }), { Variables: { C: '3' } })
  assert.deepEqual(await update({}), { Variables: {} })
})

test('log levels come with JSON and go with Text, and the group stays', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f', { LoggingConfig: { LogGroup: 'mine' } })
  const update = async (LoggingConfig: object) => {
    await call('UpdateFunctionConfiguration', { FunctionName: 'f', LoggingConfig })
    return (await settled('f')).LoggingConfig
  }
  const json = { LogFormat: 'JSON', LogGroup: 'mine', ApplicationLogLevel: 'INFO', SystemLogLevel: 'INFO' }
  assert.deepEqual(await update({ LogFormat: 'JSON' }), json)
  assert.deepEqual(await update({ ApplicationLogLevel: 'DEBUG' }), { ...json, ApplicationLogLevel: 'DEBUG' })
  assert.deepEqual(await update({ LogFormat: 'Text' }), { LogFormat: 'Text', LogGroup: 'mine' })
})

test('environments are retired where they would notice the change, and not for a description', async (t) => {
  const { call, create, lambda, retired, settled } = await testLambda(t)
  await create('f')
  const { fn } = await lambda.directory.resolve(SCOPE, 'f')
  const update = async (input: object) => {
    await call('UpdateFunctionConfiguration', { FunctionName: 'f', ...input })
    await settled('f')
  }
  await update({ Description: 'another' })
  assert.deepEqual(retired, [])
  await update({ MemorySize: 512 })
  assert.deepEqual(retired, [fn.revision])
  assert.equal((await lambda.directory.resolve(SCOPE, 'f')).fn.memoryMb, 512)
})

test('who knows the revision wins, and once only', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f')
  const { RevisionId } = await settled('f')
  const update = () =>
    call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 9, ...(RevisionId && { RevisionId }) })
  const outcomes = await Promise.allSettled([update(), update()])
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  await settled('f')
  await assert.rejects(
    update(),
    refusal(
      'PreconditionFailedException',
      'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
      412,
    ),
  )
})

const REFUSED: [string, object, string, string | RegExp][] = [
  [
    'a timeout beyond 15 minutes',
    { Timeout: 901 },
    'ValidationException',
    "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
  ],
  [
    'a runtime that AWS takes no longer',
    { Runtime: 'python3.7' },
    'InvalidParameterValueException',
    'The runtime parameter of python3.7 is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.',
  ],
  [
    'a runtime that no Lambda has',
    { Runtime: 'x' },
    'InvalidParameterValueException',
    /^Value x at 'runtime'/,
  ],
  [
    "variables that are Lambda's",
    { Environment: { Variables: { LAMBDA_TASK_ROOT: '/' } } },
    'InvalidParameterValueException',
    /Reserved keys used in this request: LAMBDA_TASK_ROOT$/,
  ],
  [
    'log levels without JSON',
    { LoggingConfig: { SystemLogLevel: 'WARN' } },
    'InvalidParameterValueException',
    'ApplicationLogLevel and SystemLogLevel can be set only where LogFormat is JSON.',
  ],
  [
    'a network of its own',
    { VpcConfig: { SecurityGroupIds: ['sg-1'] } },
    'InvalidParameterValueException',
    'VpcConfig is not supported by lambdad yet.',
  ],
  [
    'a capacity provider',
    { CapacityProviderConfig: {} },
    'InvalidParameterValueException',
    "CapacityProviderConfig isn't supported for Lambda Default functions.",
  ],
  [
    'a function that is not there',
    { FunctionName: 'g', Timeout: 9 },
    'ResourceNotFoundException',
    `Function not found: ${arnOf('g')}`,
  ],
  [
    'an alias',
    { FunctionName: 'f:live', Timeout: 9 },
    'InvalidParameterValueException',
    /^This operation is permitted on Lambda functions only\./,
  ],
]

for (const [what, input, code, message] of REFUSED) {
  test(`${what} is refused, and the function stays as it was`, async (t) => {
    const { call, create, settled } = await testLambda(t)
    await create('f')
    const before = await settled('f')
    await assert.rejects(
      call('UpdateFunctionConfiguration', { FunctionName: 'f', ...input }),
      refusal(code, message),
    )
    assert.deepEqual(await settled('f'), before)
  })
}
