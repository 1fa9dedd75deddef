import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arnOf, REGION, refusal, testLambda } from '../testing.ts'

const NOT_THERE = refusal('ResourceNotFoundException', 'The resource you requested does not exist.', 404)
const of = { FunctionName: 'f' }

test('a URL is created, shown, changed and deleted', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const Cors = { AllowOrigins: ['*'], MaxAge: 60 }
  const created = await call('CreateFunctionUrlConfig', { ...of, AuthType: 'NONE', Cors })
  const { FunctionUrl, CreationTime, ...rest } = created
  assert.match(
    FunctionUrl ?? '',
    new RegExp(`^http://[a-z0-9]{32}\\.lambda-url\\.${REGION}\\.localhost:4566/$`),
  )
  assert.match(CreationTime ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  assert.deepEqual(rest, { FunctionArn: arnOf('f'), AuthType: 'NONE', Cors })

  const shown = await call('GetFunctionUrlConfig', of)
  assert.deepEqual(shown, { ...created, InvokeMode: 'BUFFERED', LastModifiedTime: CreationTime })
  assert.deepEqual((await call('ListFunctionUrlConfigs', of)).FunctionUrlConfigs, [shown])
  const changed = { AuthType: 'AWS_IAM', InvokeMode: 'RESPONSE_STREAM', Cors: {} } as const
  const updated = await call('UpdateFunctionUrlConfig', { ...of, ...changed })
  assert.equal(updated.FunctionUrl, FunctionUrl)
  assert.deepEqual([updated.AuthType, updated.InvokeMode], ['AWS_IAM', 'RESPONSE_STREAM'])
  assert.deepEqual(updated.Cors, {})
  await call('DeleteFunctionUrlConfig', of)
  await assert.rejects(call('GetFunctionUrlConfig', of), NOT_THERE)
  await assert.rejects(call('DeleteFunctionUrlConfig', of), NOT_THERE)
  await assert.rejects(call('UpdateFunctionUrlConfig', of), NOT_THERE)
})

test('each alias has its own, which goes with it', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f', { Publish: true })
  await call('CreateAlias', { ...of, Name: 'live', FunctionVersion: '1' })
  const Qualifier = 'live'
  const alias = await call('CreateFunctionUrlConfig', { ...of, Qualifier, AuthType: 'NONE' })
  assert.equal(alias.FunctionArn, arnOf('f:live'))
  await assert.rejects(call('GetFunctionUrlConfig', of), NOT_THERE)
  const own = await call('CreateFunctionUrlConfig', { ...of, AuthType: 'NONE', InvokeMode: 'BUFFERED' })
  assert.equal(own.InvokeMode, 'BUFFERED')
  assert.notEqual(own.FunctionUrl, alias.FunctionUrl)
  const first = await call('ListFunctionUrlConfigs', { ...of, MaxItems: 1 })
  assert.deepEqual(
    first.FunctionUrlConfigs?.map(({ FunctionArn }) => FunctionArn),
    [arnOf('f')],
  )
  const rest = await call('ListFunctionUrlConfigs', { ...of, Marker: first.NextMarker })
  assert.deepEqual(
    rest.FunctionUrlConfigs?.map(({ FunctionArn }) => FunctionArn),
    [arnOf('f:live')],
  )
  await call('DeleteAlias', { ...of, Name: 'live' })
  await assert.rejects(call('GetFunctionUrlConfig', { ...of, Qualifier }), NOT_THERE)
})

test('the address follows the one by which the caller reached us', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await call('CreateFunctionUrlConfig', { ...of, AuthType: 'NONE' })
  const at = async (endpoint: string) =>
    (await call('GetFunctionUrlConfig', of, { endpoint })).FunctionUrl?.replace(/[a-z0-9]{32}/, 'id')
  assert.equal(await at('http://localhost:4566'), `http://id.lambda-url.${REGION}.localhost:4566/`)
  assert.equal(await at('https://lambda.example.org'), `https://id.lambda-url.${REGION}.lambda.example.org/`)
  assert.equal(await at('http://[::1]:80'), `http://id.lambda-url.${REGION}.localhost/`)
  assert.equal(await at('http://10.0.0.7:4566'), `https://id.lambda-url.${REGION}.on.aws/`)
})

test('with a function go its URLs', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await call('CreateFunctionUrlConfig', { ...of, AuthType: 'NONE' })
  await call('DeleteFunction', of)
  await create('f')
  await assert.rejects(call('GetFunctionUrlConfig', of), NOT_THERE)
})

test('what cannot have a URL, or has one, is refused', async (t) => {
  const { call, create } = await testLambda(t)
  const AuthType = 'NONE'
  const noFunction = refusal('ResourceNotFoundException', 'Function does not exist', 404)
  await assert.rejects(call('CreateFunctionUrlConfig', { ...of, AuthType }), noFunction)
  await assert.rejects(call('UpdateFunctionUrlConfig', of), noFunction)
  await assert.rejects(call('ListFunctionUrlConfigs', of), noFunction)
  await assert.rejects(call('GetFunctionUrlConfig', of), NOT_THERE)
  await assert.rejects(call('DeleteFunctionUrlConfig', of), NOT_THERE)
  await create('f', { Publish: true })
  await assert.rejects(call('CreateFunctionUrlConfig', { ...of, Qualifier: 'live', AuthType }), noFunction)
  await assert.rejects(call('UpdateFunctionUrlConfig', { ...of, Qualifier: 'live' }), noFunction)
  for (const name of ['f:1', 'f:$LATEST'])
    await assert.rejects(call('CreateFunctionUrlConfig', { FunctionName: name, AuthType }), {
      code: 'ValidationException',
    })
  await call('CreateFunctionUrlConfig', { ...of, AuthType })
  await assert.rejects(
    call('CreateFunctionUrlConfig', { ...of, AuthType }),
    refusal(
      'ResourceConflictException',
      `Failed to create function url config for [functionArn = ${arnOf('f')}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
      409,
    ),
  )
})
