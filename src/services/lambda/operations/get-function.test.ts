import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arnOf, functionInput, refusal, testLambda } from '../testing.ts'

test('it shows the configuration and where the code is; tags and reservation only where there are some', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const { Configuration, Code, ...rest } = await call('GetFunction', { FunctionName: 'f' })
  assert.equal(Configuration?.FunctionArn, arnOf('f'))
  assert.equal(Code?.RepositoryType, 'S3')
  assert.deepEqual(rest, {})

  await call('TagResource', { Resource: arnOf('f'), Tags: { a: 'b' } })
  await call('PutFunctionConcurrency', { FunctionName: 'f', ReservedConcurrentExecutions: 0 })
  const { Tags, Concurrency } = await call('GetFunction', { FunctionName: 'f' })
  assert.deepEqual(Tags, { a: 'b' })
  assert.deepEqual(Concurrency, { ReservedConcurrentExecutions: 0 })
})

test('the ARN ends in the qualifier that was asked for', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f')
  await call('PublishVersion', { FunctionName: 'f' })
  await settled('f', '1')
  await call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' })
  const shown = async (FunctionName: string, Qualifier?: string) => {
    const found = await call('GetFunctionConfiguration', { FunctionName, ...(Qualifier && { Qualifier }) })
    return [found.FunctionArn, found.Version]
  }
  assert.deepEqual(await shown('f'), [arnOf('f'), '$LATEST'])
  assert.deepEqual(await shown('f', '$LATEST'), [arnOf('f:$LATEST'), '$LATEST'])
  assert.deepEqual(await shown('f:1'), [arnOf('f:1'), '1'])
  assert.deepEqual(await shown(arnOf('f:live')), [arnOf('f:live'), '1'])
})

test('what is not there is named as it was asked for', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const notFound = (name: string) =>
    refusal('ResourceNotFoundException', `Function not found: ${arnOf(name)}`, 404)
  for (const operation of ['GetFunction', 'GetFunctionConfiguration'] as const) {
    await assert.rejects(call(operation, { FunctionName: 'g' }), notFound('g'))
    await assert.rejects(call(operation, { FunctionName: 'g', Qualifier: 'live' }), notFound('g:live'))
    await assert.rejects(call(operation, { FunctionName: 'f', Qualifier: '7' }), notFound('f:7'))
    await assert.rejects(call(operation, { FunctionName: 'f:live' }), notFound('f:live'))
    await assert.rejects(call(operation, { FunctionName: 'f:1', Qualifier: '2' }), {
      code: 'InvalidParameterValueException',
    })
  }
})

test('the link to the code leads to the package, for ten minutes', async (t) => {
  const { call, create, lambda } = await testLambda(t)
  await create('f')
  const { Code } = await call('GetFunction', { FunctionName: 'f' }, { endpoint: 'http://localhost:1' })
  const link = new URL(Code?.Location ?? '')
  assert.equal(link.origin, 'http://localhost:1')
  const answer = await lambda.codeDoor(`${link.pathname}${link.search}`)
  assert.equal(answer.status, 200)
  assert.ok(answer.status === 200)
  const bytes = Buffer.concat(await Array.fromAsync(answer.blob.stream))
  assert.deepEqual(bytes, functionInput('f').Code?.ZipFile)
})
