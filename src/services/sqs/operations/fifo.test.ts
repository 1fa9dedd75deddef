import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SqsRig, sqsRig } from '../testing.ts'

const BY_CONTENT = { FifoQueue: 'true', ContentBasedDeduplication: 'true', VisibilityTimeout: '30' }

async function fifo(rig: SqsRig, more: Record<string, string> = {}): Promise<string> {
  return rig.queue('q.fifo', { ...BY_CONTENT, ...more })
}

async function taken({ run }: SqsRig, QueueUrl: string, max = 10) {
  const { Messages = [] } = await run('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: max })
  return Messages.map(({ Body = '', ReceiptHandle = '' }) => ({ Body, ReceiptHandle }))
}

const bodies = (messages: readonly { Body: string }[]) => messages.map(({ Body }) => Body)

test('a group comes in its order, and nothing more of it while some of it is in flight', async (t) => {
  const rig = await sqsRig(t)
  const { send, run } = rig
  const QueueUrl = await fifo(rig)
  for (const body of ['1', '2', '3']) await send(QueueUrl, body, { MessageGroupId: 'g' })
  const first = await taken(rig, QueueUrl, 2)
  assert.deepEqual(bodies(first), ['1', '2'])
  assert.deepEqual(await taken(rig, QueueUrl), [])
  await run('DeleteMessage', { QueueUrl, ReceiptHandle: first[0]?.ReceiptHandle ?? '' })
  assert.deepEqual(await taken(rig, QueueUrl), [])
  await run('DeleteMessage', { QueueUrl, ReceiptHandle: first[1]?.ReceiptHandle ?? '' })
  assert.deepEqual(bodies(await taken(rig, QueueUrl)), ['3'])
})

test('what was not deleted comes again before what follows it', async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig)
  for (const body of ['1', '2', '3']) await rig.send(QueueUrl, body, { MessageGroupId: 'g' })
  const [first] = await taken(rig, QueueUrl, 1)
  await rig.clock.advance(30_000)
  assert.deepEqual(bodies(await taken(rig, QueueUrl)), ['1', '2', '3'])
  // The handle of a receive whose time is over deletes nothing, as recorded from AWS in May 2023.
  await rig.clock.advance(30_000)
  await assert.rejects(
    rig.run('DeleteMessage', { QueueUrl, ReceiptHandle: first?.ReceiptHandle ?? '' }),
    /The receipt handle has expired\./,
  )
  assert.deepEqual(bodies(await taken(rig, QueueUrl)), ['1', '2', '3'])
})

test('a group can be had up to its first message that is hidden, as recorded from AWS', async (t) => {
  for (const [hidden, comes] of [
    [0, []],
    [1, ['1']],
    [2, ['1', '2']],
  ] as const) {
    const rig = await sqsRig(t)
    const QueueUrl = await fifo(rig, { VisibilityTimeout: '1' })
    for (const body of ['1', '2', '3']) await rig.send(QueueUrl, body, { MessageGroupId: 'g' })
    const ReceiptHandle = (await taken(rig, QueueUrl, 5))[hidden]?.ReceiptHandle ?? ''
    await rig.run('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 4 })
    await rig.clock.advance(2500)
    assert.deepEqual(bodies(await taken(rig, QueueUrl, 5)), comes)
  }
})

test("a group's first message made visible comes alone, after groups that could be had before", async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig)
  for (const body of ['a1', 'a2', 'b1']) await rig.send(QueueUrl, body, { MessageGroupId: body.charAt(0) })
  const [first, second] = await taken(rig, QueueUrl, 2)
  await rig.clock.advance(1)
  const show = (ReceiptHandle = '') =>
    rig.run('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })
  await show(second?.ReceiptHandle)
  await show(first?.ReceiptHandle)
  assert.deepEqual(bodies(await taken(rig, QueueUrl, 1)), ['b1'])
  assert.deepEqual(bodies(await taken(rig, QueueUrl)), ['a1', 'a2'])
})

test('received with no visibility timeout, groups come again after those that waited longer', async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig)
  for (const body of ['a1', 'b1', 'b2', 'c1', 'a2']) {
    await rig.send(QueueUrl, body, { MessageGroupId: body.charAt(0) })
    await rig.clock.advance(1)
  }
  const receive = (max: number) => rig.receive(QueueUrl, { MaxNumberOfMessages: max, VisibilityTimeout: 0 })
  assert.deepEqual(await receive(3), ['a1', 'a2', 'b1'])
  await rig.clock.advance(1)
  assert.deepEqual((await receive(10))[0], 'c1')
})

