import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEAD_LETTERS, FIFO_QUEUE, QUEUE, snsRig, TOPIC } from './testing.ts'

// What AWS was recorded to answer, word by word.

const SUBSCRIPTION = `${TOPIC}:d7b0d08e-946e-42a9-aaec-74f0ac6d1ca2`
const invalid = (message: string) => ({ code: 'InvalidParameterException', message })

for (const [arn, why] of [
  ['', 'TopicArn Reason: An ARN must have at least 6 elements, not 1'],
  ['randomstring', 'TopicArn Reason: An ARN must have at least 6 elements, not 1'],
  ['arn:topic', 'TopicArn Reason: An ARN must have at least 6 elements, not 2'],
  ['arn:aws:sns:us-east-1:111111111111', 'TopicArn Reason: An ARN must have at least 6 elements, not 5'],
  [TOPIC.replace('us-east-1', 'us-east-2'), 'TopicArn'],
] as const) {
  test(`the topic ${JSON.stringify(arn)} is refused for ${why}`, async (t) => {
    const { run } = await snsRig(t)
    const refusal = invalid(`Invalid parameter: ${why}`)
    await assert.rejects(run('Publish', { TopicArn: arn, Message: 'm' }), refusal)
    await assert.rejects(run('GetTopicAttributes', { TopicArn: arn }), refusal)
    await assert.rejects(run('DeleteTopic', { TopicArn: arn }), refusal)
    await assert.rejects(run('Subscribe', { TopicArn: arn, Protocol: 'sqs', Endpoint: QUEUE }), refusal)
    const batch = { TopicArn: arn, PublishBatchRequestEntries: [{ Id: '1', Message: 'm' }] }
    await assert.rejects(run('PublishBatch', batch), refusal)
  })
}

for (const [arn, why] of [
  ['', 'SubscriptionArn Reason: no value for required parameter'],
  ['randomstring', 'SubscriptionArn Reason: An ARN must have at least 6 elements, not 1'],
  [
    'arn:aws:sns:us-east-1:111111111111',
    'SubscriptionArn Reason: An ARN must have at least 6 elements, not 5',
  ],
  [`${TOPIC}:random`, 'SubscriptionId'],
] as const) {
  test(`the subscription ${JSON.stringify(arn)} is refused for ${why}`, async (t) => {
    const { run } = await snsRig(t)
    const refusal = invalid(`Invalid parameter: ${why}`)
    await assert.rejects(run('Unsubscribe', { SubscriptionArn: arn }), refusal)
    await assert.rejects(run('GetSubscriptionAttributes', { SubscriptionArn: arn }), refusal)
  })
}

test('a subscription that is not there is unsubscribed, but has no attributes', async (t) => {
  const { run } = await snsRig(t)
  assert.deepEqual(await run('Unsubscribe', { SubscriptionArn: SUBSCRIPTION }), {})
  await assert.rejects(run('GetSubscriptionAttributes', { SubscriptionArn: SUBSCRIPTION }), {
    code: 'NotFoundException',
    message: 'Subscription does not exist',
  })
})

for (const [name, value, why] of [
  ['RawMessageDelivery', 'wrong', 'RawMessageDelivery: Invalid value [wrong]. Must be true or false.'],
  ['RawMessageDelivery', '', 'RawMessageDelivery: Invalid value []. Must be true or false.'],
  ['RedrivePolicy', '{"deadLetterTargetArn":"q"}', 'RedrivePolicy: deadLetterTargetArn is an invalid arn'],
  [
    'FilterPolicyScope',
    'RandomValue',
    'FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or MessageAttributes',
  ],
  ['FilterPolicy', JSON.stringify({ a: Array(151).fill('x') }), 'FilterPolicy: Filter policy is too complex'],
  [
    'FilterPolicy',
    '{"a":{"b":["c"]}}',
    'Filter policy scope MessageAttributes does not support nested filter policy',
  ],
  ['Color', 'red', 'AttributeName'],
] as const) {
  test(`${name} ${value.slice(0, 40)} is refused, and of a new subscription in Attributes`, async (t) => {
    const { run, subscribe } = await snsRig(t)
    const isNew = name === 'Color' ? '' : 'Attributes Reason: '
    await assert.rejects(subscribe(QUEUE, { [name]: value }), invalid(`Invalid parameter: ${isNew}${why}`))
    const SubscriptionArn = await subscribe(QUEUE)
    await assert.rejects(
      run('SetSubscriptionAttributes', { SubscriptionArn, AttributeName: name, AttributeValue: value }),
      invalid(`Invalid parameter: ${why}`),
    )
  })
}

test('the scope of a filter policy is shown where there is a policy', async (t) => {
  const { run, subscribe } = await snsRig(t)
  const SubscriptionArn = await subscribe(QUEUE)
  const set = (AttributeName: string, AttributeValue: string) =>
    run('SetSubscriptionAttributes', { SubscriptionArn, AttributeName, AttributeValue })
  const scope = async () =>
    (await run('GetSubscriptionAttributes', { SubscriptionArn })).Attributes?.FilterPolicyScope
  await set('FilterPolicyScope', 'MessageBody')
  assert.equal(await scope(), undefined)
  await set('FilterPolicy', '{"object":{"key":[{"prefix":"auto-"}]}}')
  assert.equal(await scope(), 'MessageBody')
})

