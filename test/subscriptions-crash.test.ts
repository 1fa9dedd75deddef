import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CloudWatchLogs, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs'
import { AddPermissionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { type Daemon, dataFolder, startDaemon } from './support/daemon.ts'
import { waitForLines } from './support/lines.ts'
import { CREDENTIALS, createFunction } from './support/platform.ts'

/** `LAMBDAD_LONG=1 npm test` kills more often. */
const KILLS = process.env.LAMBDAD_LONG ? 40 : 4
const WRITERS = 4
const CALLERS = 2
const PATIENCE_MS = 120_000
const GROUPS = ['/app', '/aws/lambda/worker']

const WATCHER = `import { appendFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
export const handler = async ({ awslogs }) => {
  const { logEvents } = JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')))
  appendFileSync(process.env.FILE, logEvents.map(({ id, message }) => id + ' ' + message.trim() + '\\n').join(''))
}`
const WORKER = 'export const handler = async ({ id }) => console.log("worked on", id)'

interface Clients {
  readonly logs: CloudWatchLogs
  readonly lambda: LambdaClient
}

test('after kill -9 every log event that is kept, as all acknowledged ones are, reaches the subscriber', async (t) => {
  const data = await dataFolder(t)
  const file = path.join(data, 'seen')
  // As plain processes, functions can write where the test can read.
  const start = () => startDaemon(t, data, '--sandbox', 'process', '--network', 'shared')
  const acknowledged: string[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const daemon = await start()
    const clients = clientsOf(daemon)
    if (kill === 0) await subscribe(clients, file)
    const worked = Promise.withResolvers<void>()
    const writing = writeUntilKilled(clients, `${kill}`, acknowledged, () => worked.resolve())
    // What a function writes is kept a moment after it has answered.
    if (kill === 0) await worked.promise.then(() => sleep(1000))
    const enough = acknowledged.length + 20 + Math.random() * 100
    const givesUpAt = Date.now() + PATIENCE_MS
    while (acknowledged.length < enough && Date.now() < givesUpAt) await sleep(5)
    await daemon.kill()
    await writing
    for (const client of Object.values(clients)) client.destroy()
  }
  assert(acknowledged.length > KILLS, `${acknowledged.length} were acknowledged: the test proves nothing`)

  const daemon = await start()
  const clients = clientsOf(daemon)
  const kept = await keptEvents(clients)
  const messages = new Set(kept.map(({ message }) => message))
  assert.deepEqual(
    acknowledged.filter((message) => !messages.has(message)),
    [],
  )
  assert.ok(kept.some(({ message }) => message.includes('worked on')))
  const { missing, seen } = await waitForLines(
    file,
    kept.map(({ id, message }) => `${id} ${message}`),
    PATIENCE_MS,
  )
  assert.deepEqual(missing, [])
  const again = seen.length - new Set(seen).size
  t.diagnostic(
    `${KILLS} kills, ${acknowledged.length} acknowledged, ${kept.length} kept, ${again} more than once`,
  )
  for (const client of Object.values(clients)) client.destroy()
  await daemon.stop()
})

function clientsOf({ url }: Daemon): Clients {
  const client = { endpoint: url, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 }
  return { logs: new CloudWatchLogs(client), lambda: new LambdaClient(client) }
}

async function subscribe({ logs, lambda }: Clients, FILE: string): Promise<void> {
  const Environment = { Variables: { FILE } }
  await createFunction(lambda, { 'index.mjs': WATCHER }, { name: 'watcher', Environment, Timeout: 60 })
  await createFunction(lambda, { 'index.mjs': WORKER }, { name: 'worker' })
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: 'watcher',
      StatementId: 'logs',
      Action: 'lambda:InvokeFunction',
      Principal: 'logs.amazonaws.com',
    }),
  )
  const destinationArn = 'arn:aws:lambda:us-east-1:000000000000:function:watcher'
  for (const logGroupName of GROUPS) {
    await logs.createLogGroup({ logGroupName })
    await logs.putSubscriptionFilter({ logGroupName, filterName: 'f', filterPattern: '', destinationArn })
  }
  for (let writer = 0; writer < WRITERS; writer++)
    await logs.createLogStream({ logGroupName: '/app', logStreamName: `${writer}` })
}

async function writeUntilKilled(
  { logs, lambda }: Clients,
  prefix: string,
  acknowledged: string[],
  worked: () => void,
): Promise<void> {
  const write = async (writer: number) => {
    for (let n = 0; ; n++) {
      const messages = ['a', 'b', 'c'].map((part) => `${prefix}-${writer}-${n}${part}`)
      const logEvents = messages.map((message) => ({ timestamp: Date.now(), message }))
      await logs.putLogEvents({ logGroupName: '/app', logStreamName: `${writer}`, logEvents })
      acknowledged.push(...messages)
    }
  }
  const call = async (caller: number) => {
    for (let n = 0; ; n++) {
      const Payload = JSON.stringify({ id: `${prefix}-${caller}-${n}` })
      await lambda.send(new InvokeCommand({ FunctionName: 'worker', Payload }))
      worked()
    }
  }
  await Promise.allSettled([
    ...Array.from({ length: WRITERS }, (_, writer) => write(writer)),
    ...Array.from({ length: CALLERS }, (_, caller) => call(caller)),
  ])
}

async function keptEvents({ logs }: Clients): Promise<{ id: string; message: string }[]> {
  const kept: { id: string; message: string }[] = []
  for (const logGroupName of GROUPS)
    for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, { logGroupName }))
      for (const { eventId = '', message = '' } of events) kept.push({ id: eventId, message: message.trim() })
  return kept
}
