import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arnOf, refusal, type TestLambda, testLambda } from '../testing.ts'

test('an alias is created, shown, changed, listed and deleted', async (t) => {
  const { call } = await withVersions(t)
  const created = await call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' })
  const { RevisionId, ...shown } = created
  assert.deepEqual(shown, {
    AliasArn: arnOf('f:live'),
    Name: 'live',
    FunctionVersion: '1',
    Description: '',
  })
  assert.deepEqual(await call('GetAlias', { FunctionName: 'f', Name: 'live' }), created)

  const updated = await call('UpdateAlias', {
    FunctionName: 'f',
    Name: 'live',
    FunctionVersion: '2',
    Description: 'd',
  })
  assert.equal(updated.FunctionVersion, '2')
  assert.equal(updated.Description, 'd')
  assert.notEqual(updated.RevisionId, RevisionId)
  assert.deepEqual(await call('ListAliases', { FunctionName: 'f' }), { Aliases: [updated] })

  assert.deepEqual(await call('DeleteAlias', { FunctionName: 'f', Name: 'live' }), {})
  assert.deepEqual(await call('ListAliases', { FunctionName: 'f' }), { Aliases: [] })
})

test('an alias may share its calls with a second version, until it is told not to', async (t) => {
  const { call } = await withVersions(t)
  const RoutingConfig = { AdditionalVersionWeights: { 2: 0.25 } }
  const created = await call('CreateAlias', {
    FunctionName: 'f',
    Name: 'live',
    FunctionVersion: '1',
    RoutingConfig,
  })
  assert.deepEqual(created.RoutingConfig, RoutingConfig)
  const update = async (input: object) =>
    (await call('UpdateAlias', { FunctionName: 'f', Name: 'live', ...input })).RoutingConfig
  assert.deepEqual(await update({ Description: 'x' }), RoutingConfig)
  assert.equal(await update({ RoutingConfig: { AdditionalVersionWeights: {} } }), undefined)
})

test('aliases are listed by name, a page at a time, or those of one version', async (t) => {
  const { call } = await withVersions(t)
  for (const [Name, FunctionVersion] of [
    ['b', '1'],
    ['a', '2'],
    ['c', '1'],
  ] as const)
    await call('CreateAlias', { FunctionName: 'f', Name, FunctionVersion })
  const names = async (input: object) =>
    (await call('ListAliases', { FunctionName: 'f', ...input })).Aliases?.map(({ Name }) => Name)
  assert.deepEqual(await names({}), ['a', 'b', 'c'])
  assert.deepEqual(await names({ FunctionVersion: '1' }), ['b', 'c'])
  const { NextMarker } = await call('ListAliases', { FunctionName: 'f', MaxItems: 2 })
  assert.deepEqual(await names({ Marker: NextMarker ?? '' }), ['c'])
})

const CONFLICTS: [string, object, string][] = [
  [
    'three versions',
    { FunctionVersion: '1', RoutingConfig: { AdditionalVersionWeights: { 2: 0.1, 3: 0.1 } } },
    'Number of items in AdditionalVersionWeights cannot be greater than 1',
  ],
  [
    'the same version twice',
    { FunctionVersion: '1', RoutingConfig: { AdditionalVersionWeights: { 1: 0.1 } } },
    'Invalid function version 1. Function version 1 is already included in routing configuration.',
  ],
  [
    '$LATEST and another version',
    { FunctionVersion: '$LATEST', RoutingConfig: { AdditionalVersionWeights: { 1: 0.1 } } },
    '$LATEST is not supported for an alias pointing to more than 1 version',
  ],
  [
    'a version of managed instances',
    { FunctionVersion: '$LATEST.PUBLISHED' },
    'FunctionVersion $LATEST.PUBLISHED is not supported by lambdad yet.',
  ],
]

for (const [what, input, message] of CONFLICTS) {
  test(`an alias cannot lead to ${what}`, async (t) => {
    const { call } = await withVersions(t)
    const refused = refusal('InvalidParameterValueException', message, 400)
    const wanted = { FunctionName: 'f', FunctionVersion: '1', ...input }
    await assert.rejects(call('CreateAlias', { ...wanted, Name: 'new' }), refused)
    const old = await call('CreateAlias', { FunctionName: 'f', Name: 'old', FunctionVersion: '1' })
    await assert.rejects(call('UpdateAlias', { ...wanted, Name: 'old' }), refused)
    assert.deepEqual(await call('GetAlias', { FunctionName: 'f', Name: 'old' }), old)
  })
}

test('an alias cannot lead to a version that is not there', async (t) => {
  const { call } = await withVersions(t)
  const create = (input: object) =>
    call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1', ...input })
  const notFound = refusal('ResourceNotFoundException', `Function not found: ${arnOf('f:9')}`, 404)
  await assert.rejects(create({ FunctionVersion: '9' }), notFound)
  await assert.rejects(create({ RoutingConfig: { AdditionalVersionWeights: { 9: 0.5 } } }), notFound)
})

test('moving an alias onto the version that it already shares is refused', async (t) => {
  const { call } = await withVersions(t)
  const RoutingConfig = { AdditionalVersionWeights: { 2: 0.25 } }
  await call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1', RoutingConfig })
  await assert.rejects(call('UpdateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '2' }), {
    message: 'Invalid function version 2. Function version 2 is already included in routing configuration.',
  })
})

test('an alias that is there already is a conflict, and of two creations at once one wins', async (t) => {
  const { call } = await withVersions(t)
  const create = () => call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' })
  const outcomes = await Promise.allSettled([create(), create()])
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  await assert.rejects(
    create(),
    refusal('ResourceConflictException', `Alias already exists: ${arnOf('f:live')}`, 409),
  )
})

test('an alias that is not there is not found, in two wordings, and counts as deleted', async (t) => {
  const { call } = await withVersions(t)
  await assert.rejects(
    call('GetAlias', { FunctionName: 'f', Name: 'no' }),
    refusal('ResourceNotFoundException', `Cannot find alias arn: ${arnOf('f:no')}`, 404),
  )
  await assert.rejects(
    call('UpdateAlias', { FunctionName: 'f', Name: 'no', Description: 'd' }),
    refusal('ResourceNotFoundException', `Alias not found: ${arnOf('f:no')}`, 404),
  )
  assert.deepEqual(await call('DeleteAlias', { FunctionName: 'f', Name: 'no' }), {})
})

test('aliases of what is no function are not found', async (t) => {
  const { call } = await testLambda(t)
  const noFunction = (name: string) =>
    refusal('ResourceNotFoundException', `Function not found: ${arnOf(name)}`, 404)
  const notFound = noFunction('g')
  const alias = { FunctionName: 'g', Name: 'live' }
  await assert.rejects(call('CreateAlias', { ...alias, FunctionVersion: '1' }), noFunction('g:1'))
  await assert.rejects(call('GetAlias', alias), notFound)
  await assert.rejects(call('UpdateAlias', alias), notFound)
  await assert.rejects(call('DeleteAlias', alias), notFound)
  await assert.rejects(call('ListAliases', { FunctionName: 'g' }), notFound)
})

test('who knows an older revision of an alias does not change it', async (t) => {
  const { call } = await withVersions(t)
  const { RevisionId = '' } = await call('CreateAlias', {
    FunctionName: 'f',
    Name: 'live',
    FunctionVersion: '1',
  })
  const update = () =>
    call('UpdateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '2', RevisionId })
  const outcomes = await Promise.allSettled([update(), update()])
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  await assert.rejects(
    update(),
    refusal(
      'PreconditionFailedException',
      'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
      412,
    ),
  )
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
