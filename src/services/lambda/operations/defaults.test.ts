import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arnOf, refusal, testLambda } from '../testing.ts'

test('what nobody has set is answered as AWS answers it', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const of = { FunctionName: 'f' }
  assert.deepEqual(await call('GetFunctionCodeSigningConfig', of), {})
  assert.deepEqual(await call('GetFunctionRecursionConfig', of), { RecursiveLoop: 'Terminate' })
  assert.deepEqual(await call('GetRuntimeManagementConfig', of), {
    UpdateRuntimeOn: 'Auto',
    FunctionArn: arnOf('f:$LATEST'),
  })
  assert.deepEqual(await call('ListFunctionEventInvokeConfigs', of), { FunctionEventInvokeConfigs: [] })
  assert.deepEqual(await call('ListProvisionedConcurrencyConfigs', of), { ProvisionedConcurrencyConfigs: [] })
})

test('what nobody has set and AWS does not find is not found', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await call('PublishVersion', { FunctionName: 'f' })
  await assert.rejects(
    call('GetFunctionEventInvokeConfig', { FunctionName: 'f' }),
    refusal(
      'ResourceNotFoundException',
      `The function ${arnOf('f:$LATEST')} doesn't have an EventInvokeConfig`,
      404,
    ),
  )
  await assert.rejects(
    call('GetProvisionedConcurrencyConfig', { FunctionName: 'f', Qualifier: '1' }),
    refusal(
      'ProvisionedConcurrencyConfigNotFoundException',
      'No Provisioned Concurrency Config found for this function',
      404,
    ),
  )
})

test('provisioned concurrency is of versions and aliases that are there', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const get = (Qualifier: string) => call('GetProvisionedConcurrencyConfig', { FunctionName: 'f', Qualifier })
  await assert.rejects(
    get('$LATEST'),
    refusal(
      'InvalidParameterValueException',
      'The function resource provided must be an alias or a published version.',
      400,
    ),
  )
  await assert.rejects(get('7'), { code: 'ResourceNotFoundException' })
  await assert.rejects(get('live'), { code: 'ResourceNotFoundException' })
})

test('of a function that is not there nothing is answered', async (t) => {
  const { call } = await testLambda(t)
  const of = { FunctionName: 'g' }
  const notFound = refusal('ResourceNotFoundException', `Function not found: ${arnOf('g')}`, 404)
  await assert.rejects(call('GetFunctionCodeSigningConfig', of), notFound)
  await assert.rejects(call('GetFunctionRecursionConfig', of), notFound)
  await assert.rejects(call('GetRuntimeManagementConfig', of), notFound)
  await assert.rejects(call('ListProvisionedConcurrencyConfigs', of), notFound)
  const gone = refusal('ResourceNotFoundException', "The function doesn't exist.", 404)
  await assert.rejects(call('ListFunctionEventInvokeConfigs', of), gone)
})
