import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { describe, type TestContext, test } from 'node:test'
import { realRandom } from '../../base/random.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Outcome } from '../../wire/invocation.ts'
import { createRuntimeFinder } from '../runtimes/finder.ts'
import { jsonOf, testWorker, until } from '../testing.ts'

const runtimes = createRuntimeFinder({ env: process.env, home: homedir(), report: () => {} })

const NODE = {
  runtime: 'nodejs24.x',
  code: `const { threadId } = require('node:worker_threads')
    let running = 0
    let most = 0
    exports.handler = async (event, context) => {
      if (event.crash) process.exit(3)
      most = Math.max(most, ++running)
      console.log('at work')
      await new Promise((resolve) => setTimeout(resolve, event.ms ?? 0))
      running--
      if (event.fail) throw new RangeError('no')
      return { worker: threadId, most, id: context.awsRequestId, trace: context.xRayTraceId !== undefined }
    }`,
  file: 'index.cjs',
}
const PYTHON = {
  runtime: 'python3.11',
  code: `import logging, os, time
def handler(event, context):
    if event.get("crash"):
        os._exit(3)
    logging.getLogger().warning("at work")
    time.sleep(event.get("ms", 0) / 1000)
    if event.get("fail"):
        raise ValueError("no")
    return {"worker": os.getpid(), "id": context.aws_request_id}`,
  file: 'index.py',
}

// AWS Lambda Developer Guide, "Lambda managed instances execution environment".
for (const { runtime, code, file } of [NODE, PYTHON]) {
  describe(`an environment on managed instances, ${runtime}`, () => {
    test('runs several invocations at once, each answered as its own', async (t) => {
      const environment = await started(t, { runtime, code, file, maxConcurrency: 4 })
      const begun = performance.now()
      const outcomes = await Promise.all(
        ['a', 'b', 'c', 'd'].map((id) => environment.invoke(id, { ms: 400 })),
      )
      assert.ok(performance.now() - begun < 1200, 'they ran one after the other')
      assert.deepEqual(
        outcomes.map((outcome) => (jsonOf(outcome) as { id: string }).id),
        ['a', 'b', 'c', 'd'],
      )
    })

    test('an invocation that fails, or times out, is that one’s affair', async (t) => {
      const environment = await started(t, { runtime, code, file, maxConcurrency: 3, timeoutMs: 500 })
      const [late, failed, good] = await Promise.all([
        environment.invoke('a', { ms: 900 }),
        environment.invoke('b', { fail: true }),
        environment.invoke('c', { ms: 100 }),
      ])
      assert.equal((jsonOf(late as Outcome) as { errorType: string }).errorType, 'Sandbox.Timedout')
      assert.equal((jsonOf(failed as Outcome) as { errorMessage: string }).errorMessage, 'no')
      assert.equal((good as Outcome).kind, 'success')
      assert.equal((await environment.invoke('d', {})).kind, 'success')
    })

    test('a worker that ends takes its own invocations along, and is replaced', async (t) => {
      const environment = await started(t, { runtime, code, file, maxConcurrency: 1 })
      const crashed = jsonOf(await environment.invoke('a', { crash: true })) as { errorType: string }
      assert.equal(crashed.errorType, 'Runtime.ExitError')
      assert.equal((await environment.invoke('b', {})).kind, 'success')
      assert.equal(environment.isGone(), false)
    })

    test('its log has whose line each is, and REPORT the duration alone', async (t) => {
      const environment = await started(t, { runtime, code, file, maxConcurrency: 2 })
      await Promise.all(['a', 'b'].map((id) => environment.invoke(id, { ms: 50 })))
      await until(() => environment.events('platform.report').length === 2)
      assert.deepEqual(environment.logged(), ['a', 'b'])
      assert.deepEqual(
        environment.events('platform.report').map(({ metrics }) => Object.keys(metrics ?? {})),
        [['durationMs'], ['durationMs']],
      )
      assert.deepEqual(
        environment
          .events('platform.start')
          .map(({ requestId }) => requestId)
          .sort(),
        ['a', 'b'],
      )
      assert.deepEqual(
        environment.events('platform.initStart').map(({ initializationType }) => initializationType),
        ['lambda-managed-instances'],
      )
    })
  })
}

test('where the handler cannot be loaded the environment says so, and is no use', async (t) => {
  const environment = await started(t, {
    ...NODE,
    code: 'throw new Error("no")',
    maxConcurrency: 2,
    fails: true,
  })
  assert.deepEqual(
    environment.events('platform.initReport').map(({ status }) => status),
    ['error'],
  )
})

interface Wanted {
  readonly runtime: string
  readonly code: string
  readonly file: string
  readonly maxConcurrency: number
  readonly timeoutMs?: number
  readonly fails?: boolean
}

async function started(t: TestContext, wanted: Wanted) {
  const { log, startFunction } = await testWorker(t, 'process', { runtimes, settings: { poolMembersMax: 0 } })
  const { maxConcurrency, runtime, timeoutMs = 8000 } = wanted
  const changes: Partial<FunctionVersion> = {
    ...{ runtime, timeoutMs, memoryMb: 2048, managed: { maxConcurrency, vcpus: 1 } },
    logging: { format: 'JSON', group: '/aws/lambda/f' },
  }
  const started = startFunction([{ name: wanted.file, data: wanted.code }], changes)
  const { environment } = started
  let gone = false
  started.gone.then(() => {
    gone = true
  })
  await started.free
  assert.equal(environment.isInitialized, wanted.fails !== true)
  return {
    invoke: (requestId: string, event: unknown) =>
      environment.invoke({
        requestId,
        invokedFunctionArn: environment.fn.arn,
        payload: Buffer.from(JSON.stringify(event)),
        traceHeader: `Root=1-5759e988-${realRandom.hex(12)};Sampled=0`,
      }),
    isGone: () => gone,
    events: (type: string) =>
      log.events.filter((event) => event.type === type).map(({ record }) => ({ ...record }) as Told),
    /** Whose lines were logged. */
    logged: () => log.records.map(({ text }) => (JSON.parse(text) as Told).requestId).sort(),
  }
}

interface Told {
  readonly requestId?: string
  readonly metrics?: object
  readonly status?: string
  readonly initializationType?: string
}
