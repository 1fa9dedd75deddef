import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  GetEventSourceMappingCommand,
  UpdateEventSourceMappingCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda'
import { zipOf } from '../test/support/zip.ts'
import type { Figure } from './figure.ts'
import { Connection } from './support/connection.ts'
import { clientOf } from './support/functions.ts'
import { processorMs, type Server, startLambdad } from './support/processes.ts'
import { median, quantile } from './support/statistics.ts'

// What queues promise: messages a second, latencies beside a million messages, and how soon a function has one.

const CONNECTIONS = 64
const RUN_MS = 4000
const BODY = 'x'.repeat(200)
const MANY = Number(process.env.MANY ?? 1_000_000)
const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0'

interface Message {
  readonly ReceiptHandle: string
  readonly Body: string
}

export async function sqs(): Promise<Figure[]> {
  const lambdad = await startLambdad()
  try {
    return [
      ...(await rates(lambdad)),
      await wakeUp(lambdad),
      await manyMessages(lambdad),
      ...(await functions(lambdad)),
    ]
  } finally {
    await lambdad.stop()
  }
}

function ask(operation: string, input: object): Buffer {
  const body = JSON.stringify(input)
  return Buffer.from(
    `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${AUTHORIZATION}\r\nx-amz-target: AmazonSQS.${operation}\r\n` +
      `content-type: application/x-amz-json-1.0\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

async function createQueue(connection: Connection, QueueName: string, Attributes = {}): Promise<string> {
  return JSON.parse(await connection.send(ask('CreateQueue', { QueueName, Attributes }))).QueueUrl
}

async function withConnections<Result>(
  { port }: Server,
  count: number,
  run: (connections: Connection[]) => Promise<Result>,
): Promise<Result> {
  const connections = await Promise.all(Array.from({ length: count }, () => Connection.open(port)))
  try {
    return await run(connections)
  } finally {
    for (const connection of connections) connection.close()
  }
}

async function rates(server: Server): Promise<Figure[]> {
  return withConnections(server, CONNECTIONS, async (connections) => {
    const [first] = connections
    if (first === undefined) return []
    const QueueUrl = await createQueue(first, 'rates')
    const request = ask('SendMessage', { QueueUrl, MessageBody: BODY })
    const send = async (connection: Connection) => {
      await connection.send(request)
      return 1
    }
    await perSecond(server, connections, RUN_MS / 4, send)
    const sent = await perSecond(server, connections, RUN_MS, send)
    const take = (max: number) =>
      perSecond(server, connections, RUN_MS, (connection) => receiveAndDelete(connection, QueueUrl, max))
    const [one, ten] = [await take(1), await take(10)]
    const what = `${CONNECTIONS} connections`
    const unit = '/s'
    return [
      { what: `SendMessage, ${what}`, ...sent, limit: { atLeast: 5000 }, unit },
      {
        what: `messages received and deleted, ten at a time, ${what}`,
        ...ten,
        limit: { atLeast: 5000 },
        unit,
      },
      // Two requests each.
      { what: `messages received and deleted one by one, ${what}`, ...one, limit: { atLeast: 2500 }, unit },
    ]
  })
}

/** How many a second, until `ms` are over or there are no more; and what one costs the daemon. */
async function perSecond(
  { child }: Server,
  connections: readonly Connection[],
  ms: number,
  run: (connection: Connection) => Promise<number>,
): Promise<Pick<Figure, 'value' | 'detail'>> {
  const used = await processorMs(child.pid)
  const begun = performance.now()
  let count = 0
  const loop = async (connection: Connection) => {
    while (performance.now() - begun < ms) {
      const done = await run(connection)
      if (done === 0) return
      count += done
    }
  }
  await Promise.all(connections.map(loop))
  const took = performance.now() - begun
  const cost = ((await processorMs(child.pid)) - used) / count
  return {
    value: (1000 * count) / took,
    detail: `${Math.round(1000 * cost)} µs of the daemon's processor time each`,
  }
}

