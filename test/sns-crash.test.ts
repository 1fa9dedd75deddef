import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateTopicCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { dataFolder, startDaemon } from './support/daemon.ts'
import { CREDENTIALS } from './support/platform.ts'

/** `LAMBDAD_LONG=1 npm test` kills more often. */
const KILLS = process.env.LAMBDAD_LONG ? 60 : 3
const GROUPS = ['a', 'b', 'c']
const ACCOUNT = '000000000000'

interface Published {
  /** Texts that were acknowledged, of the standard topic and of the FIFO topic. */
  readonly plain: Set<string>
  readonly ordered: Set<string>
}

test('whatever the moment of kill -9: what was acknowledged is delivered at least once; by FIFO topics in order, and once', async (t) => {
  const data = await dataFolder(t)
  const published: Published = { plain: new Set(), ordered: new Set() }
  const counters = new Map<string, number>()
  for (let kill = 0; kill < KILLS; kill++) {
    const daemon = await startDaemon(t, data)
    const clients = clientsOf(daemon.url)
    const topics = await subscribed(clients)
    const enough = Promise.withResolvers<void>()
    const left = { count: 10 + ((kill * 37) % 200) }
    const tell = () => {
      if (--left.count === 0) enough.resolve()
    }
    const publishers = [
      publish(clients.sns, topics.plain, published.plain, tell),
      publish(clients.sns, topics.plain, published.plain, tell),
      ...GROUPS.map((group) =>
        publishInOrder(clients.sns, topics.ordered, { group, counters }, published, tell),
      ),
    ]
    await enough.promise
    await daemon.kill()
    await Promise.all(publishers)
    for (const client of Object.values(clients)) client.destroy()
  }
  const daemon = await startDaemon(t, data)
  const { sns, sqs } = clientsOf(daemon.url)
  const plain = await drain(sqs, `${daemon.url}/${ACCOUNT}/q`, published.plain)
  assert.ok(published.plain.size > 0 && plain.length >= published.plain.size)
  const ordered = await drain(sqs, `${daemon.url}/${ACCOUNT}/q.fifo`, published.ordered)
  for (const group of GROUPS) {
    const numbers = ordered.filter((text) => text.startsWith(group)).map((text) => Number(text.slice(1)))
    assert.ok(numbers.length > 0)
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((one, other) => one - other),
      `the group ${group}`,
    )
  }
  t.diagnostic(
    `${KILLS} kills, ${published.plain.size} and ${published.ordered.size} messages acknowledged, ${plain.length} and ${ordered.length} received`,
  )
  sns.destroy()
  sqs.destroy()
  await daemon.stop()
})

function clientsOf(endpoint: string) {
  const client = { endpoint, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 }
  return { sns: new SNSClient(client), sqs: new SQSClient(client) }
}

/** Two topics with a queue each, made where they are missing. */
async function subscribed({ sns, sqs }: ReturnType<typeof clientsOf>) {
  const connect = async (topic: string, queue: string, kind: Record<string, string>) => {
    const Endpoint = `arn:aws:sqs:us-east-1:${ACCOUNT}:${queue}`
    const Statement = [{ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: Endpoint }]
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    const isFifo = queue.endsWith('.fifo')
    const Attributes = { Policy, ...(isFifo && { FifoQueue: 'true' }) }
    await sqs.send(new CreateQueueCommand({ QueueName: queue, Attributes }))
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: topic, Attributes: kind }))
    const raw = { RawMessageDelivery: 'true' }
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes: raw }))
    return TopicArn
  }
  const plain = await connect('t', 'q', {})
  return { plain, ordered: await connect('t.fifo', 'q.fifo', { FifoTopic: 'true' }) }
}

let batches = 0

/** Batches, until the daemon is gone: those that were not answered may be lost. */
async function publish(sns: SNSClient, TopicArn: string, acknowledged: Set<string>, tell: () => void) {
  for (;;) {
    const batch = batches++
    const entries = Array.from({ length: 5 }, (_, Id) => ({ Id: `${Id}`, Message: `${batch}-${Id}` }))
    try {
      await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }))
    } catch {
      return
    }
    for (const { Message } of entries) acknowledged.add(Message)
    tell()
  }
}

async function publishInOrder(
  sns: SNSClient,
  TopicArn: string,
  { group, counters }: { readonly group: string; readonly counters: Map<string, number> },
  { ordered }: Published,
  tell: () => void,
) {
  for (;;) {
    const number = (counters.get(group) ?? 0) + 1
    counters.set(group, number)
    const Message = `${group}${number}`
    const input = { TopicArn, Message, MessageGroupId: group, MessageDeduplicationId: Message }
    try {
      await sns.send(new PublishCommand(input))
    } catch {
      return
    }
    ordered.add(Message)
    tell()
  }
}

/** All that a queue has and gets, in the order in which it comes, until nothing that was acknowledged is missing. */
async function drain(sqs: SQSClient, QueueUrl: string, acknowledged: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = []
  for (const missing = new Set(acknowledged); missing.size > 0; ) {
    const request = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 10 }
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(request))
    assert.ok(Messages.length > 0, `${missing.size} acknowledged messages never came`)
    for (const { Body = '' } of Messages) {
      found.push(Body)
      missing.delete(Body)
    }
    const Entries = Messages.map(({ ReceiptHandle }, Id) => ({ Id: `${Id}`, ReceiptHandle }))
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
  }
  return found
}
