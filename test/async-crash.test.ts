import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionEventInvokeConfigCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda'
import { type Daemon, dataFolder, startDaemon } from './support/daemon.ts'
import { waitForLines } from './support/lines.ts'
import { CREDENTIALS, ROLE } from './support/platform.ts'
import { zipOf } from './support/zip.ts'

/** `LAMBDAD_LONG=1 npm test` kills more often. */
const KILLS = process.env.LAMBDAD_LONG ? 50 : 4
const SENDERS = 8
/** Every so many-th event fails, and goes to the destination. */
const FAILING = 7
const PATIENCE_MS = 120_000

const HANDLER = `import { appendFileSync } from 'node:fs'
export const handler = async ({ id, fails, requestPayload }) => {
  if (fails) throw new Error('no')
  appendFileSync(process.env.FILE, (requestPayload ? 'destination ' + requestPayload.id : 'handled ' + id) + '\\n')
}`

test('after kill -9 every acknowledged event is handled, or is at its destination', async (t) => {
  const data = await dataFolder(t)
  const file = path.join(data, 'seen')
  // As plain processes, functions can write where the test can read.
  const start = () => startDaemon(t, data, '--sandbox', 'process', '--network', 'shared')
  const acknowledged: { id: string; fails: boolean }[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const daemon = await start()
    const lambda = clientOf(daemon)
    if (kill === 0) await createFunctions(lambda, file)
    const sending = sendUntilKilled(lambda, `${kill}`, acknowledged)
    await sleep(100 + Math.random() * 500)
    await daemon.kill()
    await sending
    lambda.destroy()
  }
  assert(acknowledged.length > KILLS, `${acknowledged.length} were acknowledged: the test proves nothing`)

  const daemon = await start()
  const wanted = acknowledged.map(({ id, fails }) => `${fails ? 'destination' : 'handled'} ${id}`)
  const { missing, seen } = await waitForLines(file, wanted, PATIENCE_MS)
  assert.deepEqual(missing, [])
  t.diagnostic(
    `${KILLS} kills, ${acknowledged.length} acknowledged, ${seen.length - new Set(seen).size} more than once`,
  )
  await daemon.stop()
})

async function sendUntilKilled(
  lambda: LambdaClient,
  prefix: string,
  acknowledged: { id: string; fails: boolean }[],
): Promise<void> {
  const send = async (sender: number) => {
    for (let n = 0; ; n++) {
      const event = { id: `${prefix}-${sender}-${n}`, fails: n % FAILING === 0 }
      const Payload = JSON.stringify(event)
      const { StatusCode } = await lambda.send(
        new InvokeCommand({ FunctionName: 'f', InvocationType: 'Event', Payload }),
      )
      assert.equal(StatusCode, 202)
      acknowledged.push(event)
    }
  }
  await Promise.allSettled(Array.from({ length: SENDERS }, (_, sender) => send(sender)))
}

async function createFunctions(lambda: LambdaClient, FILE: string): Promise<void> {
  for (const FunctionName of ['f', 'destination']) {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: ROLE,
        Timeout: 60,
        Environment: { Variables: { FILE } },
        Code: { ZipFile: await zipOf({ 'index.mjs': HANDLER }) },
      }),
    )
    await waitUntilFunctionActiveV2(
      { client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 1 },
      { FunctionName },
    )
  }
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: 'f',
      MaximumRetryAttempts: 0,
      DestinationConfig: {
        OnFailure: { Destination: 'arn:aws:lambda:us-east-1:000000000000:function:destination' },
      },
    }),
  )
}

function clientOf({ url }: Daemon): LambdaClient {
  return new LambdaClient({ endpoint: url, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 })
}
