import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  paginateListFunctions,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda'
import { type Daemon, dataFolder, startDaemon } from './support/daemon.ts'
import { CREDENTIALS, ROLE } from './support/platform.ts'
import { zipOf } from './support/zip.ts'

/** `LAMBDAD_LONG=1 npm test` kills more often. */
const KILLS = process.env.LAMBDAD_LONG ? 50 : 4
const MARK = 'lambdad-crash-test-sleeper'

describe('after kill -9', () => {
  test('what was acknowledged is there, and what was not is whole or absent', async (t) => {
    const data = await dataFolder(t)
    const acknowledged = new Set<string>()
    for (let kill = 0; kill < KILLS; kill++) {
      const daemon = await startDaemon(t, data)
      const lambda = clientOf(daemon)
      const writing = createMany(lambda, `k${kill}-`, acknowledged)
      await new Promise((resolve) => setTimeout(resolve, 80 + Math.random() * 250))
      await daemon.kill()
      await writing
      lambda.destroy()
    }

    const daemon = await startDaemon(t, data)
    const lambda = clientOf(daemon)
    const found = new Set<string>()
    for await (const { Functions = [] } of paginateListFunctions({ client: lambda }, {})) {
      for (const { FunctionName = '' } of Functions) found.add(FunctionName)
    }
    assert(acknowledged.size > 0, 'nothing was acknowledged: the test proves nothing')
    assert.deepEqual(
      [...acknowledged].filter((name) => !found.has(name)),
      [],
    )
    for (const name of found) await assertWhole(lambda, name)
    lambda.destroy()
    await daemon.stop()
  })

  test("the old process's environments are ended, and the function runs again", async (t) => {
    const data = await dataFolder(t)
    const first = await startDaemon(t, data)
    const lambda = clientOf(first)
    const source = `import subprocess, time
child = None
def handler(event, context):
    global child
    if child is None:
        child = subprocess.Popen(["sleep", "1234.5678"])
    if event.get("wait"):
        time.sleep(600)
    return "ran"
`
    await create(lambda, MARK, { 'index.py': source }, 'python3.11')
    assert.equal(await invoke(lambda, MARK), '"ran"')
    const hanging = invoke(lambda, MARK, { wait: true }).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert((await sleepers()).length > 0, 'no environment was running')
    await first.kill()
    await hanging
    lambda.destroy()

    const second = await startDaemon(t, data)
    const again = clientOf(second)
    assert.equal(await invoke(again, MARK), '"ran"')
    assert.equal((await sleepers()).length, 1)
    again.destroy()
    await second.stop()
    assert.deepEqual(await sleepers(), [])
  })
})

function clientOf({ url }: Daemon): LambdaClient {
  return new LambdaClient({ endpoint: url, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 })
}

/** Makes functions until the daemon is gone. */
async function createMany(lambda: LambdaClient, prefix: string, acknowledged: Set<string>): Promise<void> {
  const one = async (worker: number) => {
    for (let n = 0; ; n++) {
      const name = `${prefix}${worker}-${n}`
      await create(lambda, name, { 'index.mjs': `export const handler = async () => "${name}"` })
      acknowledged.add(name)
    }
  }
  await Promise.allSettled([0, 1, 2, 3].map(one))
}

/** Its code is there, and it runs. */
async function assertWhole(lambda: LambdaClient, name: string): Promise<void> {
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 5, minDelay: 0.05, maxDelay: 1 },
    { FunctionName: name },
  )
  const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName: name }))
  const code = await fetch(Code?.Location ?? '')
  assert.equal(code.status, 200)
  assert.equal(
    Buffer.from(await code.arrayBuffer())
      .subarray(0, 2)
      .toString(),
    'PK',
  )
}

async function create(
  lambda: LambdaClient,
  FunctionName: string,
  files: Record<string, string>,
  Runtime: 'nodejs24.x' | 'python3.11' = 'nodejs24.x',
): Promise<void> {
  const ZipFile = await zipOf(files)
  const Code = { ZipFile }
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime,
      Handler: 'index.handler',
      Timeout: 900,
      Role: ROLE,
      Code,
    }),
  )
}

async function invoke(lambda: LambdaClient, FunctionName: string, event: object = {}): Promise<string> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }))
  return Buffer.from(Payload ?? []).toString('utf8')
}

/** Processes that the test's function has started. */
async function sleepers(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  )
  return commands.filter((command) => command === 'sleep\u00001234.5678\u0000')
}
