import type { Call } from './operation.ts'

/** What a test's operation is called with: by the root of an account. */
export function testCall({ accountId, region }: Pick<Call, 'accountId' | 'region'>): Call {
  return {
    accountId,
    region,
    principalArn: `arn:aws:iam::${accountId}:root`,
    accessKeyId: 'test',
    requestId: 'request-1',
    endpoint: 'http://127.0.0.1:4566',
    traceHeader: undefined,
    trailers: {},
    signal: new AbortController().signal,
  }
}
