import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  InvokeCommand,
  type LambdaClient,
  PutFunctionConcurrencyCommand,
  TooManyRequestsException,
} from '@aws-sdk/client-lambda'
import { platform } from './support/platform.ts'

const ECHO = { 'index.mjs': 'export const handler = async (event) => event' }

// AWS Lambda Developer Guide, "Understanding concurrency and requests per second"; API Reference, "Invoke".
describe('what a caller sees of the rates', () => {
  test('more requests a second than ten for each unit of reserved concurrency are throttled', async (t) => {
    const { createFunction, lambda } = await platform(t)
    const FunctionName = await createFunction(ECHO)
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 1 }))
    // Where a second ends on the way, the next ten end it surely.
    const reasons = await reasonsOf(lambda, FunctionName, 40)
    assert.deepEqual([...new Set(reasons)], ['ReservedFunctionInvocationRateLimitExceeded'])
  })

  test('all functions without a reservation share the rate of the account', async (t) => {
    const { createFunction, lambda } = await platform(t, { concurrency: '100', requestRate: '1' })
    const FunctionName = await createFunction(ECHO)
    const reasons = await reasonsOf(lambda, FunctionName, 300)
    assert.deepEqual([...new Set(reasons)], ['FunctionInvocationRateLimitExceeded'])
  })

  test('the setting 0 is no limit', async (t) => {
    const { createFunction, lambda } = await platform(t, { requestRate: '0' })
    const FunctionName = await createFunction(ECHO)
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 1 }))
    assert.deepEqual(await reasonsOf(lambda, FunctionName, 40), [])
  })
})

/** Invokes one after the other until one is throttled; the reason, where there was one. */
async function reasonsOf(lambda: LambdaClient, FunctionName: string, count: number): Promise<string[]> {
  for (let n = 0; n < count; n++) {
    try {
      await lambda.send(new InvokeCommand({ FunctionName }))
    } catch (error) {
      assert(error instanceof TooManyRequestsException)
      assert.equal(error.$metadata.httpStatusCode, 429)
      assert.equal(error.message, 'Rate Exceeded.')
      assert.equal(error.retryAfterSeconds, '1')
      return [error.Reason ?? '']
    }
  }
  return []
}
