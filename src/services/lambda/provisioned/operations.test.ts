import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { realClock } from '../../../base/clock.ts'
import { arnOf, refusal, SCOPE, type TestLambda, testLambda, zipOf } from '../testing.ts'

// AWS Lambda Developer Guide, "Configuring provisioned concurrency"; texts as LocalStack recorded them from AWS.

test('a request is answered before anything is started, and is READY when all is', async (t) => {
  const lambda = await withVersions(t, 1)
  lambda.ahead.hold()
  const answer = await put(lambda, '1', 3)
  assert.match(answer.LastModified ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/)
  assert.deepEqual(
    { ...answer, LastModified: undefined },
    { ...shown(3, 0, 0, 'IN_PROGRESS'), LastModified: undefined },
  )
  await eventually(async () =>
    assert.partialDeepStrictEqual(await get(lambda, '1'), shown(3, 3, 0, 'IN_PROGRESS')),
  )
  lambda.ahead.proceed()
  await eventually(async () => assert.partialDeepStrictEqual(await get(lambda, '1'), shown(3, 3, 3, 'READY')))
  assert.deepEqual(lambda.ahead.wanted, { 1: 3 })
})

test('where the init fails it is FAILED, with the reason', async (t) => {
  const lambda = await withVersions(t, 1)
  lambda.ahead.hold()
  await put(lambda, '1', 1)
  lambda.ahead.fail()
  await eventually(async () => {
    const { Status, StatusReason } = await get(lambda, '1')
    assert.deepEqual([Status, StatusReason], ['FAILED', 'FUNCTION_ERROR_INIT_FAILURE'])
  })
})