async function receive(connection: Connection, QueueUrl: string, max: number, wait = 0): Promise<Message[]> {
  const input = { QueueUrl, MaxNumberOfMessages: max, WaitTimeSeconds: wait }
  return JSON.parse(await connection.send(ask('ReceiveMessage', input))).Messages ?? []
}

async function receiveAndDelete(connection: Connection, QueueUrl: string, max: number): Promise<number> {
  const messages = await receive(connection, QueueUrl, max)
  if (messages.length === 0) return 0
  const [{ ReceiptHandle = '' } = {}] = messages
  const Entries = messages.map((message, index) => ({ Id: `${index}`, ReceiptHandle: message.ReceiptHandle }))
  const input = max === 1 ? { QueueUrl, ReceiptHandle } : { QueueUrl, Entries }
  await connection.send(ask(max === 1 ? 'DeleteMessage' : 'DeleteMessageBatch', input))
  return messages.length
}

/** From the sender's request to the long poll's answer. */
async function wakeUp(server: Server): Promise<Figure> {
  return withConnections(server, 2, async ([sender, receiver]) => {
    const latencies: number[] = []
    if (sender === undefined || receiver === undefined) throw new Error('no connection')
    const QueueUrl = await createQueue(sender, 'wake')
    for (let n = 0; n < 200; n++) {
      const waiting = receive(receiver, QueueUrl, 10, 20)
      await new Promise((resolve) => setTimeout(resolve, 10))
      const begun = performance.now()
      await Promise.all([sender.send(ask('SendMessage', { QueueUrl, MessageBody: BODY })), waiting])
      latencies.push(performance.now() - begun)
    }
    return {
      what: 'long poll, from SendMessage to its answer, p50',
      value: median(latencies),
      limit: { atMost: 5 },
      unit: 'ms',
      detail: `p99 ${quantile(latencies, 0.99).toFixed(2)} ms`,
    }
  })
}

/** The slowest of send, receive, delete and counts beside a million messages, against the same beside none. */
async function manyMessages(server: Server): Promise<Figure> {
  return withConnections(server, CONNECTIONS, async (connections) => {
    const [first] = connections
    if (first === undefined) throw new Error('no connection')
    const QueueUrl = await createQueue(first, 'many')
    const before = await latenciesOf(first, QueueUrl)
    const Entries = Array.from({ length: 10 }, (_, n) => ({ Id: `${n}`, MessageBody: BODY }))
    const fill = ask('SendMessageBatch', { QueueUrl, Entries })
    let left = MANY / 10
    const begun = performance.now()
    await Promise.all(
      connections.map(async (connection) => {
        while (left-- > 0) await connection.send(fill)
      }),
    )
    const filled = MANY / ((performance.now() - begun) / 1000)
    const after = await latenciesOf(first, QueueUrl)
    const ratios = Object.entries(after).map(([name, ms]) => ms / (before[name] ?? ms))
    const shown = Object.entries(after).map(
      ([name, ms]) => `${name} ${before[name]?.toFixed(2)} → ${ms.toFixed(2)} ms`,
    )
    return {
      what: `latency beside ${MANY} messages, p50 of the operation that suffers most`,
      value: Math.max(...ratios),
      limit: { atMost: 2 },
      unit: '×',
      detail: `${shown.join(', ')}; filled with ${Math.round(filled)}/s in batches of ten`,
    }
  })
}

