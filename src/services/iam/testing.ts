import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { AwsError } from '../../aws/error.ts'
import type { Call } from '../../aws/operation.ts'
import { VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { createIamOperations, type iamOperations } from './service.ts'
import { createIamStore } from './store.sql.ts'
import type { IamInput, IamOutput } from './types.ts'

type Name = keyof typeof iamOperations

export const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})
export const DOCUMENT = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/*' }],
})
export const ACCOUNT = '123456789012'

export function callOf(accountId = ACCOUNT): Call {
  return {
    accountId,
    region: 'us-east-1',
    principalArn: `arn:aws:iam::${accountId}:root`,
    accessKeyId: 'AKIA',
    requestId: 'request',
    endpoint: 'http://127.0.0.1:4566',
    traceHeader: undefined,
    trailers: {},
    signal: new AbortController().signal,
  }
}

/** IAM over a database of its own, called as the gateway calls it. */
export async function iam(t: TestContext) {
  const database = await openSqlite(':memory:')
  t.after(() => database.close())
  const clock = new VirtualClock(Date.UTC(2026, 0, 1))
  const store = createIamStore(database)
  const operations = createIamOperations({ store, clock, random: seededRandom('iam') })

  const as = (accountId: string) =>
    async function send<N extends Name>(name: N, input: IamInput<N>): Promise<IamOutput<N>> {
      return (await operations[name](input as never, callOf(accountId))) as IamOutput<N>
    }
  return { database, clock, store, as, send: as(ACCOUNT) }
}

/** Refused with this code, and with this text. */
export async function refuses(work: Promise<unknown>, code: string, message: string | RegExp): Promise<void> {
  await assert.rejects(work, (error: AwsError) => {
    assert.equal(error.code, code)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    return true
  })
}
