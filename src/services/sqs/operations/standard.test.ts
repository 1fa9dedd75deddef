import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sqsRig } from '../testing.ts'

test('a received message is hidden for the visibility timeout, then it comes again and counts', async (t) => {
  const { queue, send, receive, run, clock } = await sqsRig(t)
  const QueueUrl = await queue('q', { VisibilityTimeout: '10' })
  await send(QueueUrl, 'a')
  assert.deepEqual(await receive(QueueUrl), ['a'])
  assert.deepEqual(await receive(QueueUrl), [])
  await clock.advance(10_000)
  const again = await run('ReceiveMessage', { QueueUrl, MessageSystemAttributeNames: ['All'] })
  const { ApproximateReceiveCount, SentTimestamp, ApproximateFirstReceiveTimestamp, SenderId } =
    again.Messages?.[0]?.Attributes ?? {}
  assert.equal(ApproximateReceiveCount, '2')
  assert.equal(ApproximateFirstReceiveTimestamp, SentTimestamp)
  assert.equal(SenderId, '111111111111')
})

test('a deleted message does not come back, and deleting it again is no error', async (t) => {
  const { queue, send, receive, run, clock } = await sqsRig(t)
  const QueueUrl = await queue('q')
  await send(QueueUrl, 'a')
  const { Messages = [] } = await run('ReceiveMessage', { QueueUrl })
  const ReceiptHandle = Messages[0]?.ReceiptHandle ?? ''
  await run('DeleteMessage', { QueueUrl, ReceiptHandle })
  await run('DeleteMessage', { QueueUrl, ReceiptHandle })
  await clock.advance(60_000)
  assert.deepEqual(await receive(QueueUrl), [])
})

