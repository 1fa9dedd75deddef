import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { platform } from './support/platform.ts'

// From SendMessage to a handler's log, with nothing in between that is not lambdad's own.

const LOGGER = `export const handler = async ({ Records }) => {
  for (const { body } of Records) console.log('got ' + body)
  if (Records.some(({ body }) => body === 'bad')) throw new Error('bad')
}`

async function rig(t: TestContext) {
  const here = await platform(t)
  const sqs = new SQSClient(here.client)
  t.after(() => sqs.destroy())
  const createQueue = async (QueueName: string, Attributes = {}) =>
    (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl
  const map = async (
    FunctionName: string,
    queue: string,
    more: Partial<CreateEventSourceMappingCommandInput> = {},
  ) => {
    const EventSourceArn = `arn:aws:sqs:us-east-1:000000000000:${queue}`
    const { UUID } = await here.lambda.send(
      new CreateEventSourceMappingCommand({ FunctionName, EventSourceArn, ...more }),
    )
    await eventually(async () => assert.equal(await stateOf(UUID), 'Enabled'))
    return UUID
  }
  const stateOf = async (UUID: string | undefined) =>
    (await here.lambda.send(new GetEventSourceMappingCommand({ UUID }))).State
  const logged = async (name: string) => {
    const { events = [] } = await here.logs.send(
      new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: '"got "' }),
    )
    return events.map(({ message = '' }) => /got (\S+)/.exec(message)?.[1] ?? '').sort()
  }
  return { ...here, sqs, createQueue, map, stateOf, logged }
}

/** Tries again for ten seconds. */
async function eventually(check: () => Promise<void>): Promise<void> {
  const until = Date.now() + 10_000
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }
}

test('messages reach the function, and leave the queue', async (t) => {
  const { sqs, createFunction, createQueue, map, logged } = await rig(t)
  const name = await createFunction({ 'index.mjs': LOGGER })
  const QueueUrl = await createQueue('q')
  await map(name, 'q')
  const Entries = ['a', 'b', 'c'].map((Id) => ({ Id, MessageBody: Id }))
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  await eventually(async () => assert.deepEqual(await logged(name), ['a', 'b', 'c']))
  await eventually(async () => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    )
    const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes ?? {}
    assert.deepEqual([ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible], ['0', '0'])
  })
})

test('what the function fails on ends in the dead-letter queue', async (t) => {
  const { sqs, createFunction, createQueue, map } = await rig(t)
  const name = await createFunction({ 'index.mjs': LOGGER }, { Timeout: 1 })
  const DeadUrl = await createQueue('dead')
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dead'
  const QueueUrl = await createQueue('q', {
    VisibilityTimeout: '1',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
  })
  await map(name, 'q', { BatchSize: 1 })
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'bad' }))
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: DeadUrl,
      WaitTimeSeconds: 15,
      MessageSystemAttributeNames: ['All'],
    }),
  )
  assert.equal(Messages[0]?.Body, 'bad')
  assert.equal(Messages[0]?.Attributes?.DeadLetterQueueSourceArn, 'arn:aws:sqs:us-east-1:000000000000:q')
})

test('a mapping is disabled, enabled and deleted', async (t) => {
  const { sqs, lambda, createFunction, createQueue, map, stateOf, logged } = await rig(t)
  const name = await createFunction({ 'index.mjs': LOGGER })
  const QueueUrl = await createQueue('q')
  const UUID = await map(name, 'q')
  const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }))
  await eventually(async () => assert.equal(await stateOf(UUID), 'Disabled'))
  await send('a')
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1, VisibilityTimeout: 0 }),
  )
  assert.equal(Messages.length, 1)
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true, BatchSize: 1 }))
  await eventually(async () => assert.deepEqual(await logged(name), ['a']))
  await lambda.send(new DeleteEventSourceMappingCommand({ UUID }))
  await eventually(() => assert.rejects(stateOf(UUID), { name: 'ResourceNotFoundException' }))
})

test('a reserved concurrency of two runs two batches at once and no more, and loses nothing', async (t) => {
  const { sqs, lambda, createFunction, createQueue, map, logged } = await rig(t)
  const slow = LOGGER.replace('for (', 'await new Promise((r) => setTimeout(r, 50)); for (')
  const name = await createFunction({ 'index.mjs': slow })
  const { PutFunctionConcurrencyCommand } = await import('@aws-sdk/client-lambda')
  await lambda.send(
    new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: 2 }),
  )
  const QueueUrl = await createQueue('q')
  const names = Array.from({ length: 10 }, (_, n) => `m${n}`)
  await sqs.send(
    new SendMessageBatchCommand({ QueueUrl, Entries: names.map((Id) => ({ Id, MessageBody: Id })) }),
  )
  await map(name, 'q', { BatchSize: 1 })
  await eventually(async () => assert.deepEqual(await logged(name), names))
})

const LOOP = `import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false })
export const handler = async ({ Records }) => {
  console.log('got ' + Records[0].body)
  await sqs.send(new SendMessageCommand({ QueueUrl: 'q', MessageBody: 'again' }))
}`

test('a function that sends to its own queue is stopped after 16 rounds; the message ends in the dead-letter queue', async (t) => {
  const { sqs, createFunction, createQueue, map, logged } = await rig(t)
  const name = await createFunction({ 'index.mjs': LOOP }, { Timeout: 3 })
  const DeadUrl = await createQueue('dead')
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dead'
  const QueueUrl = await createQueue('q', {
    VisibilityTimeout: '3',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }),
  })
  await map(name, 'q')
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'first' }))
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: DeadUrl, WaitTimeSeconds: 20 }),
  )
  assert.equal(Messages[0]?.Body, 'again')
  assert.equal((await logged(name)).length, 16)
})
