import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { eventBridgeRig, FUNCTION, QUEUE } from '../testing.ts'

const DLQ = 'arn:aws:sqs:us-east-1:111111111111:dlq'
const HOUR = 3_600_000

test('a target that is throttled gets its event later', async (t) => {
  const { rule, put, sent, until, failing, clock } = await eventBridgeRig(t)
  await rule('r', { source: ['my.app'] }, { Arn: FUNCTION })
  failing.set(FUNCTION, 'Throttled')
  await put({ n: 1 })
  await until(() => clock.now() > Date.UTC(2026, 0, 1, 2), 60_000)
  assert.deepEqual(sent, [])
  failing.clear()
  await until(() => sent.length === 1, 60_000)
})

test('what was tried for too long goes to the dead-letter queue, and says why', async (t) => {
  const { rule, put, sent, until, failing, clock } = await eventBridgeRig(t)
  await rule(
    'age',
    { source: ['my.app'] },
    { Arn: FUNCTION, DeadLetterConfig: { Arn: DLQ }, RetryPolicy: { MaximumEventAgeInSeconds: 3600 } },
  )
  failing.set(FUNCTION, 'Unavailable')
  const began = clock.now()
  await put({ n: 1 })
  await until(() => sent.length === 1, 60_000)
  const [dead] = sent
  assert.ok((dead?.at ?? 0) - began <= HOUR + 60_000)
  assert.equal(JSON.parse(dead?.body ?? '').detail.n, 1)
  const { RETRY_ATTEMPTS, ...attributes } = dead?.attributes ?? {}
  assert.deepEqual(attributes, {
    RULE_ARN: 'arn:aws:events:us-east-1:111111111111:rule/age',
    TARGET_ARN: FUNCTION,
    ERROR_CODE: 'Test.Unavailable',
    ERROR_MESSAGE: `${FUNCTION} does not take it`,
    EXHAUSTED_RETRY_CONDITION: 'MaximumEventAgeInSeconds',
  })
  assert.ok(Number(RETRY_ATTEMPTS) > 3)
})

test('the number of retries is the one that the target says', async (t) => {
  const { rule, put, sent, until, failing } = await eventBridgeRig(t)
  await rule(
    'r',
    { source: ['my.app'] },
    { Arn: FUNCTION, DeadLetterConfig: { Arn: DLQ }, RetryPolicy: { MaximumRetryAttempts: 2 } },
  )
  failing.set(FUNCTION, 'Unavailable')
  await put({})
  await until(() => sent.length === 1, 60_000)
  assert.equal(sent[0]?.attributes?.RETRY_ATTEMPTS, '2')
  assert.equal(sent[0]?.attributes?.EXHAUSTED_RETRY_CONDITION, 'MaximumRetryAttempts')
})

test('what will not pass by itself is not tried again', async (t) => {
  const { rule, put, sent, until, failing, clock } = await eventBridgeRig(t)
  await rule('r', { source: ['my.app'] }, { Arn: FUNCTION, DeadLetterConfig: { Arn: DLQ } })
  failing.set(FUNCTION, 'AccessDenied')
  const began = clock.now()
  await put({})
  await until(() => sent.length === 1)
  assert.ok((sent[0]?.at ?? 0) - began < 10_000)
  assert.equal(sent[0]?.attributes?.ERROR_CODE, 'NO_PERMISSIONS')
  assert.equal(sent[0]?.attributes?.RETRY_ATTEMPTS, '0')
})

test('a target that fails holds up no other, and a broken dead-letter queue nothing', async (t) => {
  const { rule, put, sent, until, failing, faults } = await eventBridgeRig(t)
  await rule('r', { source: ['my.app'] }, { Arn: FUNCTION, DeadLetterConfig: { Arn: DLQ } }, { Arn: QUEUE })
  failing.set(FUNCTION, 'NotFound').set(DLQ, 'NotFound')
  await put({ n: 1 }, { n: 2 })
  await until(() => sent.length === 2 && faults.length === 2)
  assert.ok(sent.every(({ arn }) => arn === QUEUE))
})

test('an API destination is called with its connection’s authorization, and tried again when it is down', async (t) => {
  const { run, rule, put, until } = await eventBridgeRig(t)
  const requests: { url: string | undefined; key: unknown; method: string | undefined; body: string }[] = []
  const answers = [503, 200]
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    requests.push({ url: request.url, key: request.headers['x-key'], method: request.method, body })
    response.writeHead(answers.shift() ?? 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo

  const AuthParameters = {
    ApiKeyAuthParameters: { ApiKeyName: 'x-key', ApiKeyValue: 'secret' },
    InvocationHttpParameters: { BodyParameters: [{ Key: 'added', Value: 'yes' }] },
  }
  const { ConnectionArn } = await run('CreateConnection', {
    Name: 'c',
    AuthorizationType: 'API_KEY',
    AuthParameters,
  })
  const { ApiDestinationArn } = await run('CreateApiDestination', {
    Name: 'd',
    ConnectionArn,
    InvocationEndpoint: `http://127.0.0.1:${port}/orders/*`,
    HttpMethod: 'PUT',
  })
  await rule(
    'r',
    { source: ['my.app'] },
    {
      Arn: ApiDestinationArn,
      RoleArn: 'arn:aws:iam::111111111111:role/r',
      InputPath: '$.detail',
      HttpParameters: { PathParameterValues: ['7'], QueryStringParameters: { q: '1' } },
    },
  )
  await put({ n: 1 })
  await until(() => requests.length === 2)
  assert.deepEqual(requests[1], {
    url: '/orders/7?q=1',
    key: 'secret',
    method: 'PUT',
    body: '{"n":1,"added":"yes"}',
  })
  const { AuthParameters: shown } = await run('DescribeConnection', { Name: 'c' })
  assert.equal(JSON.stringify(shown).includes('secret'), false)
})
