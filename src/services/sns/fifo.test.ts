import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { FIFO_QUEUE, FUNCTION, QUEUE, snsRig, TOPIC } from './testing.ts'

const FIFO_TOPIC = `${TOPIC}.fifo`

/** A FIFO topic with a FIFO queue, which gets the messages raw. */
async function fifoRig(t: TestContext, attributes: Record<string, string> = {}) {
  const rig = await snsRig(t)
  const { run } = rig
  await run('CreateTopic', { Name: 't.fifo', Attributes: { FifoTopic: 'true', ...attributes } })
  const subscribe = (Endpoint: string, Attributes: Record<string, string>) =>
    run('Subscribe', { TopicArn: FIFO_TOPIC, Protocol: Endpoint.split(':')[2], Endpoint, Attributes })
  await subscribe(FIFO_QUEUE, { RawMessageDelivery: 'true' })
  const publish = (Message: string, MessageGroupId = 'g', MessageDeduplicationId = Message) =>
    run('Publish', { TopicArn: FIFO_TOPIC, Message, MessageGroupId, MessageDeduplicationId })
  return { ...rig, publish, subscribe }
}

const CONTENT = { ContentBasedDeduplication: 'true' }

test('messages of a group arrive in their order, also when the queue fails in between', async (t) => {
  const { publish, fail, bodies, sent, until, clock } = await fifoRig(t)
  await publish('1')
  await until(() => sent.length === 1)
  fail(FIFO_QUEUE, 'Unavailable')
  for (const text of ['2', '3', '4']) await publish(text)
  const began = clock.now()
  await until(() => clock.now() > began + 60_000)
  fail(FIFO_QUEUE)
  await publish('5')
  await until(() => sent.length === 5)
  assert.deepEqual(bodies(), ['1', '2', '3', '4', '5'])
})

test('a queue gets group and deduplication id; the envelope the sequence number', async (t) => {
  const { run, publish, subscribe, sent, until } = await fifoRig(t)
  await subscribe(QUEUE, {})
  const { SequenceNumber } = await publish('m', 'g', 'd')
  await until(() => sent.length === 2)
  const [fifo, standard] = [FIFO_QUEUE, QUEUE].map((arn) => sent.find(({ to }) => to === arn))
  assert.deepEqual(fifo?.what, { body: 'm', attributes: {}, groupId: 'g', deduplicationId: 'd' })
  assert.ok(standard?.service === 'sqs')
  assert.equal(JSON.parse(standard.what.body).SequenceNumber, SequenceNumber)
  assert.equal(standard.what.deduplicationId, undefined)
  const { Attributes } = await run('GetTopicAttributes', { TopicArn: FIFO_TOPIC })
  assert.deepEqual([Attributes?.FifoTopic, Attributes?.ContentBasedDeduplication], ['true', 'false'])
})

test('what was published within five minutes is answered as before, and not sent again', async (t) => {
  const { publish, sent, until, clock } = await fifoRig(t)
  const first = await publish('m', 'g', 'd')
  assert.match(first.SequenceNumber ?? '', /^\d{20}$/)
  assert.deepEqual(await publish('other text', 'g', 'd'), first)
  assert.deepEqual(await publish('m', 'other', 'd'), first)
  const second = await publish('m', 'g', 'e')
  assert.ok((second.SequenceNumber ?? '') > (first.SequenceNumber ?? ''))
  await clock.advance(5 * 60_000)
  assert.notEqual((await publish('m', 'g', 'd')).MessageId, first.MessageId)
  await until(() => sent.length === 3)
  await until(() => true, 60_000)
  assert.equal(sent.length, 3)
})

test('deduplication by content, and of each group by itself', async (t) => {
  const { run, sent, until } = await fifoRig(t, { ...CONTENT, FifoThroughputScope: 'MessageGroup' })
  const entry = (Id: string, Message: string, MessageGroupId: string) => ({ Id, Message, MessageGroupId })
  const { Successful = [] } = await run('PublishBatch', {
    TopicArn: FIFO_TOPIC,
    PublishBatchRequestEntries: [
      entry('a', 'm', 'g'),
      entry('b', 'm', 'g'),
      entry('c', 'm', 'h'),
      entry('d', 'n', 'g'),
    ],
  })
  const [a, b, c, d] = Successful.map(({ MessageId }) => MessageId)
  assert.equal(a, b)
  assert.equal(new Set([a, c, d]).size, 3)
  await until(() => sent.length === 3)
})

test('a topic that is deleted and made again has forgotten what was published', async (t) => {
  const { run, publish } = await fifoRig(t)
  const first = await publish('m')
  await run('DeleteTopic', { TopicArn: FIFO_TOPIC })
  await run('CreateTopic', { Name: 't.fifo', Attributes: { FifoTopic: 'true' } })
  const again = await publish('m')
  assert.notEqual(again.MessageId, first.MessageId)
})

for (const [why, input, message] of [
  [
    'no group',
    { MessageDeduplicationId: 'd' },
    'Invalid parameter: The MessageGroupId parameter is required for FIFO topics',
  ],
  [
    'no deduplication id',
    { MessageGroupId: 'g' },
    /ContentBasedDeduplication enabled or MessageDeduplicationId provided/,
  ],
  [
    'a group with a blank',
    { MessageGroupId: 'a b', MessageDeduplicationId: 'd' },
    'Invalid parameter: MessageGroupId',
  ],
  [
    'a long deduplication id',
    { MessageGroupId: 'g', MessageDeduplicationId: 'd'.repeat(129) },
    'Invalid parameter: MessageDeduplicationId',
  ],
] as const) {
  test(`refused: ${why}`, async (t) => {
    const { run } = await fifoRig(t)
    const publish = run('Publish', { TopicArn: FIFO_TOPIC, Message: 'm', ...input })
    await assert.rejects(publish, { code: 'InvalidParameterException', message })
  })
}

test('names and attributes of FIFO and standard topics are told apart; functions cannot subscribe', async (t) => {
  const { run, subscribe } = await fifoRig(t)
  const create = (Name: string, Attributes: Record<string, string>) =>
    run('CreateTopic', { Name, Attributes })
  await assert.rejects(create('t', { FifoTopic: 'true' }), {
    message: /Fifo Topic names must end with .fifo/,
  })
  await assert.rejects(create('u.fifo', {}), { message: 'Invalid parameter: Topic Name' })
  await assert.rejects(create('t', CONTENT), { message: /can only be set for FIFO topics/ })
  await assert.rejects(create('u.fifo', { FifoTopic: 'yes' }), { code: 'InvalidParameterException' })
  await assert.rejects(subscribe(FUNCTION, {}), { message: /FIFO topics deliver to SQS queues only/ })
})
