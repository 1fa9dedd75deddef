import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arnOf, refusal, SCOPE, type TestLambda, testLambda } from '../testing.ts'

test('with the function go its versions, aliases, policy, reservation and tags', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f', { Tags: { a: 'b' } })
  await call('PublishVersion', { FunctionName: 'f' })
  await call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' })
  await call('AddPermission', permission('f'))
  await call('PutFunctionConcurrency', { FunctionName: 'f', ReservedConcurrentExecutions: 5 })
  assert.deepEqual(await call('DeleteFunction', { FunctionName: 'f' }), { StatusCode: 204 })

  await assert.rejects(call('GetFunction', { FunctionName: 'f' }), { code: 'ResourceNotFoundException' })
  await create('f')
  await assert.rejects(call('GetPolicy', { FunctionName: 'f' }), { code: 'ResourceNotFoundException' })
  assert.deepEqual(await call('ListAliases', { FunctionName: 'f' }), { Aliases: [] })
  assert.deepEqual(await call('ListTags', { Resource: arnOf('f') }), { Tags: {} })
  assert.deepEqual(await call('GetFunctionConcurrency', { FunctionName: 'f' }), {})
  assert.equal((await call('ListVersionsByFunction', { FunctionName: 'f' })).Versions?.length, 1)
})

test('environments of all its versions are retired', async (t) => {
  const { call, create, lambda, retired, settled } = await testLambda(t)
  await create('f')
  await call('PublishVersion', { FunctionName: 'f' })
  await settled('f', '1')
  const latest = await lambda.directory.resolve(SCOPE, 'f')
  const first = await lambda.directory.resolve(SCOPE, 'f', '1')
  await call('DeleteFunction', { FunctionName: 'f' })
  assert.deepEqual(retired.sort(), [latest.fn.revision, first.fn.revision].sort())
})

test('a qualifier deletes that version and nothing else', async (t) => {
  const { call, create, lambda, retired } = await withVersions(t)
  const { fn } = await lambda.directory.resolve(SCOPE, 'f', '1')
  retired.length = 0
  assert.deepEqual(await call('DeleteFunction', { FunctionName: 'f', Qualifier: '1' }), { StatusCode: 204 })
  assert.deepEqual(await versions(call), ['$LATEST', '2'])
  assert.deepEqual(retired, [fn.revision])
  await call('DeleteFunction', { FunctionName: 'f:2' })
  assert.deepEqual(await versions(call), ['$LATEST'])
  await create('g')
})

test('a version that is not there counts as deleted', async (t) => {
  const { call } = await withVersions(t)
  assert.deepEqual(await call('DeleteFunction', { FunctionName: 'f', Qualifier: '99' }), { StatusCode: 204 })
  assert.deepEqual(await versions(call), ['$LATEST', '1', '2'])
})

test('$LATEST, aliases and versions that aliases lead to stay', async (t) => {
  const { call } = await withVersions(t)
  await call('CreateAlias', {
    FunctionName: 'f',
    Name: 'live',
    FunctionVersion: '1',
    RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } },
  })
  const remove = (Qualifier: string) => call('DeleteFunction', { FunctionName: 'f', Qualifier })
  await assert.rejects(
    remove('$LATEST'),
    refusal(
      'InvalidParameterValueException',
      '$LATEST version cannot be deleted without deleting the function.',
      400,
    ),
  )
  await assert.rejects(
    remove('live'),
    refusal('InvalidParameterValueException', 'Deletion of aliases is not currently supported.', 400),
  )
  for (const version of ['1', '2'])
    await assert.rejects(
      remove(version),
      refusal(
        'ResourceConflictException',
        'Unable to delete version because the following aliases reference it: [live]',
        409,
      ),
    )
  assert.deepEqual(await versions(call), ['$LATEST', '1', '2'])
})

test('a function that is not there is named without the version that was asked for', async (t) => {
  const { call } = await testLambda(t)
  for (const input of [{ FunctionName: 'g' }, { FunctionName: 'g', Qualifier: '1' }])
    await assert.rejects(
      call('DeleteFunction', input),
      refusal('ResourceNotFoundException', `Function not found: ${arnOf('g')}`, 404),
    )
})

test('of two deletions at the same time one finds nothing', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const outcomes = await Promise.allSettled([1, 2].map(() => call('DeleteFunction', { FunctionName: 'f' })))
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

async function withVersions(t: Parameters<typeof testLambda>[0]): Promise<TestLambda> {
  const lambda = await testLambda(t)
  const { call, create, settled } = lambda
  await create('f')
  for (const version of ['1', '2']) {
    await call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 10 + Number(version) })
    await settled('f')
    await call('PublishVersion', { FunctionName: 'f' })
    await settled('f', version)
  }
  return lambda
}

async function versions(call: TestLambda['call']) {
  const { Versions } = await call('ListVersionsByFunction', { FunctionName: 'f' })
  return Versions?.map(({ Version }) => Version)
}

function permission(name: string) {
  return {
    FunctionName: name,
    StatementId: 's',
    Action: 'lambda:InvokeFunction',
    Principal: 's3.amazonaws.com',
  }
}