const BINARY = Buffer.from('x')
for (const [name, attribute, message] of [
  [
    'a',
    { DataType: 'String', BinaryValue: BINARY },
    "The message attribute 'a' with type 'String' must use field 'String'.",
  ],
  [
    'a',
    { DataType: 'Number', BinaryValue: BINARY },
    "The message attribute 'a' with type 'Number' must use field 'String'.",
  ],
  [
    'a',
    { DataType: 'Binary', StringValue: 'x' },
    "The message attribute 'a' with type 'Binary' must use field 'Binary'.",
  ],
  [
    'a',
    { DataType: 'Binary', BinaryValue: Buffer.alloc(0) },
    "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'Binary'.",
  ],
  [
    'a',
    { DataType: 'String' },
    "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
  ],
  [
    'a'.repeat(257),
    { DataType: 'String', StringValue: 'x' },
    'Length of message attribute name must be less than 256 bytes.',
  ],
  [
    'a^b',
    { DataType: 'String', StringValue: 'x' },
    "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
  ],
  [
    '.a',
    { DataType: 'String', StringValue: 'x' },
    "Invalid message attribute name starting with character '.' was found.",
  ],
  [
    'a.',
    { DataType: 'String', StringValue: 'x' },
    "Invalid message attribute name ending with character '.' was found.",
  ],
  [
    'a..b',
    { DataType: 'String', StringValue: 'x' },
    "Message attribute name can not have successive '.' character.",
  ],
] as const) {
  test(`the message attribute ${name.slice(0, 9)} ${JSON.stringify(attribute)}: ${message}`, async (t) => {
    const { run } = await snsRig(t)
    await run('CreateTopic', { Name: 't' })
    const MessageAttributes = { [name]: attribute }
    const refusal = { code: 'InvalidParameterValueException', queryCode: 'ParameterValueInvalid', message }
    await assert.rejects(run('Publish', { TopicArn: TOPIC, Message: 'm', MessageAttributes }), refusal)
    const PublishBatchRequestEntries = [{ Id: '1', Message: 'm', MessageAttributes }]
    await assert.rejects(run('PublishBatch', { TopicArn: TOPIC, PublishBatchRequestEntries }), refusal)
  })
}

test('a batch that is too long is refused in its own words', async (t) => {
  const { run } = await snsRig(t)
  await run('CreateTopic', { Name: 't' })
  const entry = (Id: string) => ({ Id, Message: 'x'.repeat(200_000) })
  const batch = { TopicArn: TOPIC, PublishBatchRequestEntries: [entry('1'), entry('2')] }
  await assert.rejects(run('PublishBatch', batch), {
    code: 'BatchRequestTooLongException',
    message: 'The length of all the messages put together is more than the limit.',
  })
})

test('what cannot confirm: a topic that is none or elsewhere, a token that is none or nobody’s', async (t) => {
  const { run } = await snsRig(t)
  await run('CreateTopic', { Name: 't' })
  const Token = 'a'.repeat(160)
  const confirm = (TopicArn: string, token: string) => run('ConfirmSubscription', { TopicArn, Token: token })
  await assert.rejects(confirm('topic', Token), invalid('Invalid parameter: Topic'))
  await assert.rejects(confirm(TOPIC.replace('east', 'west'), Token), invalid('Invalid parameter: Topic'))
  await assert.rejects(confirm(TOPIC, 'randomtoken'), invalid('Invalid token'))
  await assert.rejects(confirm(TOPIC, Token), invalid('Invalid parameter: Token'))
  await assert.rejects(confirm(`${TOPIC}x`, Token), invalid('Invalid parameter: Token'))
})

test('a target that is an endpoint which is not there', async (t) => {
  const { run } = await snsRig(t)
  const TargetArn =
    'arn:aws:sns:us-east-1:111111111111:endpoint/APNS/app/d7b0d08e-946e-42a9-aaec-74f0ac6d1ca2'
  await assert.rejects(
    run('Publish', { TargetArn, Message: 'm' }),
    invalid('Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified'),
  )
})

test('what FIFO topics send is not signed; a standard queue is not told the group', async (t) => {
  const { run, sent, bodies, until } = await snsRig(t)
  const Attributes = { FifoTopic: 'true', ContentBasedDeduplication: 'true', SignatureVersion: '2' }
  const { TopicArn } = await run('CreateTopic', { Name: 't.fifo', Attributes })
  await run('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: QUEUE })
  await run('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: FIFO_QUEUE })
  await run('Publish', { TopicArn, Message: 'm', MessageGroupId: 'g' })
  await until(() => sent.length === 2)
  const groups = sent.map((one) => one.service === 'sqs' && [one.to, one.what.groupId])
  assert.deepEqual(groups.sort(), [
    [QUEUE, undefined],
    [FIFO_QUEUE, 'g'],
  ])
  const members = [
    'Type',
    'MessageId',
    'SequenceNumber',
    'TopicArn',
    'Message',
    'Timestamp',
    'UnsubscribeURL',
  ]
  assert.deepEqual(Object.keys(JSON.parse(bodies()[0] ?? '')), members)
})

test('a FIFO queue’s dead letters need a FIFO queue', async (t) => {
  const { run } = await snsRig(t)
  const { TopicArn } = await run('CreateTopic', { Name: 't.fifo', Attributes: { FifoTopic: 'true' } })
  const { SubscriptionArn } = await run('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: FIFO_QUEUE })
  const AttributeValue = JSON.stringify({ deadLetterTargetArn: DEAD_LETTERS })
  await assert.rejects(
    run('SetSubscriptionAttributes', { SubscriptionArn, AttributeName: 'RedrivePolicy', AttributeValue }),
    invalid(
      'Invalid parameter: RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.',
    ),
  )
})
