import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEAD_LETTERS, FUNCTION, QUEUE, snsRig, TOPIC } from '../testing.ts'

test('an endpoint is subscribed once; the same with other attributes is refused', async (t) => {
  const { subscribe } = await snsRig(t)
  const arn = await subscribe(QUEUE)
  assert.equal(arn.startsWith(`${TOPIC}:`), true)
  assert.equal(await subscribe(QUEUE), arn)
  assert.notEqual(await subscribe(FUNCTION), arn)
  await assert.rejects(subscribe(QUEUE, { RawMessageDelivery: 'true' }), {
    message: 'Invalid parameter: Attributes Reason: Subscription already exists with different attributes',
  })
})

test('attributes are shown, set and taken away', async (t) => {
  const { run, subscribe } = await snsRig(t)
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: DEAD_LETTERS })
  const FilterPolicy = '{"a":["b"]}'
  const SubscriptionArn = await subscribe(QUEUE, { FilterPolicy, RedrivePolicy })
  const set = (AttributeName: string, AttributeValue: string) =>
    run('SetSubscriptionAttributes', { SubscriptionArn, AttributeName, AttributeValue })
  const shown = async () => (await run('GetSubscriptionAttributes', { SubscriptionArn })).Attributes
  const always = {
    SubscriptionArn,
    TopicArn: TOPIC,
    Owner: '111111111111',
    Protocol: 'sqs',
    Endpoint: QUEUE,
    SubscriptionPrincipal: 'arn:aws:iam::111111111111:root',
    ConfirmationWasAuthenticated: 'true',
    PendingConfirmation: 'false',
    RawMessageDelivery: 'false',
  }
  assert.deepEqual(await shown(), {
    ...always,
    FilterPolicyScope: 'MessageAttributes',
    FilterPolicy,
    RedrivePolicy,
  })
  await set('FilterPolicy', '{}')
  await set('RedrivePolicy', '')
  await set('RawMessageDelivery', 'true')
  assert.deepEqual(await shown(), { ...always, RawMessageDelivery: 'true' })
})

for (const [why, endpoint, attributes, message] of [
  [
    'raw delivery to functions',
    FUNCTION,
    { RawMessageDelivery: 'true' },
    /does not support raw message delivery/,
  ],
  ['a raw delivery that is no boolean', QUEUE, { RawMessageDelivery: '1' }, /Must be true or false/],
  ['an unknown attribute', QUEUE, { Color: 'red' }, 'Invalid parameter: AttributeName'],
  ['an attribute to come', QUEUE, { ReplayPolicy: '{"a":1}' }, /not supported by lambdad yet/],
  [
    'a delivery policy of a queue',
    QUEUE,
    { DeliveryPolicy: '{"a":1}' },
    /\[sqs\] does not support a delivery/,
  ],
  ['a scope that is none', QUEUE, { FilterPolicyScope: 'All' }, /MessageBody or MessageAttributes/],
  ['a filter policy that is none', QUEUE, { FilterPolicy: '{"a":1}' }, /FilterPolicy: /],
  [
    'a dead-letter queue that is no ARN',
    QUEUE,
    { RedrivePolicy: '{"deadLetterTargetArn":"q"}' },
    /invalid arn/,
  ],
  [
    'a dead-letter queue that is no queue',
    QUEUE,
    { RedrivePolicy: `{"deadLetterTargetArn":"${TOPIC}"}` },
    /SQS queue/,
  ],
  ['a FIFO queue', `${QUEUE}.fifo`, {}, /FIFO SQS Queues can not be subscribed to standard SNS topics/],
  [
    'a function of another account',
    'arn:aws:lambda:us-east-1:222222222222:function:f',
    {},
    /not supported by lambdad yet/,
  ],
] as const) {
  test(`refused: ${why}`, async (t) => {
    const { subscribe } = await snsRig(t)
    await assert.rejects(subscribe(endpoint, attributes), { code: 'InvalidParameterException', message })
  })
}

test('protocols to come and unknown ones are told apart; endpoints must fit', async (t) => {
  const { run } = await snsRig(t)
  await run('CreateTopic', { Name: 't' })
  const subscribe = (Protocol: string, Endpoint: string) =>
    run('Subscribe', { TopicArn: TOPIC, Protocol, Endpoint })
  await assert.rejects(subscribe('firehose', 'x'), { message: /not supported by lambdad yet/ })
  await assert.rejects(subscribe('pigeon', 'x'), {
    message: 'Invalid parameter: Amazon SNS does not support this protocol string: pigeon',
  })
  await assert.rejects(subscribe('sqs', FUNCTION), { message: 'Invalid parameter: SQS endpoint ARN' })
  await assert.rejects(subscribe('lambda', 'f'), { message: 'Invalid parameter: Lambda endpoint ARN' })
  await assert.rejects(run('Subscribe', { TopicArn: `${TOPIC}x`, Protocol: 'sqs', Endpoint: QUEUE }), {
    code: 'NotFoundException',
  })
})

test('subscriptions are listed by owner and by topic', async (t) => {
  const { run, subscribe } = await snsRig(t)
  const SubscriptionArn = await subscribe(QUEUE)
  const shown = { SubscriptionArn, Owner: '111111111111', Protocol: 'sqs', Endpoint: QUEUE, TopicArn: TOPIC }
  assert.deepEqual(await run('ListSubscriptions', {}), { Subscriptions: [shown] })
  assert.deepEqual(await run('ListSubscriptionsByTopic', { TopicArn: TOPIC }), { Subscriptions: [shown] })
  const stranger = { accountId: '222222222222' }
  assert.deepEqual(await run('ListSubscriptions', {}, stranger), { Subscriptions: [] })
  await assert.rejects(run('Unsubscribe', { SubscriptionArn }, stranger), {
    code: 'AuthorizationErrorException',
  })
  await assert.rejects(run('GetSubscriptionAttributes', { SubscriptionArn }, stranger), {
    code: 'AuthorizationErrorException',
  })
})
