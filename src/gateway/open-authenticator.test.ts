import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SignedRequest } from './authenticator.ts'
import { type OpenSettings, openAuthenticator } from './open-authenticator.ts'

/** Who a request with this credential is taken for. */
async function caller(
  credential: string | undefined,
  settings: OpenSettings = {},
  more: Partial<SignedRequest> = {},
) {
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=00`
  const request: SignedRequest = {
    method: 'GET',
    path: '/',
    search: '',
    headers: credential === undefined ? {} : { authorization },
    service: {
      id: 'lambda',
      iamPrefix: 'lambda',
      loadClient: async () => ({}),
      namespace: '',
      protocols: [],
      signingNames: [],
    },
    protocol: 'restJson1',
    bodySha256: () => assert.fail('nobody need be verified'),
    ...more,
  }
  const { accountId, region, accessKeyId } = await openAuthenticator(settings).authenticate(request)
  return { accountId, region, accessKeyId }
}

test('an access key id of twelve digits is the account, and the scope has the region', async () => {
  assert.deepEqual(await caller('123456789012/20261121/eu-west-1/lambda/aws4_request'), {
    accountId: '123456789012',
    region: 'eu-west-1',
    accessKeyId: '123456789012',
  })
})

test('any other key, a malformed credential and none are of the default account', async () => {
  const expected = { accountId: '000000000000', region: 'us-east-1' }
  for (const credential of ['AKIA/20261121/us-east-1/lambda/aws4_request', 'a/b', '', '////', undefined]) {
    const { accountId, region } = await caller(credential)
    assert.deepEqual({ accountId, region }, expected)
  }
  const settings = { defaultAccountId: '111111111111', defaultRegion: 'ap-south-1' }
  assert.deepEqual(await caller(undefined, settings), {
    accountId: '111111111111',
    region: 'ap-south-1',
    accessKeyId: '',
  })
})

test('a presigned URL has its scope in the query, an unsigned request its region in the Host', async () => {
  const search = 'X-Amz-Credential=123456789012%2F20261121%2Fsa-east-1%2Fs3%2Faws4_request'
  assert.equal((await caller(undefined, {}, { search })).region, 'sa-east-1')
  const headers = { host: 'lambda.eu-north-1.amazonaws.com' }
  assert.equal((await caller(undefined, {}, { headers })).region, 'eu-north-1')
})

test('credentials that lambdad has issued stand for whom it issued them to', async () => {
  const callerOf = (accessKeyId: string) =>
    accessKeyId === 'ASIA' ? { accountId: '222222222222', principalArn: 'p' } : undefined
  const issued = await caller('ASIA/20261121/eu-west-1/lambda/aws4_request', { callerOf })
  assert.equal(issued.accountId, '222222222222')
})
