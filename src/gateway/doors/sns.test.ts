import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { AccessKey } from '../../aws/access-key.ts'
import type { HttpRequest } from '../http.ts'
import { anybody, type Operator, rootOnly } from './operator.ts'
import { certificateDoor, snsOutboxDoor } from './sns.ts'

const ID = '0123456789abcdef0123456789abcdef'

function request(method: string, target: string, headers: Record<string, string> = {}): HttpRequest {
  const [path = '', search = ''] = target.split('?')
  const { signal } = new AbortController()
  return {
    method,
    path,
    search,
    query: new URLSearchParams(search),
    headers,
    body: Readable.from([]),
    signal,
  }
}

test('the certificate that messages name is there, and no other', async () => {
  const door = certificateDoor(async (id) => (id === ID ? 'PEM' : undefined))
  const get = request('GET', `/SimpleNotificationService-${ID}.pem`)
  assert.ok(door.matches(get))
  assert.deepEqual(await door.handle(get), {
    status: 200,
    headers: { 'content-type': 'application/x-pem-file' },
    body: 'PEM',
  })
  const other = request('GET', `/SimpleNotificationService-${'f'.repeat(32)}.pem`)
  assert.equal((await door.handle(other)).status, 404)
  assert.equal(door.matches(request('GET', '/SimpleNotificationService-1.pem')), false)
})

function outbox(operator: Operator) {
  const calls: unknown[] = []
  const door = snsOutboxDoor({
    operator,
    defaults: { accountId: '000000000000', region: 'us-east-1' },
    outbox: {
      list: async (...given) => {
        calls.push(['list', ...given])
        return [{ to: 'a@example.com' }]
      },
      clear: async (...given) => void calls.push(['clear', ...given]),
      optOut: async (...given) => void calls.push(['optOut', ...given]),
    },
  })
  return { calls, ask: async (...given: Parameters<typeof request>) => door.handle(request(...given)) }
}

test('mail is listed by account, region and address, and emptied', async () => {
  const { ask, calls } = outbox(anybody)
  const { body } = await ask(
    'GET',
    '/_lambdad/sns/outbox?account=111111111111&region=eu-west-1&to=a%40example.com',
  )
  assert.deepEqual(JSON.parse(String(body)), { messages: [{ to: 'a@example.com' }] })
  await ask('DELETE', '/_lambdad/sns/outbox')
  await ask('PUT', '/_lambdad/sns/opted-out/%2B15551234567')
  const here = { accountId: '000000000000', region: 'us-east-1' }
  assert.deepEqual(calls, [
    ['list', { accountId: '111111111111', region: 'eu-west-1' }, 'a@example.com'],
    ['clear', here],
    ['optOut', here, '+15551234567'],
  ])
})

for (const [method, target, status] of [
  ['POST', '/_lambdad/sns/outbox', 405],
  ['GET', '/_lambdad/sns/opted-out/+1555', 405],
  ['PUT', '/_lambdad/sns/opted-out/me', 400],
] as const) {
  test(`${method} ${target} is answered ${status}`, async () => {
    const { ask, calls } = outbox(anybody)
    assert.equal((await ask(method, target)).status, status)
    assert.deepEqual(calls, [])
  })
}

const ROOT: AccessKey = {
  secretAccessKey: 's:ecret',
  accountId: '222222222222',
  principalArn: 'arn:aws:iam::222222222222:root',
}
const KEYS: Record<string, AccessKey> = {
  AKIAROOT: ROOT,
  AKIAUSER: { ...ROOT, principalArn: 'arn:aws:iam::222222222222:user/u' },
}
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })

test('where signatures are verified, the root key of an account opens that account’s mail', async () => {
  const { ask, calls } = outbox(rootOnly({ find: async (id) => KEYS[id] }))
  for (const headers of [
    {},
    basic('AKIAROOT:wrong'),
    basic('AKIAUSER:s:ecret'),
    basic('nobody:x'),
    basic(''),
  ]) {
    const { status, headers: answered } = await ask('GET', '/_lambdad/sns/outbox', headers)
    assert.deepEqual([status, answered['www-authenticate']], [401, 'Basic realm="lambdad"'])
  }
  assert.deepEqual(calls, [])
  await ask('GET', '/_lambdad/sns/outbox?account=111111111111', basic('AKIAROOT:s:ecret'))
  assert.deepEqual(calls, [['list', { accountId: '222222222222', region: 'us-east-1' }, undefined]])
})
