import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FUNCTION, QUEUE, snsRig, TOPIC } from '../testing.ts'

test('a queue gets the envelope in AWS’s layout', async (t) => {
  const { run, subscribe, bodies, until } = await snsRig(t)
  await subscribe(QUEUE)
  const MessageAttributes = {
    s: { DataType: 'String', StringValue: 'x' },
    b: { DataType: 'Binary', BinaryValue: Buffer.from('y') },
  }
  const { MessageId } = await run('Publish', {
    TopicArn: TOPIC,
    Message: 'a "b"',
    Subject: 'S',
    MessageAttributes,
  })
  await until(() => bodies().length === 1)
  const [body = ''] = bodies()
  const { Signature, SigningCertURL, UnsubscribeURL } = JSON.parse(body)
  assert.equal(
    body,
    `{
  "Type" : "Notification",
  "MessageId" : "${MessageId}",
  "TopicArn" : "${TOPIC}",
  "Subject" : "S",
  "Message" : "a \\"b\\"",
  "Timestamp" : "2026-01-01T00:00:00.000Z",
  "SignatureVersion" : "1",
  "Signature" : "${Signature}",
  "SigningCertURL" : "${SigningCertURL}",
  "UnsubscribeURL" : "${UnsubscribeURL}",
  "MessageAttributes" : {
    "s" : {"Type":"String","Value":"x"},
    "b" : {"Type":"Binary","Value":"eQ=="}
  }
}`,
  )
})

test('a function gets a record, asynchronously and in SNS’s name, with the trace', async (t) => {
  const { run, subscribe, sent, bodies, until } = await snsRig(t)
  const EventSubscriptionArn = await subscribe(FUNCTION)
  const call = { traceHeader: 'Root=1-2-3' }
  const { MessageId } = await run('Publish', { TopicArn: TOPIC, Message: 'm' }, call)
  await until(() => sent.length === 1)
  const event = JSON.parse(bodies()[0] ?? '')
  const { Signature, SigningCertUrl } = event.Records[0].Sns
  assert.match(SigningCertUrl, /^http:\/\/127.0.0.1:4566\/SimpleNotificationService-[0-9a-f]{32}.pem$/)
  assert.deepEqual(event, {
    Records: [
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn,
        Sns: {
          Type: 'Notification',
          MessageId,
          TopicArn: TOPIC,
          Subject: null,
          Message: 'm',
          Timestamp: '2026-01-01T00:00:00.000Z',
          SignatureVersion: '1',
          Signature,
          SigningCertUrl,
          UnsubscribeUrl: `http://127.0.0.1:4566/?Action=Unsubscribe&SubscriptionArn=${EventSubscriptionArn}`,
          MessageAttributes: {},
        },
      },
    ],
  })
  const [one] = sent
  assert.deepEqual(one?.sender, {
    principal: 'sns.amazonaws.com',
    accountId: '111111111111',
    sourceArn: TOPIC,
  })
  assert.ok(one?.service === 'lambda')
  assert.deepEqual([one.what.type, one.what.traceHeader], ['Event', 'Root=1-2-3'])
})

test('raw delivery is the message and its attributes; the group is the tenant of a fair queue', async (t) => {
  const { run, subscribe, sent, until } = await snsRig(t)
  await subscribe(QUEUE, { RawMessageDelivery: 'true' })
  const MessageAttributes = { b: { DataType: 'Binary.gif', BinaryValue: Buffer.from('y') } }
  await run('Publish', { TopicArn: TOPIC, Message: 'm', MessageAttributes, MessageGroupId: 'g' })
  await until(() => sent.length === 1)
  assert.deepEqual(sent[0]?.service === 'sqs' && sent[0].what, {
    body: 'm',
    attributes: { b: { dataType: 'Binary.gif', binaryValue: Buffer.from('y') } },
    groupId: 'g',
  })
})

test('each protocol gets its own text where the message is structured', async (t) => {
  const { run, subscribe, sent, bodies, until } = await snsRig(t)
  await subscribe(QUEUE, { RawMessageDelivery: 'true' })
  await subscribe(FUNCTION)
  const Message = JSON.stringify({ default: 'all', sqs: 'for queues', http: 1 })
  await run('Publish', { TargetArn: TOPIC, Message, MessageStructure: 'json' })
  await until(() => sent.length === 2)
  assert.ok(bodies().includes('for queues'))
  assert.ok(bodies().some((body) => body.includes('"Message":"all"')))
})

test('subscribers get what their policies let through, as they are when it is published', async (t) => {
  const { run, subscribe, bodies, until, sent } = await snsRig(t)
  const SubscriptionArn = await subscribe(QUEUE, {
    RawMessageDelivery: 'true',
    FilterPolicy: '{"kind":["wanted"]}',
  })
  const publish = (Message: string, kind: string) =>
    run('Publish', {
      TopicArn: TOPIC,
      Message,
      MessageAttributes: { kind: { DataType: 'String', StringValue: kind } },
    })
  await publish('1', 'other')
  await publish('2', 'wanted')
  await run('SetSubscriptionAttributes', {
    SubscriptionArn,
    AttributeName: 'FilterPolicy',
    AttributeValue: '{}',
  })
  await publish('3', 'other')
  await until(() => sent.length === 2)
  await until(() => true, 60_000)
  assert.deepEqual(bodies().sort(), ['2', '3'])
})

test('nobody gets what is published after unsubscribing', async (t) => {
  const { run, subscribe, sent, until } = await snsRig(t)
  const SubscriptionArn = await subscribe(QUEUE)
  await run('Unsubscribe', { SubscriptionArn })
  await run('Unsubscribe', { SubscriptionArn })
  await run('Publish', { TopicArn: TOPIC, Message: 'm' })
  await subscribe(FUNCTION)
  await run('Publish', { TopicArn: TOPIC, Message: 'm' })
  await until(() => sent.length === 1)
  assert.equal(sent[0]?.to, FUNCTION)
})

