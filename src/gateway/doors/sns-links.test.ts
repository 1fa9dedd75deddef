import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { AwsError } from '../../aws/error.ts'
import { seededRandom } from '../../base/random.ts'
import type { HttpRequest } from '../http.ts'
import { snsLinkDoor } from './sns-links.ts'

const TOPIC = 'arn:aws:sns:eu-west-1:111111111111:t'

function request(search: string, more: Partial<HttpRequest> = {}): HttpRequest {
  const { signal } = new AbortController()
  const query = new URLSearchParams(search)
  const headers = { host: 'localhost:4566' }
  return { method: 'GET', path: '/', search, query, headers, body: Readable.from([]), signal, ...more }
}

function links(answer: () => unknown) {
  const calls: unknown[] = []
  const operation = async (input: never, { accountId, region }: { accountId: string; region: string }) => {
    calls.push({ input, accountId, region })
    return answer()
  }
  const operations = async () => ({ ConfirmSubscription: operation, Unsubscribe: operation })
  return { calls, door: snsLinkDoor({ operations, random: seededRandom('links') }) }
}

const CONFIRM = `Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=abc`

test('who follows a link confirms as nobody, in the region of the topic', async () => {
  const { door, calls } = links(() => ({ SubscriptionArn: `${TOPIC}:1` }))
  assert.ok(door.matches(request(CONFIRM)))
  const { status, body } = await door.handle(request(CONFIRM))
  assert.equal(status, 200)
  assert.match(
    String(body),
    /^<ConfirmSubscriptionResponse xmlns="[^"]+"><ConfirmSubscriptionResult><SubscriptionArn>arn:aws:sns:eu-west-1:111111111111:t:1<\/SubscriptionArn><\/ConfirmSubscriptionResult><ResponseMetadata><RequestId>[0-9a-f-]{36}<\/RequestId><\/ResponseMetadata><\/ConfirmSubscriptionResponse>$/,
  )
  assert.deepEqual(calls, [{ input: { TopicArn: TOPIC, Token: 'abc' }, accountId: '', region: 'eu-west-1' }])
})

test('a refusal is told in the words of the Query protocol', async () => {
  for (const [error, status, code] of [
    [
      new AwsError('InvalidParameterException', 'a < b', { queryCode: 'InvalidParameter' }),
      400,
      'InvalidParameter',
    ],
    [new AwsError('AuthorizationErrorException', 'no'), 403, 'AuthorizationError'],
  ] as const) {
    const { door } = links(() => {
      throw error
    })
    const answer = await door.handle(request(`Action=Unsubscribe&SubscriptionArn=${TOPIC}:1`))
    assert.equal(answer.status, status)
    const message = error.message.replace('<', '&lt;')
    assert.ok(
      String(answer.body).includes(
        `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`,
      ),
    )
  }
})

for (const [why, search, more] of [
  ['another action', `Action=Publish&TopicArn=${TOPIC}`, {}],
  ['a signature in the query', `${CONFIRM}&X-Amz-Signature=0`, {}],
  ['a signature in the head', CONFIRM, { headers: { authorization: 'AWS4-HMAC-SHA256 …' } }],
  ['a wish that must be signed', `${CONFIRM}&AuthenticateOnUnsubscribe=true`, {}],
  ['a form', CONFIRM, { method: 'POST' }],
  ['a bucket', CONFIRM, { path: '/bucket' }],
] as const) {
  test(`what is no link goes on to the services: ${why}`, () => {
    assert.equal(links(() => ({})).door.matches(request(search, more)), false)
  })
}
