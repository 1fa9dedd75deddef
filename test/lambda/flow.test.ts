import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  paginateListFunctions,
  ResourceConflictException,
  ResourceNotFoundException,
  waitUntilFunctionActiveV2,
  waitUntilFunctionExists,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from '@aws-sdk/client-lambda'
import { arnOf, functionInput, zipOf } from '../../src/services/lambda/testing.ts'
import { controlPlane } from './control-plane.ts'

const input = functionInput('f') as never
const code = functionInput('f').Code?.ZipFile as Buffer

test('a function lives its life through the SDK, with its waiters', async (t) => {
  const { client } = await controlPlane(t)
  const of = { FunctionName: 'f' }
  const wait = { client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }

  const created = await client.createFunction(input)
  assert.equal(created.$metadata.httpStatusCode, 201)
  assert.equal(created.State, 'Pending')
  await waitUntilFunctionExists(wait, of)
  await waitUntilFunctionActiveV2(wait, of)

  const updated = await client.updateFunctionCode({ ...of, ZipFile: zipOf('2') })
  assert.equal(updated.LastUpdateStatus, 'InProgress')
  await waitUntilFunctionUpdatedV2(wait, of)
  await client.updateFunctionConfiguration({ ...of, Timeout: 20, Environment: { Variables: { KEY: 'ä' } } })
  await waitUntilFunctionUpdatedV2(wait, of)

  const { Version = '', $metadata } = await client.publishVersion(of)
  assert.equal($metadata.httpStatusCode, 201)
  await waitUntilPublishedVersionActive(wait, { ...of, Qualifier: Version })
  const shown = await client.getFunctionConfiguration({ ...of, Qualifier: Version })
  assert.equal(shown.Timeout, 20)
  assert.deepEqual(shown.Environment, { Variables: { KEY: 'ä' } })

  const deleted = await client.deleteFunction(of)
  assert.equal(deleted.$metadata.httpStatusCode, 204)
  await assert.rejects(client.getFunction(of), ResourceNotFoundException)
})

test('the code can be downloaded from where GetFunction says, without credentials', async (t) => {
  const { client, create, endpoint } = await controlPlane(t)
  await create('f')
  const { Code } = await client.getFunction({ FunctionName: 'f' })
  assert.ok(Code?.Location?.startsWith(endpoint))
  const response = await fetch(Code?.Location ?? '')
  assert.equal(response.status, 200)
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), code)
  assert.equal((await fetch(`${Code?.Location}0`)).status, 403)
})

test('errors arrive as the exceptions of the SDK, with their members', async (t) => {
  const { client, create } = await controlPlane(t)
  await create('f')
  await assert.rejects(client.createFunction(input), (error) => {
    assert.ok(error instanceof ResourceConflictException)
    assert.equal(error.message, 'Function already exist: f')
    assert.equal(error.Type, 'User')
    assert.equal(error.$metadata.httpStatusCode, 409)
    return true
  })
  await assert.rejects(client.getFunction({ FunctionName: 'g' }), (error) => {
    assert.ok(error instanceof ResourceNotFoundException)
    assert.equal(error.message, `Function not found: ${arnOf('g')}`)
    assert.equal(error.Type, 'User')
    return true
  })
})

test('aliases, policies, tags and concurrency travel as AWS has them', async (t) => {
  const { client, create } = await controlPlane(t)
  await create('f')
  const of = { FunctionName: 'f' }
  const { Version = '' } = await client.publishVersion(of)
  const RoutingConfig = { AdditionalVersionWeights: {} }
  const alias = await client.createAlias({ ...of, Name: 'live', FunctionVersion: Version, RoutingConfig })
  assert.equal(alias.$metadata.httpStatusCode, 201)
  const permission = { StatementId: 's', Action: 'lambda:InvokeFunction', Principal: '*' }
  const { Statement = '' } = await client.addPermission({ ...of, ...permission, Qualifier: 'live' })
  assert.equal(JSON.parse(Statement).Resource, arnOf('f:live'))
  const { Policy = '' } = await client.getPolicy({ ...of, Qualifier: 'live' })
  assert.equal(JSON.parse(Policy).Statement.length, 1)
  const removed = await client.removePermission({ ...of, StatementId: 's', Qualifier: 'live' })
  assert.equal(removed.$metadata.httpStatusCode, 204)

  await client.tagResource({ Resource: arnOf('f'), Tags: { a: 'b', c: 'd' } })
  await client.untagResource({ Resource: arnOf('f'), TagKeys: ['a'] })
  assert.deepEqual((await client.listTags({ Resource: arnOf('f') })).Tags, { c: 'd' })

  await client.putFunctionConcurrency({ ...of, ReservedConcurrentExecutions: 5 })
  assert.equal((await client.getFunctionConcurrency(of)).ReservedConcurrentExecutions, 5)
  assert.equal((await client.getAccountSettings({})).AccountLimit?.UnreservedConcurrentExecutions, 995)
  await client.deleteFunctionConcurrency(of)
  assert.equal((await client.deleteAlias({ ...of, Name: 'live' })).$metadata.httpStatusCode, 204)
})

test('the paginator finds every function', async (t) => {
  const { call, client } = await controlPlane(t)
  const names = Array.from({ length: 120 }, (_, i) => `f${i}`)
  for (const name of names) await call('CreateFunction', functionInput(name))
  const found: (string | undefined)[] = []
  for await (const { Functions = [] } of paginateListFunctions({ client }, {}))
    found.push(...Functions.map(({ FunctionName }) => FunctionName))
  assert.deepEqual(found, names.sort())
})

test('what deploy tools read of a function is answered', async (t) => {
  const { client, create, gatewayFaults } = await controlPlane(t)
  await create('f')
  const of = { FunctionName: 'f' }
  assert.equal((await client.getFunctionCodeSigningConfig(of)).CodeSigningConfigArn, undefined)
  assert.equal((await client.getFunctionRecursionConfig(of)).RecursiveLoop, 'Terminate')
  assert.equal((await client.getRuntimeManagementConfig(of)).UpdateRuntimeOn, 'Auto')
  assert.deepEqual((await client.listVersionsByFunction(of)).Versions?.length, 1)
  await assert.rejects(client.getFunctionEventInvokeConfig(of), ResourceNotFoundException)
  await assert.rejects(
    client.getProvisionedConcurrencyConfig({ ...of, Qualifier: '1' }),
    ResourceNotFoundException,
  )
  assert.deepEqual(gatewayFaults, [])
})