const text = (DataType: string, StringValue?: string) => ({
  MessageAttributes: { a: { DataType, StringValue } },
})
for (const [why, input, code, message] of [
  ['nothing', { Message: '' }, 'InvalidParameterException', 'Invalid parameter: Empty message'],
  [
    'more than 256 KiB with its attributes',
    { Message: 'x'.repeat(256 * 1024 - 2), ...text('String', 'x') },
    'InvalidParameterException',
    'Invalid parameter: Message too long',
  ],
  [
    'a subject of two lines',
    { Message: 'm', Subject: 'a\nb' },
    'InvalidParameterException',
    'Invalid parameter: Subject',
  ],
  [
    'a subject of 101 characters',
    { Message: 'm', Subject: 'x'.repeat(101) },
    'InvalidParameterException',
    'Invalid parameter: Subject',
  ],
  [
    'a structure without default',
    { Message: '{"sqs":"x"}', MessageStructure: 'json' },
    'InvalidParameterException',
    'Invalid parameter: Message Structure - No default entry in JSON message body',
  ],
  [
    'a structure that is no JSON',
    { Message: 'x', MessageStructure: 'json' },
    'InvalidParameterException',
    'Invalid parameter: Message Structure - JSON message body failed to parse',
  ],
  [
    'an attribute of an unknown type',
    { Message: 'm', ...text('Text', 'x') },
    'InvalidParameterValueException',
    "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
  ],
  [
    'an empty attribute',
    { Message: 'm', ...text('String', '') },
    'InvalidParameterValueException',
    "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
  ],
  [
    'a number that is none',
    { Message: 'm', ...text('Number', 'x') },
    'InvalidParameterValueException',
    "Could not cast message attribute 'a' value to number.",
  ],
  [
    'a deduplication id for a standard topic',
    { Message: 'm', MessageDeduplicationId: 'd' },
    'InvalidParameterException',
    /MessageDeduplicationId Reason/,
  ],
  [
    'a phone number that is none',
    { Message: 'm', PhoneNumber: '+1a234' },
    'InvalidParameterException',
    'Invalid parameter: PhoneNumber Reason: +1a234 is not valid to publish to',
  ],
] as const) {
  test(`refused: ${why}`, async (t) => {
    const { run } = await snsRig(t)
    await run('CreateTopic', { Name: 't' })
    await assert.rejects(run('Publish', { TopicArn: TOPIC, ...input }), { code, message })
  })
}

test('no topic, and none that is there', async (t) => {
  const { run } = await snsRig(t)
  await assert.rejects(run('Publish', { Message: 'm' }), {
    message: 'Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter',
  })
  await assert.rejects(run('Publish', { Message: 'm', TopicArn: TOPIC }), { code: 'NotFoundException' })
  await assert.rejects(run('Publish', { Message: 'm', TopicArn: 'x' }), { code: 'InvalidParameterException' })
})

test('a batch is taken as a whole, or refused for one of its entries', async (t) => {
  const { run, subscribe, bodies, until, sent } = await snsRig(t)
  await subscribe(QUEUE, { RawMessageDelivery: 'true' })
  const publish = (...texts: string[]) =>
    run('PublishBatch', {
      TopicArn: TOPIC,
      PublishBatchRequestEntries: texts.map((Message, index) => ({ Id: String(index), Message })),
    })
  await assert.rejects(publish('lost', ''), { message: 'Invalid parameter: Empty message' })
  const { Successful = [], Failed } = await publish('1', '2')
  assert.deepEqual([Successful.map(({ Id }) => Id), Failed], [['0', '1'], []])
  await until(() => sent.length === 2)
  assert.deepEqual(bodies().sort(), ['1', '2'])
})

const entry = (Id: string, Message = 'm') => ({ Id, Message })
for (const [code, entries] of [
  ['EmptyBatchRequestException', []],
  ['TooManyEntriesInBatchRequestException', Array.from({ length: 11 }, (_, index) => entry(String(index)))],
  ['BatchEntryIdsNotDistinctException', [entry('a'), entry('a')]],
  ['InvalidBatchEntryIdException', [entry('a b')]],
  ['BatchRequestTooLongException', [entry('a', 'x'.repeat(200_000)), entry('b', 'x'.repeat(200_000))]],
] as const) {
  test(`a batch is refused as a whole: ${code}`, async (t) => {
    const { run } = await snsRig(t)
    await run('CreateTopic', { Name: 't' })
    const PublishBatchRequestEntries = [...entries]
    await assert.rejects(run('PublishBatch', { TopicArn: TOPIC, PublishBatchRequestEntries }), { code })
  })
}

test('another account publishes where the topic’s policy says so', async (t) => {
  const { run } = await snsRig(t)
  await run('CreateTopic', { Name: 't' })
  const stranger = { accountId: '222222222222', principalArn: 'arn:aws:iam::222222222222:root' }
  const publish = () => run('Publish', { TopicArn: TOPIC, Message: 'm' }, stranger)
  await assert.rejects(publish, { code: 'AuthorizationErrorException' })
  const permission = { TopicArn: TOPIC, Label: 'l', AWSAccountId: ['222222222222'], ActionName: ['Publish'] }
  await run('AddPermission', permission)
  await assert.rejects(run('AddPermission', permission), {
    message: 'Invalid parameter: Statement already exists',
  })
  await publish()
  await run('RemovePermission', { TopicArn: TOPIC, Label: 'l' })
  await assert.rejects(publish, { code: 'AuthorizationErrorException' })
})
