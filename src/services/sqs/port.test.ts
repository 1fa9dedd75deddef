import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sqsRig } from './testing.ts'

const ARN = 'arn:aws:sqs:us-east-1:111111111111:q'
const TOPIC = 'arn:aws:sns:us-east-1:111111111111:t'
const sns = { principal: 'sns.amazonaws.com', accountId: '111111111111', sourceArn: TOPIC }

const allow = (Condition?: object, more: object = {}) =>
  JSON.stringify({
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: ARN,
        ...(Condition && { Condition }),
        ...more,
      },
    ],
  })

test("a service sends where the queue's policy lets it in, and nowhere else", async (t) => {
  const { room, queue, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const send = (sender = sns) => room.port.send(ARN, { body: 'a' }, sender)
  const policy = (Policy: string) => run('SetQueueAttributes', { QueueUrl, Attributes: { Policy } })
  await assert.rejects(send(), { fault: 'AccessDenied' })
  const good = [
    allow(),
    allow({ ArnEquals: { 'aws:SourceArn': TOPIC } }),
    allow({ ArnLike: { 'AWS:SourceArn': 'arn:aws:sns:*:*:?' } }),
    allow({ StringEquals: { 'aws:SourceAccount': ['1', '111111111111'] } }),
    allow(undefined, { Principal: '*', Action: 'SQS:*' }),
    allow({ Bool: { 'aws:SecureTransport': 'true' } }),
    allow({ StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' }, Null: { 'aws:PrincipalOrgID': 'true' } }),
    allow(undefined, { Action: undefined, NotAction: 'sqs:ReceiveMessage' }),
    allow(undefined, { Principal: { AWS: '*' }, Action: ['sqs:ReceiveMessage', 'sqs:Send*'] }),
  ]
  for (const text of good) {
    await policy(text)
    assert.ok((await send()).messageId, text)
  }
  const bad = [
    allow({ ArnEquals: { 'aws:SourceArn': `${TOPIC}2` } }),
    allow({ StringEquals: { 'aws:SourceAccount': '222222222222' } }),
    allow({ Bool: { 'aws:SecureTransport': 'false' } }),
    allow({ DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } }),
    allow({ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }),
    allow(undefined, { Action: undefined, NotAction: 'sqs:*' }),
    allow(undefined, { Principal: undefined, NotPrincipal: { Service: 'sns.amazonaws.com' } }),
    allow(undefined, { Principal: { Service: 's3.amazonaws.com' } }),
    allow(undefined, { Action: 'sqs:ReceiveMessage' }),
    allow(undefined, { Resource: `${ARN}2` }),
    allow(undefined, { Effect: 'Deny' }),
    '{"Statement":[null,"text",{"Effect":"Allow","Principal":null,"Action":"*"}]}',
    '{}',
  ]
  for (const text of bad) {
    await policy(text)
    await assert.rejects(send(), { fault: 'AccessDenied', code: 'AccessDenied' }, text)
  }
  const { Statement: allowed } = JSON.parse(allow())
  const denied = (more: object) =>
    JSON.stringify({
      Statement: [...allowed, { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*', ...more }],
    })
  await policy(denied({ Principal: undefined, NotPrincipal: { AWS: '222222222222' } }))
  await assert.rejects(send(), { fault: 'AccessDenied' })
  // Most policies refuse whoever comes without TLS.
  await policy(denied({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } }))
  await send()
  // Who acts as a role of the queue's account needs none.
  await send({ ...sns, roleArn: 'arn:aws:iam::111111111111:role/r' } as never)
})

test('what a service gets: the message whole, or what is wrong in the words of SQS', async (t) => {
  const { room, queue, run } = await sqsRig(t)
  await assert.rejects(room.port.send(ARN, { body: 'a' }, sns), {
    fault: 'NotFound',
    code: 'AWS.SimpleQueueService.NonExistentQueue',
  })
  assert.equal(await room.port.describe(ARN), undefined)
  const QueueUrl = await queue('q')
  await run('SetQueueAttributes', { QueueUrl, Attributes: { Policy: allow() } })
  await assert.rejects(room.port.send(ARN, { body: '' }, sns), { fault: 'Invalid', code: 'MissingParameter' })
  const attributes = { a: { dataType: 'String', stringValue: 'v' } }
  await room.port.send(ARN, { body: 'a', attributes, traceHeader: 'Root=1' }, sns)
  const [message] = await room.port.receive(ARN, { max: 10, waitMs: 0 })
  assert(message !== undefined)
  assert.equal(message.body, 'a')
  assert.deepEqual({ ...message.attributes }, attributes)
  assert.equal(message.systemAttributes.AWSTraceHeader, 'Root=1')
  assert.equal(message.systemAttributes.SenderId, 'sns.amazonaws.com')
  await room.port.changeVisibility(ARN, [message.receiptHandle], 0)
  const [again] = await room.port.receive(ARN, { max: 10, waitMs: 0, visibilityTimeoutSeconds: 5 })
  assert.equal(again?.systemAttributes.ApproximateReceiveCount, '2')
  await room.port.delete(ARN, [again?.receiptHandle ?? ''])
  assert.deepEqual(await room.port.receive(ARN, { max: 10, waitMs: 0 }), [])
})
