import type { Figure } from './figure.ts'
import { Connection } from './support/connection.ts'
import { processorMs, type Server, startLambdad } from './support/processes.ts'
import { median } from './support/statistics.ts'

// What topics promise: messages a second that are durable when they are acknowledged, to one queue and to a hundred,
// and how soon a queue has one.

const CONNECTIONS = 64
const RUN_MS = 4000
const ACCOUNT = '000000000000'

export async function sns(): Promise<Figure[]> {
  const one = await withLambdad((server) => fanOut(server, 1))
  const hundred = await withLambdad((server) => fanOut(server, 100))
  return [...one, ...hundred]
}

async function withLambdad<Result>(run: (server: Server) => Promise<Result>): Promise<Result> {
  const lambdad = await startLambdad()
  try {
    return await run(lambdad)
  } finally {
    await lambdad.stop()
  }
}

function ask(service: 'sns' | 'sqs', form: Readonly<Record<string, string>>): Buffer {
  const version = service === 'sns' ? '2010-03-31' : '2012-11-05'
  const body = new URLSearchParams({ Version: version, ...form }).toString()
  const scope = `Credential=${ACCOUNT}/20260101/us-east-1/${service}/aws4_request`
  return Buffer.from(
    `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0\r\n` +
      `content-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
}

async function fanOut({ port, child }: Server, queues: number): Promise<Figure[]> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(port)))
  try {
    const [first] = connections
    if (first === undefined) return []
    const TopicArn = `arn:aws:sns:us-east-1:${ACCOUNT}:t`
    await first.send(ask('sns', { Action: 'CreateTopic', Name: 't' }))
    for (let index = 0; index < queues; index++) await subscribeQueue(first, TopicArn, `q${index}`)
    const publish = ask('sns', { Action: 'Publish', TopicArn, Message: 'x'.repeat(200) })
    await first.send(publish)
    const before = await arrived(first, queues)
    const used = await processorMs(child.pid)
    const begun = performance.now()
    let count = 0
    const latencies: number[] = []
    const loop = async (connection: Connection) => {
      while (performance.now() - begun < RUN_MS) {
        const sent = performance.now()
        await connection.send(publish)
        latencies.push(performance.now() - sent)
        count++
      }
    }
    await Promise.all(connections.map(loop))
    const seconds = (performance.now() - begun) / 1000
    // What is acknowledged is delivered afterwards: both are what a message costs.
    while ((await arrived(first, queues)) < before + count * queues) await rest()
    const whole = (performance.now() - begun) / 1000
    const cost = ((await processorMs(child.pid)) - used) / count
    const to = queues === 1 ? 'one queue' : `${queues} queues`
    return [
      {
        what: `Publish to ${to}, ${CONNECTIONS} connections`,
        value: count / seconds,
        limit: { atLeast: queues === 1 ? 1000 : 20 },
        unit: '/s',
        detail: `p50 ${median(latencies).toFixed(1)} ms; ${Math.round((count * queues) / whole)} deliveries/s to the last of them; ${cost.toFixed(2)} ms of processor a message`,
      },
    ]
  } finally {
    for (const connection of connections) connection.close()
  }
}

async function subscribeQueue(connection: Connection, TopicArn: string, name: string): Promise<void> {
  const Endpoint = `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`
  const Statement = [{ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: Endpoint }]
  const policy = JSON.stringify({ Version: '2012-10-17', Statement })
  const attribute = { 'Attribute.1.Name': 'Policy', 'Attribute.1.Value': policy }
  await connection.send(ask('sqs', { Action: 'CreateQueue', QueueName: name, ...attribute }))
  await connection.send(ask('sns', { Action: 'Subscribe', TopicArn, Protocol: 'sqs', Endpoint }))
}

/** Messages in all queues together. */
async function arrived(connection: Connection, queues: number): Promise<number> {
  let sum = 0
  for (let index = 0; index < queues; index++) {
    const QueueUrl = `http://127.0.0.1/${ACCOUNT}/q${index}`
    const counts = {
      Action: 'GetQueueAttributes',
      QueueUrl,
      'AttributeName.1': 'ApproximateNumberOfMessages',
    }
    const answer = await connection.send(ask('sqs', counts))
    sum += Number(/<Value>(\d+)<\/Value>/.exec(answer)?.[1])
  }
  return sum
}

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}
