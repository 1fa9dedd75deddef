import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HERE, sqsRig } from '../testing.ts'

const arn = (name: string) => `arn:aws:sqs:us-east-1:111111111111:${name}`

test('a new queue has the defaults of AWS, and 1 MiB for a message', async (t) => {
  const { queue, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  assert.equal(QueueUrl, 'http://127.0.0.1:4566/111111111111/q')
  const { Attributes } = await run('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })
  assert.deepEqual(Attributes, {
    QueueArn: arn('q'),
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
    ApproximateNumberOfMessagesDelayed: '0',
    CreatedTimestamp: '1767225600',
    LastModifiedTimestamp: '1767225600',
    VisibilityTimeout: '30',
    MaximumMessageSize: '1048576',
    MessageRetentionPeriod: '345600',
    DelaySeconds: '0',
    ReceiveMessageWaitTimeSeconds: '0',
    SqsManagedSseEnabled: 'true',
  })
})

test('names: 80 letters, digits, - and _, and .fifo for FIFO queues only', async (t) => {
  const { queue } = await sqsRig(t)
  for (const name of ['a b', 'a/b', 'a.fifo', 'x'.repeat(81), ''])
    await assert.rejects(queue(name), { queryCode: 'InvalidParameterValue' }, name)
  for (const name of ['a', '.fifo', `${'x'.repeat(76)}.fifo`])
    await assert.rejects(queue(name, { FifoQueue: 'true' }), { queryCode: 'InvalidParameterValue' }, name)
  await queue(`${'x'.repeat(75)}.fifo`, { FifoQueue: 'true' })
})

test('making a queue again is no error where nothing differs that was asked for', async (t) => {
  const { queue } = await sqsRig(t)
  const url = await queue('q', { DelaySeconds: '5' })
  assert.equal(await queue('q'), url)
  assert.equal(await queue('q', { DelaySeconds: '5', VisibilityTimeout: '30' }), url)
  await assert.rejects(queue('q', { DelaySeconds: '6' }), {
    code: 'QueueNameExists',
    message: 'A queue already exists with the same name and a different value for attribute DelaySeconds',
  })
})

test('two that make the same queue at the same time both get it', async (t) => {
  const { queue } = await sqsRig(t)
  const urls = await Promise.all([1, 2, 3].map(() => queue('q')))
  assert.equal(new Set(urls).size, 1)
})

test('a queue that was deleted is gone at once, and can be made again, empty', async (t) => {
  const { queue, send, receive, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  await send(QueueUrl, 'a')
  await run('DeleteQueue', { QueueUrl })
  await assert.rejects(send(QueueUrl, 'b'), {
    code: 'QueueDoesNotExist',
    message: 'The specified queue does not exist.',
  })
  await assert.rejects(run('GetQueueUrl', { QueueName: 'q' }), { code: 'QueueDoesNotExist' })
  await queue('q')
  assert.deepEqual(await receive(QueueUrl), [])
})

test('attributes outside of their ranges, unknown ones, and ones of the other type are refused', async (t) => {
  const { queue, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const refused: [name: string, value: string, code: string][] = [
    ['DelaySeconds', '901', 'InvalidAttributeValue'],
    ['VisibilityTimeout', '-1', 'InvalidAttributeValue'],
    ['VisibilityTimeout', 'soon', 'InvalidAttributeValue'],
    ['MaximumMessageSize', '1048577', 'InvalidAttributeValue'],
    ['MessageRetentionPeriod', '59', 'InvalidAttributeValue'],
    ['ReceiveMessageWaitTimeSeconds', '21', 'InvalidAttributeValue'],
    ['Policy', 'no json', 'InvalidAttributeValue'],
    ['QueueArn', 'arn', 'InvalidAttributeName'],
    ['ContentBasedDeduplication', 'true', 'InvalidAttributeName'],
    ['DeduplicationScope', 'queue', 'InvalidAttributeName'],
    ['FifoQueue', 'true', 'InvalidAttributeName'],
    ['KmsMasterKeyId', 'alias/aws/sqs', 'UnsupportedOperation'],
  ]
  for (const [name, value, code] of refused)
    await assert.rejects(
      run('SetQueueAttributes', { QueueUrl, Attributes: { [name]: value } }),
      { code },
      name,
    )
  const fifo = await queue('q.fifo', { FifoQueue: 'true' })
  await assert.rejects(run('SetQueueAttributes', { QueueUrl: fifo, Attributes: { FifoQueue: 'false' } }), {
    message: 'Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.',
  })
  await assert.rejects(
    run('SetQueueAttributes', { QueueUrl: fifo, Attributes: { FifoThroughputLimit: 'perMessageGroupId' } }),
    { code: 'InvalidAttributeValue' },
  )
})

test('true may be written True, and an encryption without a key is none; unknown names are told when asked for', async (t) => {
  const { queue, run } = await sqsRig(t)
  const asked = { FifoQueue: 'True', ContentBasedDeduplication: 'False', KmsMasterKeyId: '' }
  const QueueUrl = await queue('q.fifo', asked)
  assert.equal(await queue('q.fifo', asked), QueueUrl)
  await run('SetQueueAttributes', { QueueUrl, Attributes: { KmsDataKeyReusePeriodSeconds: '300' } })
  const { Attributes = {} } = await run('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })
  assert.equal(Attributes.FifoQueue, 'true')
  assert.equal(Attributes.ContentBasedDeduplication, 'false')
  assert.deepEqual(
    Object.keys(Attributes).filter((name) => name.startsWith('Kms')),
    [],
  )
  const AttributeNames = ['QueueArn', 'Foobar'] as never
  await assert.rejects(run('GetQueueAttributes', { QueueUrl, AttributeNames }), {
    code: 'InvalidAttributeName',
    message: 'Unknown Attribute Foobar.',
  })
})

test('changed attributes count for the next message, and an empty policy takes it away', async (t) => {
  const { queue, send, receive, run, clock } = await sqsRig(t)
  const QueueUrl = await queue('q', { Policy: '{"Statement":[]}' })
  await clock.advance(5000)
  await run('SetQueueAttributes', { QueueUrl, Attributes: { DelaySeconds: '9', Policy: '' } })
  await send(QueueUrl, 'a')
  assert.deepEqual(await receive(QueueUrl), [])
  const { Attributes } = await run('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })
  assert.equal(Attributes?.Policy, undefined)
  assert.equal(Attributes?.LastModifiedTimestamp, '1767225605')
})

test('redrive policies: what is wrong with them is said as AWS says it', async (t) => {
  const { queue } = await sqsRig(t)
  await queue('dead')
  await queue('dead.fifo', { FifoQueue: 'true' })
  const policy = (deadLetterTargetArn: string, maxReceiveCount: unknown = 3) =>
    JSON.stringify({ deadLetterTargetArn, maxReceiveCount })
  const refused: [RedrivePolicy: string, reason: RegExp][] = [
    [policy('dummy', 42), /Reason: Invalid value for deadLetterTargetArn\.$/],
    [policy(arn('missing')), /Reason: Dead letter target does not exist\.$/],
    [policy(arn('dead.fifo')), /Reason: Dead-letter queue must be same type of queue as the source\.$/],
    [policy(arn('dead'), 0), /Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000/],
    [JSON.stringify({ deadLetterTargetArn: arn('dead') }), /mandatory attribute: maxReceiveCount\.$/],
    ['[]', /not a valid JSON map/],
  ]
  for (const [RedrivePolicy, message] of refused)
    await assert.rejects(queue('q', { RedrivePolicy }), { queryCode: 'InvalidParameterValue', message })
})

test("a dead-letter queue's allow policy decides whose messages it takes", async (t) => {
  const { queue, run } = await sqsRig(t)
  const QueueUrl = await queue('dead')
  const allow = (policy: object) =>
    run('SetQueueAttributes', { QueueUrl, Attributes: { RedriveAllowPolicy: JSON.stringify(policy) } })
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: 3 })
  await allow({ redrivePermission: 'denyAll' })
  await assert.rejects(queue('q', { RedrivePolicy }), { queryCode: 'InvalidParameterValue' })
  await allow({ redrivePermission: 'byQueue', sourceQueueArns: [arn('other')] })
  await assert.rejects(queue('q', { RedrivePolicy }), { queryCode: 'InvalidParameterValue' })
  await allow({ redrivePermission: 'byQueue', sourceQueueArns: [arn('q')] })
  await queue('q', { RedrivePolicy })
  for (const policy of [
    { redrivePermission: 'maybe' },
    { redrivePermission: 'byQueue' },
    { redrivePermission: 'denyAll', sourceQueueArns: [arn('q')] },
  ])
    await assert.rejects(allow(policy), { queryCode: 'InvalidParameterValue' })
  assert.deepEqual(await run('ListDeadLetterSourceQueues', { QueueUrl }), {
    queueUrls: ['http://127.0.0.1:4566/111111111111/q'],
  })
})

test('queues are listed by name, by prefix and in pages, those of the account and region only', async (t) => {
  const { queue, run } = await sqsRig(t)
  for (const name of ['b', 'a1', 'a_', 'a2', 'A']) await queue(name)
  await run('CreateQueue', { QueueName: 'elsewhere' }, { region: 'eu-west-1' })
  const names = (urls: readonly string[] = []) => urls.map((url) => url.split('/').at(-1))
  assert.deepEqual(names((await run('ListQueues', {})).QueueUrls), ['A', 'a1', 'a2', 'a_', 'b'])
  const first = await run('ListQueues', { QueueNamePrefix: 'a', MaxResults: 2 })
  const second = await run('ListQueues', {
    QueueNamePrefix: 'a',
    MaxResults: 2,
    NextToken: first.NextToken ?? '',
  })
  assert.deepEqual([names(first.QueueUrls), names(second.QueueUrls)], [['a1', 'a2'], ['a_']])
  assert.equal(second.NextToken, undefined)
  assert.deepEqual(await run('ListQueues', { QueueNamePrefix: 'none' }), {})
  await assert.rejects(run('ListQueues', { MaxResults: 1001 }), { queryCode: 'InvalidParameterValue' })
  await assert.rejects(run('ListQueues', { NextToken: 'x' }), { queryCode: 'InvalidParameterValue' })
})

test('a queue is found by every form of its URL, and by its name', async (t) => {
  const { queue, send } = await sqsRig(t)
  await queue('q')
  for (const url of [
    'https://sqs.us-east-1.amazonaws.com/111111111111/q',
    'http://sqs.us-east-1.localhost.localstack.cloud:4566/111111111111/q',
    'https://us-east-1.queue.amazonaws.com/111111111111/q',
    'http://localhost:4566/queue/us-east-1/111111111111/q',
    'http://localhost:4566/111111111111/q',
    'q',
  ])
    assert.ok((await send(url, 'a')).MessageId, url)
  for (const url of [
    'http://localhost:4566/',
    'http://localhost:4566/q',
    'http://localhost:4566/1/2/3',
    'not a url',
  ])
    await assert.rejects(send(url, 'a'), { code: 'InvalidAddress' }, url)
  await assert.rejects(send('https://sqs.eu-west-1.amazonaws.com/111111111111/q', 'a'), {
    code: 'QueueDoesNotExist',
  })
})

test('permissions are statements of the policy, as recorded from AWS', async (t) => {
  const { queue, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const permission = { QueueUrl, Label: 'l', AWSAccountIds: ['222222222222'], Actions: ['ReceiveMessage'] }
  await run('AddPermission', permission)
  const policy = async () => {
    const { Attributes } = await run('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] })
    return Attributes?.Policy && JSON.parse(Attributes.Policy)
  }
  assert.deepEqual(await policy(), {
    Version: '2008-10-17',
    Id: `${arn('q')}/SQSDefaultPolicy`,
    Statement: [
      {
        Sid: 'l',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::222222222222:root' },
        Action: 'SQS:ReceiveMessage',
        Resource: arn('q'),
      },
    ],
  })
  await assert.rejects(run('AddPermission', permission), {
    message: 'Value l for parameter Label is invalid. Reason: Already exists.',
  })
  const refused: [given: object, message: string][] = [
    [{ Actions: ['Everything'] }, 'refer to the appropriate WSDL'],
    [
      { Actions: ['RemovePermission'] },
      'Value SQS:RemovePermission for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.',
    ],
    [{ Actions: [] }, 'The request must contain the parameter Actions.'],
    [{ Actions: Array(8).fill('SendMessage') }, '8 Actions were found, maximum allowed is 7.'],
    [{ AWSAccountIds: [] }, 'Value [] for parameter PrincipalId is invalid. Reason: Unable to verify.'],
    [{ AWSAccountIds: ['me'] }, 'Unable to verify.'],
  ]
  for (const [given, message] of refused)
    await assert.rejects(run('AddPermission', { ...permission, Label: 'm', ...given }), (error: Error) =>
      error.message.includes(message),
    )
  await run('RemovePermission', { QueueUrl, Label: 'l' })
  assert.equal(await policy(), undefined)
  await assert.rejects(run('RemovePermission', { QueueUrl, Label: 'l' }), {
    message: "Value l for parameter Label is invalid. Reason: can't find label.",
  })
})

test("another account's queue lets in whom its policy names, for what it names", async (t) => {
  const { queue, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const foreign = { accountId: '222222222222', principalArn: 'arn:aws:iam::222222222222:user/u' }
  const send = () => run('SendMessage', { QueueUrl, MessageBody: 'a' }, foreign)
  await assert.rejects(send(), { queryCode: 'AccessDenied' })
  await run('AddPermission', { QueueUrl, Label: 'l', AWSAccountIds: ['222222222222'], Actions: ['*'] })
  await send()
  await assert.rejects(run('DeleteQueue', { QueueUrl }, foreign), { queryCode: 'AccessDenied' })
  assert.equal(HERE.accountId, '111111111111')
})

test('tags', async (t) => {
  const { queue, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  await run('TagQueue', { QueueUrl, Tags: { a: '1', b: '' } })
  await run('TagQueue', { QueueUrl, Tags: { a: '2' } })
  await run('UntagQueue', { QueueUrl, TagKeys: ['b', 'c'] })
  assert.deepEqual(await run('ListQueueTags', { QueueUrl }), { Tags: { a: '2' } })
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`t${n}`, '']))
  await assert.rejects(run('TagQueue', { QueueUrl, Tags: many }), {
    queryCode: 'InvalidParameterValue',
    message: 'Too many tags added for queue q.',
  })
  await assert.rejects(run('UntagQueue', { QueueUrl, TagKeys: [] }), {
    message: 'Tag keys must be between 1 and 128 characters in length.',
  })
  await assert.rejects(run('TagQueue', { QueueUrl, Tags: {} }), { queryCode: 'MissingParameter' })
  await assert.rejects(run('TagQueue', { QueueUrl, Tags: { 'aws:x': '' } }), {
    queryCode: 'InvalidParameterValue',
  })
})