test('a purge forgets what was deduplicated', async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig)
  const ids = { MessageGroupId: 'g', MessageDeduplicationId: 'same' }
  await rig.send(QueueUrl, '1', ids)
  await rig.run('PurgeQueue', { QueueUrl })
  await rig.send(QueueUrl, '2', ids)
  assert.deepEqual(await rig.receive(QueueUrl), ['2'])
})

test('a batch whose entries lack what a FIFO queue wants is refused as a whole, as recorded from AWS', async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig, { ContentBasedDeduplication: 'false' })
  const whole = { Id: '1', MessageBody: 'a', MessageGroupId: 'g', MessageDeduplicationId: '1' }
  const batch = (lacks: object) =>
    rig.run('SendMessageBatch', { QueueUrl, Entries: [whole, { ...whole, Id: '2', ...lacks }] })
  await assert.rejects(batch({ MessageGroupId: undefined }), {
    queryCode: 'InvalidParameterValue',
    message: 'The request must contain the parameter MessageGroupId.',
  })
  await assert.rejects(batch({ MessageDeduplicationId: undefined }), {
    queryCode: 'InvalidParameterValue',
    message: /ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly$/,
  })
  assert.deepEqual(await rig.receive(QueueUrl), [])
})

test('as many of one group as there are, then the next group', async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig)
  for (const [body, MessageGroupId] of ['a1', 'b1', 'a2', 'b2', 'c1'].map((body) => [body, body[0]]))
    await rig.send(QueueUrl, body ?? '', { MessageGroupId })
  assert.deepEqual(bodies(await taken(rig, QueueUrl, 3)), ['a1', 'a2', 'b1'])
  assert.deepEqual(bodies(await taken(rig, QueueUrl)), ['c1'])
})

test('a deletion wakes who waits for the rest of the group', async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig)
  for (const body of ['1', '2']) await rig.send(QueueUrl, body, { MessageGroupId: 'g' })
  const [first] = await taken(rig, QueueUrl, 1)
  const waiting = rig.receive(QueueUrl, { WaitTimeSeconds: 20 })
  await rig.clock.advance(10)
  await rig.run('DeleteMessage', { QueueUrl, ReceiptHandle: first?.ReceiptHandle ?? '' })
  assert.deepEqual(await waiting, ['2'])
})

test('for five minutes a message is not taken twice, whether or not it was deleted; the answer is the first one', async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig)
  const sent = await rig.send(QueueUrl, 'a', { MessageGroupId: 'g' })
  const [message] = await taken(rig, QueueUrl)
  await rig.run('DeleteMessage', { QueueUrl, ReceiptHandle: message?.ReceiptHandle ?? '' })
  await rig.clock.advance(299_000)
  assert.deepEqual(await rig.send(QueueUrl, 'a', { MessageGroupId: 'other' }), sent)
  assert.deepEqual(await taken(rig, QueueUrl), [])
  await rig.clock.advance(1000)
  assert.notEqual((await rig.send(QueueUrl, 'a', { MessageGroupId: 'g' })).MessageId, sent.MessageId)
  assert.deepEqual(bodies(await taken(rig, QueueUrl)), ['a'])
})

test('an explicit deduplication id counts instead of the content; with the scope messageGroup, in its group', async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig, {
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
  })
  const ids = { MessageGroupId: 'g', MessageDeduplicationId: 'd' }
  await rig.send(QueueUrl, 'a', ids)
  await rig.send(QueueUrl, 'b', ids)
  await rig.send(QueueUrl, 'c', { ...ids, MessageGroupId: 'h' })
  await rig.send(QueueUrl, 'a', { MessageGroupId: 'g' })
  assert.deepEqual(bodies(await taken(rig, QueueUrl)), ['a', 'a', 'c'])
})

test('sequence numbers have 20 digits and grow', async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig)
  const numbers: bigint[] = []
  for (const body of ['1', '2', '3']) {
    const { SequenceNumber = '' } = await rig.send(QueueUrl, body, { MessageGroupId: 'g' })
    assert.match(SequenceNumber, /^\d{20}$/)
    numbers.push(BigInt(SequenceNumber))
  }
  assert((numbers[0] ?? 0n) < (numbers[1] ?? 0n) && (numbers[1] ?? 0n) < (numbers[2] ?? 0n))
})

