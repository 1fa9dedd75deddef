import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, arnOf, functionInput, refusal, testLambda } from '../testing.ts'

test('functions come by name, each with its unqualified ARN and without states', async (t) => {
  const { call, create } = await testLambda(t)
  for (const name of ['b', 'a']) await create(name, { Tags: { t: 'x' } })
  const { Functions = [], NextMarker } = await call('ListFunctions', {})
  assert.deepEqual(
    Functions.map(({ FunctionArn }) => FunctionArn),
    [arnOf('a'), arnOf('b')],
  )
  assert.equal(NextMarker, undefined)
  for (const absent of ['State', 'StateReason', 'LastUpdateStatus', 'RuntimeVersionConfig'] as const)
    assert.ok(!(absent in (Functions[0] ?? {})), absent)
})

test('only those of the account and region are listed', async (t) => {
  const { call, create } = await testLambda(t)
  await create('mine')
  await call('CreateFunction', functionInput('theirs'), { accountId: '210987654321' })
  await call('CreateFunction', functionInput('elsewhere'), { region: 'us-east-1' })
  const { Functions } = await call('ListFunctions', {})
  assert.deepEqual(
    Functions?.map(({ FunctionName }) => FunctionName),
    ['mine'],
  )
  const there = await call('ListFunctions', {}, { region: 'us-east-1' })
  assert.equal(there.Functions?.[0]?.FunctionArn, `arn:aws:lambda:us-east-1:${ACCOUNT}:function:elsewhere`)
})

test('with ALL every version is listed, under its qualified ARN', async (t) => {
  const { call, create } = await testLambda(t)
  for (const name of ['a', 'b']) {
    await create(name)
    await call('PublishVersion', { FunctionName: name })
  }
  const first = await call('ListFunctions', { FunctionVersion: 'ALL', MaxItems: 3 })
  const rest = await call('ListFunctions', { FunctionVersion: 'ALL', Marker: first.NextMarker ?? '' })
  assert.deepEqual(
    [...(first.Functions ?? []), ...(rest.Functions ?? [])].map(({ FunctionArn }) => FunctionArn),
    ['a:$LATEST', 'a:1', 'b:$LATEST', 'b:1'].map(arnOf),
  )
  assert.equal(first.Functions?.length, 3)
})

test('a page has at most 50 functions, and its marker leads to the others', async (t) => {
  const { call } = await testLambda(t)
  for (let i = 0; i < 60; i++) await call('CreateFunction', functionInput(`f${i}`))
  const first = await call('ListFunctions', { MaxItems: 10_000 })
  const second = await call('ListFunctions', { Marker: first.NextMarker ?? '' })
  assert.equal(first.Functions?.length, 50)
  assert.equal(second.Functions?.length, 10)
  assert.equal(second.NextMarker, undefined)
})

test('a marker that is none of ours is refused, and so is a replica’s region alone', async (t) => {
  const { call } = await testLambda(t)
  for (const Marker of ['garbage', 'e30=', 'MQ==', 'WzEsMl0='])
    await assert.rejects(
      call('ListFunctions', { Marker }),
      refusal('InvalidParameterValueException', 'Invalid value for Marker.', 400),
    )
  await assert.rejects(
    call('ListFunctions', { MasterRegion: 'ALL' }),
    refusal(
      'InvalidParameterValueException',
      'MasterRegion must be given together with FunctionVersion ALL.',
    ),
  )
})

test('the marker of another list is refused', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const pair = Buffer.from('["a","1"]').toString('base64')
  const text = Buffer.from('["a"]').toString('base64')
  for (const [input, name] of [
    [{ Marker: pair }, 'ListFunctions'],
    [{ Marker: text, FunctionVersion: 'ALL' }, 'ListFunctions'],
  ] as const)
    await assert.rejects(call(name, input), { code: 'InvalidParameterValueException' })
})

test('nothing is replicated from another region', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  assert.deepEqual(await call('ListFunctions', { MasterRegion: 'us-east-1', FunctionVersion: 'ALL' }), {
    Functions: [],
  })
})
