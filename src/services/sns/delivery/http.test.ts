import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { DEAD_LETTERS, snsRig, TOPIC } from '../testing.ts'

interface Posted {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly at: number
}

/** A topic, and an endpoint that remembers what it was posted and answers with what it is told to, or 200. */
async function httpRig(t: TestContext, attributes: Record<string, string> = {}) {
  const rig = await snsRig(t)
  const { run, clock } = rig
  const posted: Posted[] = []
  const answers: number[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    posted.push({ headers: request.headers, body, at: clock.now() })
    response.writeHead(answers.shift() ?? 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const Endpoint = `http://user:secret@127.0.0.1:${(server.address() as AddressInfo).port}/hook?a=1`
  await run('CreateTopic', { Name: 't' })
  const arrived = (count: number) => rig.until(() => posted.length >= count, 0, 5)
  // Slow enough for an answer to come before the clock says that it took too long.
  const until = (isReached: () => boolean) => rig.until(isReached, 1000, 20)
  const subscribe = () =>
    run('Subscribe', { TopicArn: TOPIC, Protocol: 'http', Endpoint, Attributes: attributes })
  const confirmed = async () => {
    await subscribe()
    await arrived(1)
    const { Token } = JSON.parse(posted.pop()?.body ?? '')
    const { SubscriptionArn } = await run('ConfirmSubscription', { TopicArn: TOPIC, Token })
    return SubscriptionArn
  }
  const publish = (Message: string) => run('Publish', { TopicArn: TOPIC, Message })
  return { ...rig, arrived, until, posted, answers, subscribe, confirmed, publish, Endpoint }
}

test('an endpoint is asked to confirm, and gets nothing before it has', async (t) => {
  const { run, subscribe, publish, posted, arrived, clock } = await httpRig(t)
  assert.deepEqual(await subscribe(), { SubscriptionArn: 'pending confirmation' })
  await publish('too early')
  await arrived(1)
  const { headers, body } = posted[0] ?? assert.fail()
  assert.equal(headers['x-amz-sns-message-type'], 'SubscriptionConfirmation')
  assert.equal(headers['content-type'], 'text/plain; charset=UTF-8')
  assert.equal(headers.authorization, `Basic ${Buffer.from('user:secret').toString('base64')}`)
  const { Token, MessageId, SubscribeURL, Signature, SigningCertURL, ...others } = JSON.parse(body)
  assert.ok(Signature && SigningCertURL)
  assert.equal(headers['x-amz-sns-message-id'], MessageId)
  assert.deepEqual(others, {
    Type: 'SubscriptionConfirmation',
    TopicArn: TOPIC,
    Message: `You have chosen to subscribe to the topic ${TOPIC}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    Timestamp: '2026-01-01T00:00:00.000Z',
    SignatureVersion: '1',
  })
  const url = new URL(SubscribeURL)
  assert.deepEqual(
    [url.origin, url.searchParams.get('Action'), url.searchParams.get('Token')],
    ['http://127.0.0.1:4566', 'ConfirmSubscription', Token],
  )
  const { Subscriptions = [] } = await run('ListSubscriptionsByTopic', { TopicArn: TOPIC })
  assert.equal(Subscriptions[0]?.SubscriptionArn, 'PendingConfirmation')
  const { Attributes } = await run('GetTopicAttributes', { TopicArn: TOPIC })
  assert.deepEqual([Attributes?.SubscriptionsPending, Attributes?.SubscriptionsConfirmed], ['1', '0'])

  await assert.rejects(run('ConfirmSubscription', { TopicArn: TOPIC, Token: `${Token}0` }), {
    message: 'Invalid token',
  })
  await subscribe()
  await arrived(2)
  assert.equal(JSON.parse(posted[1]?.body ?? '').Token, Token)
  await clock.advance(2 * 24 * 3_600_000)
  await assert.rejects(run('ConfirmSubscription', { TopicArn: TOPIC, Token }), {
    message: 'Invalid parameter: Token',
  })
})

test('a confirmed endpoint gets notifications, and a link that ends the subscription', async (t) => {
  const { run, confirmed, publish, posted, arrived } = await httpRig(t)
  const SubscriptionArn = await confirmed()
  const { MessageId } = await publish('m')
  await arrived(1)
  const { headers, body } = posted[0] ?? assert.fail()
  assert.equal(headers['x-amz-sns-message-type'], 'Notification')
  assert.equal(headers['x-amz-sns-topic-arn'], TOPIC)
  assert.equal(headers['x-amz-sns-subscription-arn'], SubscriptionArn)
  assert.equal(headers['x-amz-sns-rawdelivery'], undefined)
  const { Signature, SigningCertURL, ...others } = JSON.parse(body)
  assert.ok(Signature && SigningCertURL)
  assert.deepEqual(others, {
    SignatureVersion: '1',
    Type: 'Notification',
    MessageId,
    TopicArn: TOPIC,
    Message: 'm',
    Timestamp: '2026-01-01T00:00:00.000Z',
    UnsubscribeURL: `http://127.0.0.1:4566/?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn}`,
  })
  await run('Unsubscribe', { SubscriptionArn }, { accountId: '000000000000' })
  assert.deepEqual(await run('ListSubscriptions', {}), { Subscriptions: [] })
})

test('who confirmed so must be authenticated to unsubscribe', async (t) => {
  const { run, subscribe, posted, arrived } = await httpRig(t)
  await subscribe()
  await arrived(1)
  const { Token } = JSON.parse(posted[0]?.body ?? '')
  const confirm = { TopicArn: TOPIC, Token, AuthenticateOnUnsubscribe: 'true' }
  const { SubscriptionArn } = await run('ConfirmSubscription', confirm)
  await assert.rejects(run('Unsubscribe', { SubscriptionArn }, { accountId: '000000000000' }), {
    code: 'AuthorizationErrorException',
  })
  await run('Unsubscribe', { SubscriptionArn })
})

test('raw delivery posts the message as it is', async (t) => {
  const { confirmed, publish, posted, arrived } = await httpRig(t, { RawMessageDelivery: 'true' })
  await confirmed()
  await publish('{"raw":1}')
  await arrived(1)
  assert.equal(posted[0]?.body, '{"raw":1}')
  assert.equal(posted[0]?.headers['x-amz-sns-rawdelivery'], 'true')
})

test('an endpoint that fails and recovers gets its message after 20 seconds', async (t) => {
  const { confirmed, publish, posted, answers, until, clock } = await httpRig(t)
  await confirmed()
  answers.push(503, 429)
  await publish('m')
  await until(() => posted.length === 3)
  const [first = 0, second = 0, third = 0] = posted.map(({ at }) => at)
  assert.ok(second - first >= 20_000 && third - second >= 20_000)
  assert.equal(new Set(posted.map(({ body }) => JSON.parse(body).MessageId)).size, 1)
  await clock.advance(60_000)
  assert.equal(posted.length, 3)
})

for (const [status, attempts] of [
  [404, 1],
  [500, 4],
] as const) {
  test(`after ${attempts} answers of ${status} the message goes to the dead-letter queue`, async (t) => {
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: DEAD_LETTERS })
    const { confirmed, publish, posted, answers, until, sent, bodies } = await httpRig(t, { RedrivePolicy })
    await confirmed()
    answers.push(...Array.from({ length: attempts }, () => status))
    await publish('m')
    await until(() => sent.length === 1)
    assert.equal(posted.length, attempts)
    assert.equal(JSON.parse(bodies()[0] ?? '').Message, 'm')
  })
}