test('the same receive attempt gets the same messages again, until something happens to them', async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig)
  for (const body of ['1', '2', '3']) await rig.send(QueueUrl, body, { MessageGroupId: 'g' })
  const attempt = { QueueUrl, MaxNumberOfMessages: 2, ReceiveRequestAttemptId: 'try' }
  const first = await rig.run('ReceiveMessage', attempt)
  await rig.clock.advance(20_000)
  assert.deepEqual(await rig.run('ReceiveMessage', attempt), first)
  // Hidden anew: 30 s from the second try on.
  await rig.clock.advance(20_000)
  assert.deepEqual(await taken(rig, QueueUrl), [])
  const handles = first.Messages?.map(({ ReceiptHandle = '' }) => ReceiptHandle) ?? []
  await rig.run('DeleteMessage', { QueueUrl, ReceiptHandle: handles[0] ?? '' })
  assert.deepEqual(await rig.run('ReceiveMessage', attempt), {})
})

test('what had its chances moves to the FIFO dead-letter queue, and the group goes on', async (t) => {
  const rig = await sqsRig(t)
  const dead = await rig.queue('dead.fifo', BY_CONTENT)
  const policy = { deadLetterTargetArn: 'arn:aws:sqs:us-east-1:111111111111:dead.fifo', maxReceiveCount: 1 }
  const QueueUrl = await fifo(rig, { RedrivePolicy: JSON.stringify(policy) })
  for (const body of ['1', '2']) await rig.send(QueueUrl, body, { MessageGroupId: 'g' })
  await taken(rig, QueueUrl, 1)
  await rig.clock.advance(30_000)
  assert.deepEqual(bodies(await taken(rig, QueueUrl)), ['2'])
  assert.deepEqual(bodies(await taken(rig, dead)), ['1'])
})

test("the delay is the queue's; a message has none of its own", async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig, { DelaySeconds: '5' })
  await rig.send(QueueUrl, 'a', { MessageGroupId: 'g', DelaySeconds: 0 })
  assert.deepEqual(await taken(rig, QueueUrl), [])
  await rig.clock.advance(5000)
  assert.deepEqual(bodies(await taken(rig, QueueUrl)), ['a'])
  await assert.rejects(rig.send(QueueUrl, 'b', { MessageGroupId: 'g', DelaySeconds: 2 }), {
    message:
      'Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.',
  })
})

test('a FIFO queue wants a group, and a deduplication id or content; a standard one wants no deduplication id', async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await rig.queue('q.fifo', { FifoQueue: 'true' })
  await assert.rejects(rig.send(QueueUrl, 'a'), {
    queryCode: 'MissingParameter',
    message: 'The request must contain the parameter MessageGroupId.',
  })
  await assert.rejects(rig.send(QueueUrl, 'a', { MessageGroupId: 'g' }), {
    message:
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  })
  await assert.rejects(rig.send(QueueUrl, 'a', { MessageGroupId: 'a b', MessageDeduplicationId: 'd' }))
  await assert.rejects(rig.send(await rig.queue('standard'), 'a', { MessageDeduplicationId: 'd' }))
})

test('a changed delay counts for what is in a FIFO queue already, and not for what is in a standard one', async (t) => {
  const rig = await sqsRig(t)
  const QueueUrl = await fifo(rig, { DelaySeconds: '60' })
  const standard = await rig.queue('standard', { DelaySeconds: '60' })
  await rig.send(QueueUrl, 'a', { MessageGroupId: 'g' })
  await rig.send(standard, 'a')
  const delay = (url: string, DelaySeconds: string) =>
    rig.run('SetQueueAttributes', { QueueUrl: url, Attributes: { DelaySeconds } })
  const waiting = rig.receive(QueueUrl, { WaitTimeSeconds: 20, VisibilityTimeout: 0 })
  await rig.clock.advance(1000)
  for (const url of [QueueUrl, standard]) await delay(url, '0')
  assert.deepEqual(await waiting, ['a'])
  assert.deepEqual(await taken(rig, standard), [])
  await rig.send(QueueUrl, 'b', { MessageGroupId: 'h' })
  await delay(QueueUrl, '30')
  assert.deepEqual(bodies(await taken(rig, QueueUrl)), ['a'])
  await rig.clock.advance(30_000)
  assert.deepEqual(bodies(await taken(rig, QueueUrl)), ['a', 'b'])
})