test('an alias takes its provisioned concurrency along', async (t) => {
  const lambda = await withVersions(t, 2)
  await lambda.call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' })
  await put(lambda, 'live', 4)
  await eventually(() => assert.deepEqual(lambda.ahead.wanted, { 1: 4 }))
  await lambda.call('UpdateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '2' })
  await eventually(() => assert.deepEqual(lambda.ahead.wanted, { 2: 4 }))
})

test('an alias that gets a second version shares it by weight', async (t) => {
  const lambda = await withVersions(t, 2)
  await lambda.call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' })
  await put(lambda, 'live', 10)
  const weigh = (weight: number) =>
    lambda.call('UpdateAlias', {
      FunctionName: 'f',
      Name: 'live',
      RoutingConfig: { AdditionalVersionWeights: { 2: weight } },
    })
  for (const [weight, wanted] of [
    [0.25, { 1: 7, 2: 3 }],
    [0.01, { 1: 9, 2: 1 }],
    [1, { 2: 10 }],
    [0, { 1: 10 }],
  ] as const) {
    await weigh(weight)
    await eventually(() => assert.deepEqual(lambda.ahead.wanted, wanted))
    await eventually(async () => assert.equal((await get(lambda, 'live')).Status, 'READY'))
  }
})

test('it goes with its config, its alias, its version and its function', async (t) => {
  const lambda = await withVersions(t, 3)
  await lambda.call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' })
  await put(lambda, 'live', 1)
  await put(lambda, '2', 2)
  await put(lambda, '3', 3)
  await eventually(() => assert.deepEqual(lambda.ahead.wanted, { 1: 1, 2: 2, 3: 3 }))
  await lambda.call('DeleteProvisionedConcurrencyConfig', { FunctionName: 'f', Qualifier: '3' })
  await eventually(() => assert.deepEqual(lambda.ahead.wanted, { 1: 1, 2: 2 }))
  await lambda.call('DeleteFunction', { FunctionName: 'f', Qualifier: '2' })
  await eventually(() => assert.deepEqual(lambda.ahead.wanted, { 1: 1 }))
  await lambda.call('DeleteAlias', { FunctionName: 'f', Name: 'live' })
  await eventually(() => assert.deepEqual(lambda.ahead.wanted, {}))
  await put(lambda, '1', 1)
  await eventually(() => assert.deepEqual(lambda.ahead.wanted, { 1: 1 }))
  await lambda.call('DeleteFunction', { FunctionName: 'f' })
  await eventually(() => assert.deepEqual(lambda.ahead.wanted, {}))
})

test('configs are listed by qualifier, in pages', async (t) => {
  const lambda = await withVersions(t, 3)
  for (const version of ['3', '1', '2']) await put(lambda, version, 1)
  const list = (input = {}) =>
    lambda.call('ListProvisionedConcurrencyConfigs', { FunctionName: 'f', ...input })
  const first = await list({ MaxItems: 2 })
  const second = await list({ MaxItems: 2, Marker: first.NextMarker })
  const arns = [first, second].map(({ ProvisionedConcurrencyConfigs = [] }) =>
    ProvisionedConcurrencyConfigs.map(({ FunctionArn }) => FunctionArn),
  )
  assert.deepEqual(arns, [[arnOf('f:1'), arnOf('f:2')], [arnOf('f:3')]])
  assert.equal(second.NextMarker, undefined)
})

test('it counts against what functions without a reservation share, and within a reservation not', async (t) => {
  const lambda = await withVersions(t, 1)
  await lambda.create('g')
  const unreserved = async () =>
    (await lambda.call('GetAccountSettings', {})).AccountLimit?.UnreservedConcurrentExecutions
  await put(lambda, '1', 300)
  assert.equal(await unreserved(), 700)
  await lambda.lambda.directory.resolve(SCOPE, 'f')
  assert.equal(lambda.lambda.directory.reservedTotal(SCOPE), 300)
  const reserve = (FunctionName: string, ReservedConcurrentExecutions: number) =>
    lambda.call('PutFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions })
  await assert.rejects(reserve('g', 601), { code: 'InvalidParameterValueException' })
  await reserve('g', 600)
  await lambda.call('DeleteFunctionConcurrency', { FunctionName: 'g' })
  await reserve('f', 400)
  assert.equal(await unreserved(), 600)
})

test('more than a reservation holds is refused, and so is a reservation below what is provisioned', async (t) => {
  const lambda = await withVersions(t, 2)
  const reserve = (n: number) =>
    lambda.call('PutFunctionConcurrency', { FunctionName: 'f', ReservedConcurrentExecutions: n })
  await reserve(5)
  await put(lambda, '1', 3)
  await assert.rejects(
    put(lambda, '2', 3),
    refusal(
      'InvalidParameterValueException',
      'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
      400,
    ),
  )
  await put(lambda, '1', 5)
  await assert.rejects(
    reserve(4),
    refusal(
      'InvalidParameterValueException',
      " ReservedConcurrentExecutions  4 should not be lower than function's total provisioned concurrency [5].",
      400,
    ),
  )
})

test('more than the account has left is refused with what is left', async (t) => {
  const lambda = await withVersions(t, 1)
  const refused = (text: string) => refusal('InvalidParameterValueException', text, 400)
  await assert.rejects(
    put(lambda, '1', 1001),
    refused(
      "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000].",
    ),
  )
  await assert.rejects(
    put(lambda, '1', 901),
    refused(
      "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    ),
  )
  await put(lambda, '1', 900)
})

test('only published versions and aliases of such have it', async (t) => {
  const lambda = await withVersions(t, 1)
  await lambda.call('CreateAlias', { FunctionName: 'f', Name: 'newest', FunctionVersion: '$LATEST' })
  const unpublished = refusal(
    'InvalidParameterValueException',
    'Provisioned Concurrency Configs cannot be applied to unpublished function versions.',
    400,
  )
  await assert.rejects(put(lambda, '$LATEST', 1), unpublished)
  await assert.rejects(put(lambda, 'newest', 1), unpublished)
  await assert.rejects(put(lambda, '7', 1), { code: 'ResourceNotFoundException' })
  await assert.rejects(put(lambda, 'nowhere', 1), { code: 'ResourceNotFoundException' })
  await assert.rejects(
    lambda.call('PutProvisionedConcurrencyConfig', {
      FunctionName: 'g',
      Qualifier: '1',
      ProvisionedConcurrentExecutions: 1,
    }),
    { code: 'ResourceNotFoundException' },
  )
  await assert.rejects(get(lambda, '$LATEST'), { code: 'InvalidParameterValueException' })
  await assert.rejects(get(lambda, '1'), {
    code: 'ProvisionedConcurrencyConfigNotFoundException',
    status: 404,
  })
  await assert.rejects(
    lambda.call('DeleteProvisionedConcurrencyConfig', { FunctionName: 'f', Qualifier: '$LATEST' }),
    { code: 'InvalidParameterValueException' },
  )
  await lambda.call('DeleteProvisionedConcurrencyConfig', { FunctionName: 'f', Qualifier: '1' })
})

test('an alias with weights is refused, and one that has provisioned concurrency does not move to $LATEST', async (t) => {
  const lambda = await withVersions(t, 2)
  const weighted = { RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } } }
  await lambda.call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1', ...weighted })
  await assert.rejects(
    put(lambda, 'live', 1),
    refusal(
      'InvalidParameterValueException',
      'Alias with weights can not be used with Provisioned Concurrency',
      400,
    ),
  )
  await lambda.call('UpdateAlias', { FunctionName: 'f', Name: 'live', RoutingConfig: {} })
  await put(lambda, 'live', 1)
  await assert.rejects(
    lambda.call('UpdateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '$LATEST' }),
    { code: 'InvalidParameterValueException' },
  )
})

test('a version has it by itself or by one alias, not both', async (t) => {
  const lambda = await withVersions(t, 2)
  for (const Name of ['one', 'other'])
    await lambda.call('CreateAlias', { FunctionName: 'f', Name, FunctionVersion: '1' })
  const provisionedVersion = refusal(
    'ResourceConflictException',
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
    409,
  )
  await put(lambda, 'one', 1)
  await assert.rejects(
    put(lambda, '1', 1),
    refusal('ResourceConflictException', 'Version is pointed by a Provisioned Concurrency alias', 409),
  )
  await assert.rejects(put(lambda, 'other', 1), provisionedVersion)
  await put(lambda, '2', 1)
  await assert.rejects(
    lambda.call('UpdateAlias', { FunctionName: 'f', Name: 'one', FunctionVersion: '2' }),
    provisionedVersion,
  )
  await put(lambda, 'one', 2)
})

test('a function that isolates tenants has none', async (t) => {
  const lambda = await testLambda(t)
  await lambda.create('f', { Publish: true, TenancyConfig: { TenantIsolationMode: 'PER_TENANT' } })
  await assert.rejects(put(lambda, '1', 1), { code: 'InvalidParameterValueException' })
})

test('after a restart it is asked for again', async (t) => {
  const first = await withVersions(t, 1)
  await put(first, '1', 2)
  const second = await testLambda(t, { database: first.database, blobs: first.blobs })
  await eventually(() => assert.deepEqual(second.ahead.wanted, { 1: 2 }))
})

async function withVersions(t: TestContext, versions: number): Promise<TestLambda> {
  const lambda = await testLambda(t)
  await lambda.create('f')
  for (let version = 1; version <= versions; version++) {
    await lambda.call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: zipOf(`code ${version}`) })
    await lambda.settled('f')
    await lambda.call('PublishVersion', { FunctionName: 'f' })
    await lambda.settled('f', String(version))
  }
  return lambda
}

