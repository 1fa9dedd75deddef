import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FUNCTION, QUEUE, snsRig, TOPIC } from '../testing.ts'

test('a topic is made once; the same again is the same, other attributes or tags are refused', async (t) => {
  const { run } = await snsRig(t)
  const first = { Name: 't', Attributes: { DisplayName: 'T' }, Tags: [{ Key: 'k', Value: 'v' }] }
  assert.deepEqual(await run('CreateTopic', first), { TopicArn: TOPIC })
  assert.deepEqual(await run('CreateTopic', first), { TopicArn: TOPIC })
  assert.deepEqual(await run('CreateTopic', { Name: 't' }), { TopicArn: TOPIC })
  await assert.rejects(run('CreateTopic', { ...first, Attributes: { DisplayName: 'U' } }), {
    message: 'Invalid parameter: Attributes Reason: Topic already exists with different attributes',
  })
  await assert.rejects(run('CreateTopic', { ...first, Tags: [] }), {
    message: 'Invalid parameter: Tags Reason: Topic already exists with different tags',
  })
})

for (const [why, input, message] of [
  ['a name with a dot', { Name: 'a.b' }, 'Invalid parameter: Topic Name'],
  ['no name', { Name: '' }, 'Invalid parameter: Topic Name'],
  ['an unknown attribute', { Name: 't', Attributes: { Color: 'red' } }, 'Invalid parameter: AttributeName'],
  [
    'a policy that is none',
    { Name: 't', Attributes: { Policy: '{' } },
    'Invalid parameter: Policy Error: null',
  ],
  [
    'a sample of more than there is',
    { Name: 't', Attributes: { SQSSuccessFeedbackSampleRate: '101' } },
    'Invalid parameter: SQSSuccessFeedbackSampleRate Reason: it must be between 0 and 100',
  ],
  [
    'a role to log as that is none',
    { Name: 't', Attributes: { SQSSuccessFeedbackRoleArn: 'arn:aws:iam::111111111111:user/u' } },
    'Invalid parameter: SQSSuccessFeedbackRoleArn',
  ],
  [
    'KMS keys',
    { Name: 't', Attributes: { KmsMasterKeyId: 'k' } },
    /KmsMasterKeyId is not supported by lambdad yet/,
  ],
] as const) {
  test(`refused: ${why}`, async (t) => {
    const { run } = await snsRig(t)
    await assert.rejects(run('CreateTopic', input), { code: 'InvalidParameterException', message })
  })
}

test('attributes are shown with AWS’s defaults, and set one by one', async (t) => {
  const { run, subscribe } = await snsRig(t)
  await subscribe(QUEUE)
  await run('SetTopicAttributes', { TopicArn: TOPIC, AttributeName: 'DisplayName', AttributeValue: 'T' })
  const { Attributes = {} } = await run('GetTopicAttributes', { TopicArn: TOPIC })
  const { Policy = '', EffectiveDeliveryPolicy = '', ...others } = Attributes
  assert.equal(JSON.parse(Policy).Statement[0].Condition.StringEquals['AWS:SourceOwner'], '111111111111')
  assert.deepEqual(others, {
    TopicArn: TOPIC,
    Owner: '111111111111',
    DisplayName: 'T',
    SubscriptionsConfirmed: '1',
    SubscriptionsPending: '0',
    SubscriptionsDeleted: '0',
  })
  assert.deepEqual(JSON.parse(EffectiveDeliveryPolicy), {
    http: {
      defaultHealthyRetryPolicy: {
        minDelayTarget: 20,
        maxDelayTarget: 20,
        numRetries: 3,
        numMaxDelayRetries: 0,
        numNoDelayRetries: 0,
        numMinDelayRetries: 0,
        backoffFunction: 'linear',
      },
      disableSubscriptionOverrides: false,
      defaultRequestPolicy: { headerContentType: 'text/plain; charset=UTF-8' },
    },
  })
  await assert.rejects(
    run('SetTopicAttributes', { TopicArn: TOPIC, AttributeName: 'FifoTopic', AttributeValue: 'true' }),
    { message: 'Invalid parameter: AttributeName' },
  )
})

test('what Terraform sets on every topic is taken: nothing is to be logged, no key and no role', async (t) => {
  const { run } = await snsRig(t)
  await run('CreateTopic', { Name: 't' })
  const set = (AttributeName: string, AttributeValue: string) =>
    run('SetTopicAttributes', { TopicArn: TOPIC, AttributeName, AttributeValue })
  await set('LambdaSuccessFeedbackSampleRate', '0')
  await set('LambdaSuccessFeedbackRoleArn', '')
  await set('KmsMasterKeyId', '')
  const { Attributes = {} } = await run('GetTopicAttributes', { TopicArn: TOPIC })
  assert.equal(Attributes.LambdaSuccessFeedbackSampleRate, '0')
  assert.equal('LambdaSuccessFeedbackRoleArn' in Attributes || 'KmsMasterKeyId' in Attributes, false)
})

