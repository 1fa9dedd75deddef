import type { Figure } from './figure.ts'
import { Connection } from './support/connection.ts'
import { startLambdad } from './support/processes.ts'

const RULES = 1000
const CONNECTIONS = 32
const ENTRIES = 10
const RUN_MS = 4000
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:bench'

/** Events put on a bus with many rules, each event for one of them, which sends it to a queue. */
export async function eventbridge(): Promise<Figure[]> {
  const lambdad = await startLambdad()
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => Connection.open(lambdad.port)),
  )
  try {
    const [first] = connections
    if (first === undefined) return []
    await first.send(ask('sqs', 'CreateQueue', { QueueName: 'bench', Attributes: { Policy: POLICY } }))
    for (let rule = 0; rule < RULES; rule++) await makeRule(first, rule)
    return [await rate(connections)]
  } finally {
    for (const connection of connections) connection.close()
    await lambdad.stop()
  }
}

async function makeRule(connection: Connection, rule: number): Promise<void> {
  const EventPattern = JSON.stringify({ source: ['shop'], detail: { customer: [`customer-${rule}`] } })
  await connection.send(ask('events', 'PutRule', { Name: `r${rule}`, EventPattern }))
  const Targets = [{ Id: '1', Arn: QUEUE }]
  await connection.send(ask('events', 'PutTargets', { Rule: `r${rule}`, Targets }))
}

async function rate(connections: readonly Connection[]): Promise<Figure> {
  let next = 0
  let entries = 0
  const begun = performance.now()
  const until = begun + RUN_MS
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() < until) {
        const Entries = Array.from({ length: ENTRIES }, () => ({
          Source: 'shop',
          DetailType: 'order',
          Detail: JSON.stringify({ customer: `customer-${next++ % RULES}`, total: 17 }),
        }))
        const answer = JSON.parse(await connection.send(ask('events', 'PutEvents', { Entries })))
        if (answer.FailedEntryCount !== 0) throw new Error(`entries failed: ${JSON.stringify(answer)}`)
        entries += ENTRIES
      }
    }),
  )
  const perSecond = entries / ((performance.now() - begun) / 1000)
  return {
    what: `entries of PutEvents on a bus with ${RULES} rules, each for one of them and delivered to a queue`,
    value: perSecond,
    limit: { atLeast: 2000 },
    unit: '/s',
    detail: `${CONNECTIONS} connections, ${ENTRIES} entries a call`,
  }
}

const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: QUEUE,
    },
  ],
})

const SERVICES = {
  sqs: { target: 'AmazonSQS', type: 'application/x-amz-json-1.0' },
  events: { target: 'AWSEvents', type: 'application/x-amz-json-1.1' },
} as const

function ask(service: keyof typeof SERVICES, operation: string, input: object): Buffer {
  const body = JSON.stringify(input)
  const { target, type } = SERVICES[service]
  const authorization = `AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`
  return Buffer.from(
    `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${authorization}\r\nx-amz-target: ${target}.${operation}\r\n` +
      `content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
