import assert from 'node:assert/strict'
import { test } from 'node:test'
import { functionInput, testLambda } from '../testing.ts'

test('an account starts with the limits of AWS and uses nothing', async (t) => {
  const { call } = await testLambda(t)
  assert.deepEqual(await call('GetAccountSettings', {}), {
    AccountLimit: {
      TotalCodeSize: 80530636800,
      CodeSizeUnzipped: 262144000,
      CodeSizeZipped: 52428800,
      ConcurrentExecutions: 1000,
      UnreservedConcurrentExecutions: 1000,
    },
    AccountUsage: { TotalCodeSize: 0, FunctionCount: 0 },
  })
})

test('every version counts its code, and reservations take from what is unreserved', async (t) => {
  const { call, create } = await testLambda(t)
  const size = functionInput('f').Code?.ZipFile?.byteLength ?? 0
  await create('f')
  await create('g')
  await call('PublishVersion', { FunctionName: 'f' })
  await call('PutFunctionConcurrency', { FunctionName: 'f', ReservedConcurrentExecutions: 30 })
  const { AccountLimit, AccountUsage } = await call('GetAccountSettings', {})
  assert.deepEqual(AccountUsage, { TotalCodeSize: 3 * size, FunctionCount: 2 })
  assert.equal(AccountLimit?.UnreservedConcurrentExecutions, 970)

  const elsewhere = await call('GetAccountSettings', {}, { region: 'us-east-1' })
  assert.deepEqual(elsewhere.AccountUsage, { TotalCodeSize: 0, FunctionCount: 0 })
})