test('topics are listed by hundreds, and gone when deleted, with their subscriptions', async (t) => {
  const { run, subscribe } = await snsRig(t)
  for (let index = 100; index < 205; index++) await run('CreateTopic', { Name: `a${index}` })
  const SubscriptionArn = await subscribe(QUEUE)
  const first = await run('ListTopics', {})
  assert.equal(first.Topics?.length, 100)
  const { Topics = [], NextToken } = await run('ListTopics', { NextToken: first.NextToken })
  assert.deepEqual([Topics.length, Topics.at(-1)?.TopicArn, NextToken], [6, TOPIC, undefined])
  await assert.rejects(run('ListTopics', { NextToken: 'x' }), { message: 'Invalid parameter: NextToken' })
  await run('DeleteTopic', { TopicArn: TOPIC })
  await run('DeleteTopic', { TopicArn: TOPIC })
  await assert.rejects(run('GetTopicAttributes', { TopicArn: TOPIC }), {
    code: 'NotFoundException',
    message: 'Topic does not exist',
  })
  await assert.rejects(run('GetSubscriptionAttributes', { SubscriptionArn }), { code: 'NotFoundException' })
})

test('tags are added, taken away and listed', async (t) => {
  const { run } = await snsRig(t)
  await run('CreateTopic', { Name: 't', Tags: [{ Key: 'a', Value: '1' }] })
  await run('TagResource', { ResourceArn: TOPIC, Tags: [{ Key: 'b', Value: '2' }] })
  await run('UntagResource', { ResourceArn: TOPIC, TagKeys: ['a'] })
  assert.deepEqual(await run('ListTagsForResource', { ResourceArn: TOPIC }), {
    Tags: [{ Key: 'b', Value: '2' }],
  })
  await assert.rejects(run('ListTagsForResource', { ResourceArn: `${TOPIC}x` }), {
    code: 'ResourceNotFoundException',
  })
  await assert.rejects(run('TagResource', { ResourceArn: TOPIC, Tags: [{ Key: 'aws:x', Value: '' }] }), {
    code: 'InvalidParameterException',
  })
  const Tags = Array.from({ length: 50 }, (_, index) => ({ Key: String(index), Value: '' }))
  await assert.rejects(run('TagResource', { ResourceArn: TOPIC, Tags }), {
    code: 'TagLimitExceededException',
  })
})

test('what a service publishes goes on in its trace', async (t) => {
  const { room, subscribe, sent, until } = await snsRig(t)
  await subscribe(QUEUE)
  await subscribe(FUNCTION)
  const roleArn = 'arn:aws:iam::111111111111:role/r'
  const sender = {
    principal: 'lambda.amazonaws.com',
    accountId: '111111111111',
    sourceArn: FUNCTION,
    roleArn,
  }
  const traceHeader = 'Root=1-2-3;Lineage=1:01234567:15'
  await room.port.publish(TOPIC, { message: 'm', traceHeader }, sender)
  await until(() => sent.length === 2)
  const traces = sent.map(
    (one) => (one.service === 'sqs' || one.service === 'lambda') && one.what.traceHeader,
  )
  assert.deepEqual(traces, [traceHeader, traceHeader])
})

test('services publish where the topic’s policy lets them in', async (t) => {
  const { run, room, subscribe, sent, until } = await snsRig(t)
  await subscribe(QUEUE)
  const sender = {
    principal: 'events.amazonaws.com',
    accountId: '111111111111',
    sourceArn: 'arn:aws:events:us-east-1:111111111111:rule/r',
  }
  const publish = () => room.port.publish(TOPIC, { message: 'm' }, sender)
  await assert.rejects(publish, { fault: 'AccessDenied', code: 'AuthorizationError' })
  const as = (account: string) => ({ ...sender, roleArn: `arn:aws:iam::${account}:role/r` })
  await assert.rejects(room.port.publish(TOPIC, { message: 'm' }, as('222222222222')), {
    fault: 'AccessDenied',
  })
  await room.port.publish(TOPIC, { message: 'm' }, as('111111111111'))
  const Statement = [
    {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: TOPIC,
    },
  ]
  const AttributeValue = JSON.stringify({ Version: '2012-10-17', Statement })
  await run('SetTopicAttributes', { TopicArn: TOPIC, AttributeName: 'Policy', AttributeValue })
  await publish()
  await until(() => sent.length === 2)
  await assert.rejects(room.port.publish(TOPIC, { message: '' }, sender), { fault: 'Invalid' })
  await assert.rejects(room.port.publish(`${TOPIC}x`, { message: 'm' }, sender), { fault: 'NotFound' })
  assert.deepEqual([await room.port.exists(TOPIC), await room.port.exists(`${TOPIC}x`)], [true, false])
})
