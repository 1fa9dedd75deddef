import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRuntimeFinder } from '../runtimes/finder.ts'
import { testWorker } from '../testing.ts'

const runtimes = createRuntimeFinder({ env: process.env, home: process.env.HOME ?? '/' })
const IDLE_MS = 700

/** Both count in the background, ten milliseconds a count, and answer with the count so far. */
const functions = {
  'Node.js': {
    code: [
      {
        name: 'index.mjs',
        data: `let count = 0\nsetInterval(() => count++, 10)\nexport const handler = async ({ ms }) => { await new Promise((r) => setTimeout(r, ms)); return count }`,
      },
    ],
    changes: {},
  },
  Python: {
    code: [
      {
        name: 'app.py',
        data: `import threading, time\ncount = 0\ndef work():\n    global count\n    while True:\n        time.sleep(0.01)\n        count += 1\nthreading.Thread(target=work, daemon=True).start()\ndef handler(event, context):\n    time.sleep(event["ms"] / 1000)\n    return count\n`,
      },
    ],
    changes: { runtime: 'python3.12', handler: 'app.handler' },
  },
}

for (const [name, { code, changes }] of Object.entries(functions)) {
  test(`${name}: background work stops between invocations, and goes on in the next`, async (t) => {
    const { startFunction, log } = await testWorker(t, 'process', { runtimes })
    const fn = startFunction(code, { memoryMb: 1769, ...changes })

    const atEnd = (await fn.call({ ms: 200 })) as number
    await sleep(IDLE_MS)
    const afterIdling = (await fn.call({ ms: 0 })) as number
    const afterWork = (await fn.call({ ms: 300 })) as number

    assert.ok(atEnd > 5, `${atEnd} counts in 200 ms of work`)
    assert.ok(afterIdling - atEnd < 15, `${afterIdling - atEnd} counts in ${IDLE_MS} ms of rest`)
    assert.ok(afterWork - afterIdling > 8, `${afterWork - afterIdling} counts in 300 ms of work`)
    // What time the runtime spent frozen is no part of an invocation's.
    const reports = log.events.filter((event) => event.type === 'platform.report')
    assert.ok((reports[1]?.record.metrics.durationMs ?? 0) < 200)
  })
}

test('without an invocation an environment that was started ahead is frozen, too, and serves', async (t) => {
  const { startFunction } = await testWorker(t, 'process')
  const fn = startFunction('let count = 0; setInterval(() => count++, 5); exports.handler = () => count')
  await fn.free
  await sleep(400)

  assert.ok(((await fn.call()) as number) < 30)
})

test('the deadline holds for an environment that was frozen', async (t) => {
  const { startFunction } = await testWorker(t, 'process')
  const fn = startFunction(
    'exports.handler = ({ hang }) => hang ? new Promise(() => setInterval(() => {}, 1e4)) : 1',
    {
      timeoutMs: 300,
    },
  )
  assert.equal(await fn.call({}), 1)
  await sleep(100)

  const startedAt = performance.now()
  const failed = (await fn.call({ hang: true })) as { errorType: string }

  assert.equal(failed.errorType, 'Sandbox.Timedout')
  assert.ok(performance.now() - startedAt < 2000)
  assert.equal(await fn.call({}), 1)
})