test('the URL must be one of the protocol', async (t) => {
  const { run, Endpoint } = await httpRig(t)
  for (const [Protocol, url] of [
    ['https', Endpoint],
    ['http', 'nowhere'],
  ] as const) {
    await assert.rejects(run('Subscribe', { TopicArn: TOPIC, Protocol, Endpoint: url }), {
      code: 'InvalidParameterException',
      message: 'Invalid parameter: Endpoint must match the specified protocol',
    })
  }
})

test('who unsubscribes is told so, and comes back by the link', async (t) => {
  const { run, confirmed, publish, posted, arrived } = await httpRig(t)
  const SubscriptionArn = await confirmed()
  await run('Unsubscribe', { SubscriptionArn })
  await arrived(1)
  const { headers, body } = posted.pop() ?? assert.fail()
  assert.equal(headers['x-amz-sns-message-type'], 'UnsubscribeConfirmation')
  assert.equal(headers['x-amz-sns-subscription-arn'], SubscriptionArn)
  const { Token, Type, Message, SubscribeURL } = JSON.parse(body)
  assert.equal(Type, 'UnsubscribeConfirmation')
  assert.equal(
    Message,
    `You have chosen to deactivate subscription ${SubscriptionArn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`,
  )
  assert.equal(new URL(SubscribeURL).searchParams.get('Token'), Token)
  await publish('nobody gets it')
  assert.deepEqual(await run('ConfirmSubscription', { TopicArn: TOPIC, Token }), { SubscriptionArn })
  assert.deepEqual(await run('ConfirmSubscription', { TopicArn: TOPIC, Token }), { SubscriptionArn })
  await publish('m')
  await arrived(1)
  assert.deepEqual(
    posted.map((one) => JSON.parse(one.body).Message),
    ['m'],
  )
})