async function latenciesOf(connection: Connection, QueueUrl: string): Promise<Record<string, number>> {
  const samples: Record<string, number[]> = { send: [], receive: [], delete: [], counts: [] }
  const timed = async <Result>(name: string, run: () => Promise<Result>): Promise<Result> => {
    const begun = performance.now()
    const result = await run()
    samples[name]?.push(performance.now() - begun)
    return result
  }
  const counts = ask('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })
  for (let n = 0; n < 300; n++) {
    await timed('send', () => connection.send(ask('SendMessage', { QueueUrl, MessageBody: BODY })))
    const [message] = await timed('receive', () => receive(connection, QueueUrl, 1))
    const input = { QueueUrl, ReceiptHandle: message?.ReceiptHandle }
    await timed('delete', () => connection.send(ask('DeleteMessage', input)))
    await timed('counts', () => connection.send(counts))
  }
  return Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, median(list)]))
}

const HANDLER = `export const handler = async ({ Records }) => {
  const now = performance.timeOrigin + performance.now()
  for (const { body } of Records) if (body[0] !== 'x') console.log('late ' + (now - Number(body)).toFixed(3))
}`

async function functions(server: Server): Promise<Figure[]> {
  const lambda = clientOf(server.port)
  const FunctionName = 'late'
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      MemorySize: 1769,
      Role: 'arn:aws:iam::000000000000:role/bench',
      Code: { ZipFile: await zipOf({ 'index.mjs': HANDLER }) },
    }),
  )
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 1 },
    { FunctionName },
  )
  return withConnections(server, 16, async (connections) => {
    const [first] = connections
    if (first === undefined) return []
    const QueueUrl = await createQueue(first, 'mapped')
    const EventSourceArn = 'arn:aws:sqs:us-east-1:000000000000:mapped'
    const { UUID } = await lambda.send(new CreateEventSourceMappingCommand({ FunctionName, EventSourceArn }))
    const state = async (wanted: string) => {
      while ((await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State !== wanted);
    }
    await state('Enabled')
    for (let n = 0; n < 220; n++) {
      const MessageBody = `${performance.timeOrigin + performance.now()}`
      await first.send(ask('SendMessage', { QueueUrl, MessageBody }))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const late = await lateness(server)

    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }))
    await state('Disabled')
    const Entries = Array.from({ length: 10 }, (_, n) => ({ Id: `${n}`, MessageBody: BODY }))
    let left = 1000
    const fill = ask('SendMessageBatch', { QueueUrl, Entries })
    await Promise.all(
      connections.map(async (connection) => {
        while (left-- > 0) await connection.send(fill)
      }),
    )
    const begun = performance.now()
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }))
    const counts = ask('GetQueueAttributes', {
      QueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    })
    for (;;) {
      const { Attributes } = JSON.parse(await first.send(counts))
      if (
        Attributes.ApproximateNumberOfMessages === '0' &&
        Attributes.ApproximateNumberOfMessagesNotVisible === '0'
      )
        break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const drained = 10_000 / ((performance.now() - begun) / 1000)
    lambda.destroy()
    return [
      {
        what: 'from SendMessage to the start of the handler, warm, p50',
        value: median(late),
        limit: { atMost: 15 },
        unit: 'ms',
        detail: `p99 ${quantile(late, 0.99).toFixed(2)} ms of ${late.length}`,
      },
      {
        what: '10,000 messages through a function, ten a batch',
        value: drained,
        limit: { atLeast: 2000 },
        unit: '/s',
        detail: '',
      },
    ]
  })
}

/** What the handler wrote, without the first calls. */
async function lateness({ port }: Server): Promise<number[]> {
  const credentials = { accessKeyId: '000000000000', secretAccessKey: 'any' }
  const endpoint = `http://127.0.0.1:${port}`
  const logs = new CloudWatchLogsClient({
    endpoint,
    region: 'us-east-1',
    credentials,
    disableHostPrefix: true,
  })
  const { events = [] } = await logs.send(
    new FilterLogEventsCommand({ logGroupName: '/aws/lambda/late', filterPattern: 'late', limit: 10_000 }),
  )
  logs.destroy()
  return events.slice(20).map(({ message = '' }) => Number(/late ([\d.]+)/.exec(message)?.[1]))
}
