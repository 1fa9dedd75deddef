import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitsWith } from '../limits.ts'
import { arnOf, refusal, SCOPE, testLambda } from '../testing.ts'

test('a reservation is answered, shown and deleted; without one there is nothing to show', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const show = () => call('GetFunctionConcurrency', { FunctionName: 'f' })
  assert.deepEqual(await show(), {})
  const reserved = { ReservedConcurrentExecutions: 900 }
  assert.deepEqual(await call('PutFunctionConcurrency', { FunctionName: 'f', ...reserved }), reserved)
  assert.deepEqual(await show(), reserved)
  assert.deepEqual(await call('DeleteFunctionConcurrency', { FunctionName: 'f' }), {})
  assert.deepEqual(await show(), {})
})

test('a reservation of 0 is one', async (t) => {
  const { call, create, lambda } = await testLambda(t)
  await create('f')
  await call('PutFunctionConcurrency', { FunctionName: 'f', ReservedConcurrentExecutions: 0 })
  assert.deepEqual(await call('GetFunctionConcurrency', { FunctionName: 'f' }), {
    ReservedConcurrentExecutions: 0,
  })
  assert.equal((await lambda.directory.resolve(SCOPE, 'f')).reservedConcurrency, 0)
})

test('100 stay unreserved, whoever reserves', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await create('g')
  const reserve = (FunctionName: string, ReservedConcurrentExecutions: number) =>
    call('PutFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions })
  const tooMuch = refusal(
    'InvalidParameterValueException',
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    400,
  )
  await assert.rejects(reserve('f', 901), tooMuch)
  await reserve('f', 500)
  await assert.rejects(reserve('g', 401), tooMuch)
  await reserve('g', 400)
  await reserve('f', 499)
  await reserve('g', 401)
})

test('an account with less than 100 can reserve nothing', async (t) => {
  const { call, create } = await testLambda(t, { limits: limitsWith(10) })
  await create('f')
  await assert.rejects(
    call('PutFunctionConcurrency', { FunctionName: 'f', ReservedConcurrentExecutions: 1 }),
    refusal(
      'InvalidParameterValueException',
      "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [10].",
      400,
    ),
  )
  await call('PutFunctionConcurrency', { FunctionName: 'f', ReservedConcurrentExecutions: 0 })
})

test('reservations at the same time do not take more than there is', async (t) => {
  const { call, create } = await testLambda(t)
  const names = ['a', 'b', 'c']
  for (const name of names) await create(name)
  const outcomes = await Promise.allSettled(
    names.map((FunctionName) =>
      call('PutFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions: 450 }),
    ),
  )
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'fulfilled', 'rejected'])
})

test('only functions have reservations', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const functionsOnly = refusal(
    'InvalidParameterValueException',
    'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
    400,
  )
  const notFound = (name: string) =>
    refusal('ResourceNotFoundException', `Function not found: ${arnOf(name)}`, 404)
  const put = (FunctionName: string) =>
    call('PutFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions: 1 })
  const get = (FunctionName: string) => call('GetFunctionConcurrency', { FunctionName })
  const remove = (FunctionName: string) => call('DeleteFunctionConcurrency', { FunctionName })
  for (const operation of [put, get, remove]) {
    await assert.rejects(operation(arnOf('f:live')), functionsOnly)
    await assert.rejects(operation('g'), notFound(operation === put ? 'g:$LATEST' : 'g'))
  }
})