test('who unsubscribed comes back neither after two days nor where a new subscription is', async (t) => {
  const { run, confirmed, subscribe, posted, arrived, clock } = await httpRig(t)
  const leave = async () => {
    const SubscriptionArn = await confirmed()
    await run('Unsubscribe', { SubscriptionArn })
    await arrived(1)
    return JSON.parse(posted.pop()?.body ?? '').Token
  }
  const refused = (Token: string) =>
    assert.rejects(run('ConfirmSubscription', { TopicArn: TOPIC, Token }), {
      message: 'Invalid parameter: Token',
    })
  const early = await leave()
  await clock.advance(2 * 24 * 3_600_000)
  await refused(early)
  const late = await leave()
  await subscribe()
  await refused(late)
})

test('an endpoint that has not confirmed goes without a word', async (t) => {
  const { run, subscribe, posted, arrived, clock } = await httpRig(t)
  await subscribe()
  await arrived(1)
  const { Subscriptions = [] } = await run('ListSubscriptions', {})
  assert.equal(Subscriptions.length, 1)
  const { searchParams } = new URL(JSON.parse(posted[0]?.body ?? '').SubscribeURL)
  const [, a, b, c, d, e] = /^(.{8})(.{4})(.{4})(.{4})(.{12})/.exec(searchParams.get('Token') ?? '') ?? []
  await run('Unsubscribe', { SubscriptionArn: `${TOPIC}:${[a, b, c, d, e].join('-')}` })
  await clock.advance(60_000)
  assert.deepEqual([await run('ListSubscriptions', {}), posted.length], [{ Subscriptions: [] }, 1])
})

test('a delivery policy says how often, when and as what a message is posted', async (t) => {
  const DeliveryPolicy = JSON.stringify({
    healthyRetryPolicy: {
      numRetries: 4,
      numNoDelayRetries: 1,
      numMinDelayRetries: 1,
      numMaxDelayRetries: 1,
      minDelayTarget: 10,
      maxDelayTarget: 60,
    },
    requestPolicy: { headerContentType: 'application/json' },
  })
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: DEAD_LETTERS })
  const { confirmed, publish, posted, answers, until, sent } = await httpRig(t, {
    DeliveryPolicy,
    RedrivePolicy,
  })
  await confirmed()
  answers.push(500, 500, 500, 500, 500)
  await publish('m')
  await until(() => sent.length === 1)
  const waits = posted.slice(1).map(({ at }, index) => Math.floor((at - (posted[index]?.at ?? 0)) / 10_000))
  assert.deepEqual(waits, [0, 1, 6, 6])
  assert.ok(posted.every(({ headers }) => headers['content-type'] === 'application/json'))
})

test('an endpoint gets no more messages a second than its policy allows, and all of them', async (t) => {
  const DeliveryPolicy = JSON.stringify({ throttlePolicy: { maxReceivesPerSecond: 2 } })
  const { confirmed, publish, posted, until, clock } = await httpRig(t, { DeliveryPolicy })
  await confirmed()
  const began = clock.now()
  for (let index = 0; index < 10; index++) await publish(String(index))
  await until(() => posted.length === 10)
  assert.ok(clock.now() - began >= 4000, `${clock.now() - began} ms`)
  assert.equal(new Set(posted.map(({ body }) => JSON.parse(body).Message)).size, 10)
})

test('a confirmation that fails is posted again', async (t) => {
  const { subscribe, posted, answers, until } = await httpRig(t)
  answers.push(500, 500)
  await subscribe()
  await until(() => posted.length === 3)
  assert.equal(new Set(posted.map(({ body }) => JSON.parse(body).Token)).size, 1)
})