function put({ call }: TestLambda, Qualifier: string, ProvisionedConcurrentExecutions: number) {
  return call('PutProvisionedConcurrencyConfig', {
    FunctionName: 'f',
    Qualifier,
    ProvisionedConcurrentExecutions,
  })
}

function get({ call }: TestLambda, Qualifier: string) {
  return call('GetProvisionedConcurrencyConfig', { FunctionName: 'f', Qualifier })
}

function shown(requested: number, allocated: number, available: number, Status: 'IN_PROGRESS' | 'READY') {
  return {
    RequestedProvisionedConcurrentExecutions: requested,
    AvailableProvisionedConcurrentExecutions: available,
    AllocatedProvisionedConcurrentExecutions: allocated,
    Status,
  }
}

async function eventually(check: () => unknown): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await check()
      return
    } catch (error) {
      if (tries >= 200) throw error
      await realClock.sleep(5)
    }
  }
}

test('of a function that is not there the version or the alias is named', async (t) => {
  const { call } = await testLambda(t)
  const notFound = (text: string) => refusal('ResourceNotFoundException', text, 404)
  for (const [Qualifier, text] of [
    ['1', `Function not found: ${arnOf('g:1')}`],
    ['live', `Cannot find alias arn: ${arnOf('g:live')}`],
  ] as const) {
    const of = { FunctionName: 'g', Qualifier }
    await assert.rejects(
      call('PutProvisionedConcurrencyConfig', { ...of, ProvisionedConcurrentExecutions: 1 }),
      notFound(text),
    )
    await assert.rejects(call('GetProvisionedConcurrencyConfig', of), notFound(text))
    await assert.rejects(call('DeleteProvisionedConcurrencyConfig', of), notFound(text))
  }
})