test('a handle that is none, and one of another queue, are refused', async (t) => {
  const { queue, send, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const other = await queue('other')
  await send(other, 'a')
  const { Messages = [] } = await run('ReceiveMessage', { QueueUrl: other })
  for (const ReceiptHandle of ['garbage', Messages[0]?.ReceiptHandle ?? ''])
    await assert.rejects(run('DeleteMessage', { QueueUrl, ReceiptHandle }), {
      code: 'ReceiptHandleIsInvalid',
    })
})

test("delays: the queue's own, and a message's, which counts more", async (t) => {
  const { queue, send, receive, run, clock } = await sqsRig(t)
  const QueueUrl = await queue('q', { DelaySeconds: '30' })
  await send(QueueUrl, 'slow')
  await send(QueueUrl, 'fast', { DelaySeconds: 5 })
  const { Attributes } = await run('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })
  assert.equal(Attributes?.ApproximateNumberOfMessagesDelayed, '2')
  await clock.advance(5000)
  assert.deepEqual(await receive(QueueUrl, { MaxNumberOfMessages: 10 }), ['fast'])
  await clock.advance(25_000)
  assert.deepEqual(await receive(QueueUrl, { MaxNumberOfMessages: 10 }), ['slow'])
  await assert.rejects(send(QueueUrl, 'a', { DelaySeconds: 901 }), { queryCode: 'InvalidParameterValue' })
})

test('the counts are exact', async (t) => {
  const { queue, send, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  for (const body of ['a', 'b', 'c']) await send(QueueUrl, body)
  await send(QueueUrl, 'later', { DelaySeconds: 60 })
  await run('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 2 })
  const { Attributes } = await run('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })
  const of = (kind: string) => Attributes?.[`ApproximateNumberOfMessages${kind}` as 'QueueArn']
  assert.deepEqual([of(''), of('NotVisible'), of('Delayed')], ['1', '2', '1'])
})

test('a long poll is woken by a message, and sleeps until then', async (t) => {
  const { queue, send, receive, clock } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const polling = receive(QueueUrl, { WaitTimeSeconds: 20 })
  await clock.advance(7000)
  await send(QueueUrl, 'a')
  assert.deepEqual(await polling, ['a'])
})

test('a long poll is woken when a message becomes visible, and ends empty after its time', async (t) => {
  const { queue, send, receive, clock } = await sqsRig(t)
  const QueueUrl = await queue('q', { VisibilityTimeout: '5', ReceiveMessageWaitTimeSeconds: '20' })
  await send(QueueUrl, 'a')
  await receive(QueueUrl)
  const again = receive(QueueUrl)
  const third = receive(QueueUrl, { WaitTimeSeconds: 9 })
  await clock.advance(4999)
  await clock.advance(1)
  assert.deepEqual(await again, ['a'])
  await clock.advance(3999)
  const late = receive(QueueUrl, { WaitTimeSeconds: 20 })
  await clock.advance(1)
  assert.deepEqual(await third, [])
  await clock.advance(1000)
  assert.deepEqual(await late, ['a'])
})

test('of several long polls each message wakes one', async (t) => {
  const { queue, send, receive, clock } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const polls = [1, 2, 3].map(() => receive(QueueUrl, { WaitTimeSeconds: 10 }))
  await clock.advance(10)
  await Promise.all(['a', 'b'].map((body) => send(QueueUrl, body)))
  await clock.advance(10_000)
  assert.deepEqual((await Promise.all(polls)).flat().sort(), ['a', 'b'])
})

test('a client that went away takes nothing', async (t) => {
  const { queue, send, receive, run, clock } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const gone = new AbortController()
  const polling = run('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 }, { signal: gone.signal })
  await clock.advance(10)
  gone.abort()
  assert.deepEqual(await polling, {})
  await send(QueueUrl, 'a')
  assert.deepEqual(await receive(QueueUrl), ['a'])
})

test('visibility can be changed: longer, shorter, and ended, which wakes who waits', async (t) => {
  const { queue, send, receive, run, clock } = await sqsRig(t)
  const QueueUrl = await queue('q')
  await send(QueueUrl, 'a')
  const { Messages = [] } = await run('ReceiveMessage', { QueueUrl })
  const ReceiptHandle = Messages[0]?.ReceiptHandle ?? ''
  await run('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 100 })
  await clock.advance(60_000)
  assert.deepEqual(await receive(QueueUrl), [])
  const polling = receive(QueueUrl, { WaitTimeSeconds: 20 })
  await clock.advance(10)
  await run('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })
  assert.deepEqual(await polling, ['a'])
})

test('twelve hours after it was received a message can be hidden no longer; a message that is gone, not at all', async (t) => {
  const { queue, send, run, clock } = await sqsRig(t)
  const QueueUrl = await queue('q', { VisibilityTimeout: '43200' })
  await send(QueueUrl, 'a')
  const { Messages = [] } = await run('ReceiveMessage', { QueueUrl })
  const ReceiptHandle = Messages[0]?.ReceiptHandle ?? ''
  await clock.advance(1000)
  await assert.rejects(
    run('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 43_200 }),
    /Total VisibilityTimeout for the message is beyond the limit \[43200 seconds\]/,
  )
  await run('DeleteMessage', { QueueUrl, ReceiptHandle })
  await assert.rejects(
    run('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 1 }),
    /Message does not exist or is not available for visibility timeout change/,
  )
})

test('messages expire with the retention period', async (t) => {
  const { queue, send, receive, run, clock } = await sqsRig(t)
  const QueueUrl = await queue('q', { MessageRetentionPeriod: '60' })
  await send(QueueUrl, 'old')
  await clock.advance(59_000)
  await send(QueueUrl, 'new')
  await clock.advance(1000)
  assert.deepEqual(await receive(QueueUrl, { MaxNumberOfMessages: 10 }), ['new'])
  await clock.advance(120_000)
  const { Attributes } = await run('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })
  assert.equal(Attributes?.ApproximateNumberOfMessages, '0')
  assert.equal(Attributes?.ApproximateNumberOfMessagesNotVisible, '0')
})

test('a purge removes what was there, in flight as well, and may come once a minute', async (t) => {
  const { queue, send, receive, run, clock } = await sqsRig(t)
  const QueueUrl = await queue('q')
  for (const body of ['a', 'b', 'c']) await send(QueueUrl, body)
  await receive(QueueUrl)
  await run('PurgeQueue', { QueueUrl })
  await assert.rejects(run('PurgeQueue', { QueueUrl }), {
    code: 'PurgeQueueInProgress',
    message: 'Only one PurgeQueue operation on q is allowed every 60 seconds.',
  })
  await clock.advance(60_000)
  assert.deepEqual(await receive(QueueUrl), [])
  await run('PurgeQueue', { QueueUrl })
})

test('fair queues: while a tenant holds most of what is in flight, the others come first', async (t) => {
  const { queue, send, receive } = await sqsRig(t)
  const QueueUrl = await queue('q')
  for (let n = 0; n < 50; n++) await send(QueueUrl, `noisy ${n}`, { MessageGroupId: 'noisy' })
  await receive(QueueUrl, { MaxNumberOfMessages: 10 })
  for (const tenant of ['b', 'a']) await send(QueueUrl, tenant, { MessageGroupId: tenant })
  const next = await receive(QueueUrl, { MaxNumberOfMessages: 3 })
  assert.deepEqual(next, ['b', 'a', 'noisy 10'])
})

test('a dead-letter queue takes what was received as often as it may be, with where it came from', async (t) => {
  const { queue, send, receive, run, clock } = await sqsRig(t)
  const dead = await queue('dead')
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:111111111111:dead'
  const QueueUrl = await queue('q', {
    VisibilityTimeout: '1',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
  })
  await send(QueueUrl, 'a')
  for (let n = 0; n < 2; n++) {
    assert.deepEqual(await receive(QueueUrl), ['a'])
    await clock.advance(1000)
  }
  const waiting = run('ReceiveMessage', {
    QueueUrl: dead,
    WaitTimeSeconds: 20,
    MessageSystemAttributeNames: ['All'],
  })
  await clock.advance(10)
  assert.deepEqual(await receive(QueueUrl), [])
  const { Messages = [] } = await waiting
  assert.equal(Messages[0]?.Body, 'a')
  assert.equal(Messages[0]?.Attributes?.DeadLetterQueueSourceArn, 'arn:aws:sqs:us-east-1:111111111111:q')
  assert.equal(Messages[0]?.Attributes?.ApproximateReceiveCount, '3')
})

test('without a dead-letter queue that exists, a message goes on coming', async (t) => {
  const { queue, send, receive, run, clock } = await sqsRig(t)
  const dead = await queue('dead')
  const policy = { deadLetterTargetArn: 'arn:aws:sqs:us-east-1:111111111111:dead', maxReceiveCount: '1' }
  const QueueUrl = await queue('q', { RedrivePolicy: JSON.stringify(policy) })
  await run('DeleteQueue', { QueueUrl: dead })
  await send(QueueUrl, 'a')
  for (let n = 0; n < 3; n++) {
    assert.deepEqual(await receive(QueueUrl), ['a'])
    await clock.advance(30_000)
  }
})
