import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda'
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { type Daemon, dataFolder, startDaemon } from './support/daemon.ts'
import { CREDENTIALS, ROLE } from './support/platform.ts'
import { zipOf } from './support/zip.ts'

/** `LAMBDAD_LONG=1 npm test` kills more often. */
const KILLS = process.env.LAMBDAD_LONG ? 30 : 3
const GROUPS = ['a', 'b', 'c']

interface Seen {
  /** Ids of messages that were acknowledged. */
  readonly sent: Set<string>
  /** Ids in the order in which they were received, those received again as well. */
  readonly received: string[]
  /** Ids whose deletion was acknowledged. */
  readonly deleted: Set<string>
  /** Those that came again although their deletion was acknowledged. */
  readonly undead: string[]
  /** The message ids under which each came. */
  readonly messageIds: Map<string, Set<string>>
}

const nothing = (): Seen => ({
  sent: new Set(),
  received: [],
  deleted: new Set(),
  undead: [],
  messageIds: new Map(),
})

test('whatever the moment of kill -9: what was acknowledged comes at least once, what was deleted no more; FIFO groups keep their order and take nothing twice', async (t) => {
  const data = await dataFolder(t)
  const [standard, fifo] = [nothing(), nothing()]
  const counters = new Map<string, number>()
  for (let kill = 0; kill < KILLS; kill++) {
    const daemon = await startDaemon(t, data)
    const sqs = clientOf(daemon)
    await createQueues(sqs)
    const work = Promise.allSettled([
      produce(sqs, standard),
      produce(sqs, standard),
      consume(sqs, 'q', standard),
      ...GROUPS.map((group) => produceInOrder(sqs, group, counters, fifo)),
      consume(sqs, 'q.fifo', fifo),
    ])
    await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 500))
    await daemon.kill()
    await work
    sqs.destroy()
  }

  const daemon = await startDaemon(t, data)
  const sqs = clientOf(daemon)
  await Promise.all([drain(sqs, 'q', standard), drain(sqs, 'q.fifo', fifo)])
  sqs.destroy()
  await daemon.stop()

  for (const { sent, received, undead } of [standard, fifo]) {
    assert.deepEqual(undead, [])
    assert(sent.size > 20, `only ${sent.size} were acknowledged: the test proves nothing`)
    const lost = [...sent].filter((id) => !received.includes(id))
    assert.deepEqual(lost, [])
  }
  const twice = [...fifo.messageIds].filter(([, ids]) => ids.size > 1)
  assert.deepEqual(twice, [])
  for (const group of GROUPS) {
    const numbers = fifo.received.filter((id) => id.startsWith(group)).map((id) => Number(id.slice(1)))
    const firsts = numbers.filter((number, index) => numbers.indexOf(number) === index)
    assert.deepEqual(
      firsts,
      firsts.toSorted((one, other) => one - other),
      `the order of group ${group}`,
    )
  }
})

function clientOf({ url }: Daemon): SQSClient {
  return new SQSClient({ endpoint: url, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 })
}

async function createQueues(sqs: SQSClient): Promise<void> {
  const VisibilityTimeout = '1'
  await sqs.send(new CreateQueueCommand({ QueueName: 'q', Attributes: { VisibilityTimeout } }))
  const Attributes = { VisibilityTimeout, FifoQueue: 'true', ContentBasedDeduplication: 'true' }
  await sqs.send(new CreateQueueCommand({ QueueName: 'q.fifo', Attributes }))
}

let messages = 0

/** Until the daemon is gone, as all of these. */
async function produce(sqs: SQSClient, { sent }: Seen, pauseMs = 0): Promise<void> {
  for (;;) {
    const Entries = Array.from({ length: 5 }, (_, n) => ({ Id: `${n}`, MessageBody: `m${++messages}` }))
    const { Successful = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: 'q', Entries }))
    for (const { Id } of Successful) sent.add(Entries[Number(Id)]?.MessageBody ?? '')
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/**
 * Numbers in their order. What was not acknowledged is sent again, as clients do: deduplication keeps it from being
 * there twice. A number is given up only when the daemon is gone, and sent again to the next one.
 */
