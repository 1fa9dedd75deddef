import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateAliasCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetProvisionedConcurrencyConfigCommand,
  type GetProvisionedConcurrencyConfigCommandOutput,
  type LambdaClient,
  ListProvisionedConcurrencyConfigsCommand,
  PutProvisionedConcurrencyConfigCommand,
} from '@aws-sdk/client-lambda'
import { readSettings } from '../src/config.ts'
import { start } from '../src/main.ts'
import { type Platform, platform } from './support/platform.ts'

/** Says how its environment came to be, and counts in it. */
const TELLING = {
  'index.mjs': `let count = 0
    export const handler = async (event) => {
      if (event.crash) process.exit(1)
      if (event.hold) {
        console.log('holding')
        const go = process.env.AWS_ENDPOINT_URL + '/2015-03-31/functions/' + process.env.AWS_LAMBDA_FUNCTION_NAME + '/aliases/go'
        while (!(await fetch(go)).ok) await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return { type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE, count: ++count }
    }`,
}
const AHEAD = 'provisioned-concurrency'
const VERSION = { Qualifier: '1' }

// AWS Lambda Developer Guide, "Configuring provisioned concurrency for a function".
describe('provisioned concurrency', () => {
  test('environments are there before the first invocation, and say so; what is more runs on demand', async (t) => {
    const { lambda, logs, invoke, createFunction } = await platform(t)
    const name = await createFunction(TELLING, { Publish: true, Timeout: 30 })
    await provision(lambda, name, 2)
    const invoked = [1, 2, 3].map(() => invoke(name, { hold: true }, VERSION))
    // None is free again before all three are at work.
    await eventually(async () => {
      const { events = [] } = await logs.send(
        new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: 'holding' }),
      )
      assert.equal(events.length, 3)
    })
    await lambda.send(new CreateAliasCommand({ FunctionName: name, Name: 'go', FunctionVersion: '1' }))
    const results = await Promise.all(invoked)
    assert.deepEqual(results.map(({ payload }) => payload.type).sort(), ['on-demand', AHEAD, AHEAD])
    const { payload } = await invoke(name)
    assert.deepEqual(payload, { type: 'on-demand', count: 1 })
  })

  test('the log has the init that ran ahead, and no invocation is billed for it', async (t) => {
    const { lambda, logs, invoke, createFunction } = await platform(t)
    const name = await createFunction(TELLING, { Publish: true })
    await provision(lambda, name, 1)
    const { log } = await invoke(name, {}, { ...VERSION, LogType: 'Tail' })
    assert.match(log ?? '', /REPORT RequestId: [^\n]*Max Memory Used: \d+ MB\t\n/)
    const found = await eventually(async () => {
      const { events = [] } = await logs.send(
        new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: 'INIT_REPORT' }),
      )
      assert.equal(events.length, 1)
      return events
    })
    assert.match(found[0]?.message ?? '', /^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\n/)
  })

  test('an environment that is lost is replaced by one that is provisioned, too', async (t) => {
    const { lambda, invoke, createFunction } = await platform(t)
    const name = await createFunction(TELLING, { Publish: true })
    await provision(lambda, name, 1)
    assert.equal((await invoke(name, { crash: true }, VERSION)).functionError, 'Unhandled')
    // Until it is there, invocations run on demand.
    await eventually(async () =>
      assert.deepEqual((await invoke(name, {}, VERSION)).payload, { type: AHEAD, count: 1 }),
    )
  })

  test('an init that fails makes it FAILED, with the reason; the function is still there on demand', async (t) => {
    const { lambda, invoke, createFunction } = await platform(t)
    const name = await createFunction(
      {
        'index.mjs': `if (process.env.AWS_LAMBDA_INITIALIZATION_TYPE !== 'on-demand') throw new Error('not ahead')
          export const handler = async () => 1`,
      },
      { Publish: true },
    )
    await lambda.send(put(name, 1))
    await eventually(async () => {
      const {
        Status,
        StatusReason,
        AvailableProvisionedConcurrentExecutions: available,
      } = await get(lambda, name)
      assert.deepEqual([Status, StatusReason, available], ['FAILED', 'FUNCTION_ERROR_INIT_FAILURE', 0])
    })
    assert.equal((await invoke(name, {}, VERSION)).payload, 1)
  })

  test('it is listed, and deleted with its environments', async (t) => {
    const { lambda, running, createFunction } = await platform(t)
    const FunctionName = await createFunction(TELLING, { Publish: true })
    await provision(lambda, FunctionName, 2)
    const { ProvisionedConcurrencyConfigs: [config] = [] } = await lambda.send(
      new ListProvisionedConcurrencyConfigsCommand({ FunctionName }),
    )
    assert.match(config?.FunctionArn ?? '', new RegExp(`:function:${FunctionName}:1$`))
    assert.equal(config?.Status, 'READY')
    assert.equal(await environments(running.url), 2)
    await lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: '1' }))
    await assert.rejects(get(lambda, FunctionName), { name: 'ProvisionedConcurrencyConfigNotFoundException' })
    await eventually(async () => assert.equal(await environments(running.url), 0))
  })

  test('a number below 1 is refused', async (t) => {
    const { lambda, createFunction } = await platform(t)
    const name = await createFunction(TELLING, { Publish: true })
    await assert.rejects(lambda.send(put(name, 0)), {
      message:
        "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1",
    })
  })

  test('after a restart of lambdad it is there again', async (t) => {
    const { lambda, data, running, createFunction } = await platform(t)
    const name = await createFunction(TELLING, { Publish: true })
    await provision(lambda, name, 1)
    await running.stop()
    const again = await start(readSettings({ port: '0', data, logLevel: 'error', downloads: 'false' }, {}))
    try {
      await eventually(async () => assert.equal(await environments(again.url), 1))
    } finally {
      // Before the data folder goes.
      await again.stop()
    }
  })
})

function put(FunctionName: string, ProvisionedConcurrentExecutions: number) {
  return new PutProvisionedConcurrencyConfigCommand({
    FunctionName,
    ...VERSION,
    ProvisionedConcurrentExecutions,
  })
}

function get(
  lambda: LambdaClient,
  FunctionName: string,
): Promise<GetProvisionedConcurrencyConfigCommandOutput> {
  return lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, ...VERSION }))
}

async function provision(lambda: LambdaClient, name: string, count: number): Promise<void> {
  const answer = await lambda.send(put(name, count))
  assert.equal(answer.$metadata.httpStatusCode, 202)
  assert.equal(answer.Status, 'IN_PROGRESS')
  await ready(lambda, name)
}

function ready(lambda: LambdaClient, name: string): Promise<void> {
  return eventually(async () => assert.equal((await get(lambda, name)).Status, 'READY'))
}

async function environments(url: Platform['endpoint']): Promise<number> {
  const response = await fetch(`${url}/_lambdad/status`)
  return ((await response.json()) as { environments: number }).environments
}

async function eventually<Result>(check: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries++) {
    try {
      return await check()
    } catch (error) {
      if (tries >= 100) throw error
      await sleep(30)
    }
  }
}
