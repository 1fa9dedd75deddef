import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  InvokeCommand,
  PutFunctionScalingConfigCommand,
  TooManyRequestsException,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { createManaged, eventually, publishLatest } from './support/managed.ts'
import { type Platform, platform } from './support/platform.ts'
import { zipOf } from './support/zip.ts'

const NODE = {
  Runtime: 'nodejs24.x',
  files: {
    'index.mjs': `let running = 0
      export const handler = async (event) => {
        const type = process.env.AWS_LAMBDA_INITIALIZATION_TYPE
        running++
        console.log('here')
        await new Promise((resolve) => setTimeout(resolve, event.ms ?? 0))
        return { most: running--, type, concurrency: process.env.AWS_LAMBDA_MAX_CONCURRENCY }
      }`,
  },
} as const
const PYTHON = {
  Runtime: 'python3.11',
  files: {
    'index.py': `import os, time
def handler(event, context):
    time.sleep(event.get("ms", 0) / 1000)
    return {"type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], "concurrency": os.environ["AWS_LAMBDA_MAX_CONCURRENCY"]}`,
  },
} as const

// AWS Lambda Developer Guide, "Lambda managed instances".
describe('a function on managed instances', () => {
  for (const wanted of [NODE, PYTHON])
    test(`takes several invocations at once in one environment, and refuses more (${wanted.Runtime})`, async (t) => {
      const { lambda, invoke, name } = await managed(t, wanted, 4)
      const first = await invoke(name, {})
      assert.equal(first.executedVersion, '$LATEST.PUBLISHED')
      assert.equal(first.payload.type, 'lambda-managed-instances')
      assert.equal(first.payload.concurrency, '4')
      await one(lambda, name)
      const begun = performance.now()
      const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(() => invoke(name, { ms: 600 })))
      assert.ok(performance.now() - begun < 1800)
      const refused = outcomes.filter(({ status }) => status === 'rejected')
      assert.equal(refused.length, 1)
      const { reason } = refused[0] as PromiseRejectedResult
      assert(reason instanceof TooManyRequestsException)
      assert.equal(reason.Reason, 'ConcurrentInvocationLimitExceeded')
    })

  test('logs in JSON, each line with its invocation', async (t) => {
    const { logs, invoke, name } = await managed(t, NODE, 2)
    const [a, b] = await Promise.all([invoke(name, { ms: 50 }), invoke(name, { ms: 50 })])
    await eventually(async () => {
      const { events = [] } = await logs.send(
        new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: 'here' }),
      )
      const ids = events.map(({ message = '' }) => JSON.parse(message).requestId)
      assert.deepEqual(ids.sort(), [a?.requestId, b?.requestId].sort())
    })
  })

  test('runs what was published last, once it is published', async (t) => {
    const { lambda, invoke, name } = await managed(t, NODE, 2)
    const ZipFile = await zipOf({ 'index.mjs': 'export const handler = async () => "new"' })
    await eventually(() => lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile })))
    assert.equal((await invoke(name, {})).payload.concurrency, '2')
    await publishLatest(lambda, name)
    await eventually(async () => assert.equal((await invoke(name, {})).payload, 'new'))
  })

  test('that cannot be initialised says so to who invokes it', async (t) => {
    const broken = { Runtime: 'nodejs24.x', files: { 'index.mjs': 'throw new Error("no")' } } as const
    const { lambda, name } = await managed(t, broken, 2)
    await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: name })), {
      name: 'ResourceNotReadyException',
    })
  })

  test('has no log tail', async (t) => {
    const { lambda, name } = await managed(t, NODE, 1)
    await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: name, LogType: 'Tail' })), {
      name: 'InvalidParameterValueException',
    })
  })
})

interface Wanted {
  readonly Runtime: 'nodejs24.x' | 'python3.11'
  readonly files: Readonly<Record<string, string>>
}

/** A function on a provider, published as `$LATEST.PUBLISHED`. */
async function managed(t: TestContext, { Runtime, files }: Wanted, concurrency: number) {
  const all = await platform(t)
  const name = 'f'
  await createManaged(all.lambda, name, concurrency, { Runtime, Code: { ZipFile: await zipOf(files) } })
  return { ...all, name }
}

/** Keeps it at one environment. */
async function one(lambda: Platform['lambda'], FunctionName: string): Promise<void> {
  await lambda.send(
    new PutFunctionScalingConfigCommand({
      FunctionName,
      Qualifier: '$LATEST.PUBLISHED',
      FunctionScalingConfig: { MinExecutionEnvironments: 1, MaxExecutionEnvironments: 1 },
    }),
  )
}