async function produceInOrder(
  sqs: SQSClient,
  MessageGroupId: string,
  counters: Map<string, number>,
  { sent }: Seen,
): Promise<void> {
  for (;;) {
    const number = counters.get(MessageGroupId) ?? 0
    const MessageBody = `${MessageGroupId}${number}`
    await sqs.send(new SendMessageCommand({ QueueUrl: 'q.fifo', MessageBody, MessageGroupId }))
    sent.add(MessageBody)
    counters.set(MessageGroupId, number + 1)
  }
}

async function consume(sqs: SQSClient, QueueUrl: string, seen: Seen): Promise<void> {
  while ((await receiveSome(sqs, QueueUrl, seen, 1)) >= 0);
}

/** Until nothing comes for longer than messages are hidden. */
async function drain(sqs: SQSClient, QueueUrl: string, seen: Seen): Promise<void> {
  while ((await receiveSome(sqs, QueueUrl, seen, 2)) > 0);
}

async function receiveSome(
  sqs: SQSClient,
  QueueUrl: string,
  seen: Seen,
  WaitTimeSeconds: number,
): Promise<number> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds }),
  )
  for (const { Body = '', MessageId = '' } of Messages) {
    if (seen.deleted.has(Body)) seen.undead.push(Body)
    seen.received.push(Body)
    seen.messageIds.set(Body, (seen.messageIds.get(Body) ?? new Set()).add(MessageId))
  }
  if (Messages.length === 0) return 0
  const Entries = Messages.map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle }))
  const { Successful = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
  for (const { Id } of Successful) seen.deleted.add(Messages[Number(Id)]?.Body ?? '')
  return Messages.length
}

const RELAY = `import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false })
const send = ({ body }) => sqs.send(new SendMessageCommand({ QueueUrl: 'out', MessageBody: body }))
export const handler = async ({ Records }) => {
  await Promise.all(Records.map(send))
}`

test('a function that queues feed has every acknowledged message at least once, and goes on at once after kill -9', async (t) => {
  const data = await dataFolder(t)
  const sent = new Set<string>()
  for (let kill = 0; kill < KILLS; kill++) {
    const daemon = await startDaemon(t, data)
    const sqs = clientOf(daemon)
    if (kill === 0) await relay(daemon, sqs)
    const work = produce(sqs, { ...nothing(), sent }, 40).catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 600 + Math.random() * 500))
    await daemon.kill()
    await work
    sqs.destroy()
  }

  const daemon = await startDaemon(t, data)
  const sqs = clientOf(daemon)
  const out = nothing()
  const until = Date.now() + 40_000
  while (Date.now() < until && [...sent].some((id) => !out.deleted.has(id)))
    await receiveSome(sqs, 'out', out, 1)
  sqs.destroy()
  await daemon.stop()
  assert(sent.size > 20, `only ${sent.size} were acknowledged: the test proves nothing`)
  assert.deepEqual(
    [...sent].filter((id) => !out.deleted.has(id)),
    [],
  )
})

/** Queue `q` feeds a function that sends to queue `out`. */
async function relay({ url }: Daemon, sqs: SQSClient): Promise<void> {
  const lambda = new LambdaClient({ endpoint: url, region: 'us-east-1', credentials: CREDENTIALS })
  const Attributes = { VisibilityTimeout: '3' }
  for (const QueueName of ['q', 'out']) await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'relay',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: ROLE,
      Code: { ZipFile: await zipOf({ 'index.mjs': RELAY }) },
    }),
  )
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 1 },
    { FunctionName: 'relay' },
  )
  const EventSourceArn = 'arn:aws:sqs:us-east-1:000000000000:q'
  await lambda.send(new CreateEventSourceMappingCommand({ FunctionName: 'relay', EventSourceArn }))
  lambda.destroy()
}
