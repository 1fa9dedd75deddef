import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { until } from '../../runtimes/testing/runtime.ts'
import { realRandom } from '../../src/base/random.ts'
import type { FunctionVersion } from '../../src/wire/function-version.ts'
import { findBubblewrap } from '../../src/worker/sandbox/choose.ts'
import { type TestFunction, type TestWorker, testWorker } from '../../src/worker/testing.ts'
import { languages, runtimes } from './languages.ts'

// What is true of a function in every runtime: one suite, through the worker and the best sandbox of the machine.

const probe = mkdtempSync('/tmp/lambdad-bwrap-')
const sandbox = 'why' in (await findBubblewrap(probe)) ? 'process' : 'bubblewrap'
rmSync(probe, { recursive: true })

const { found, missing } = await languages()
for (const { title, why } of missing) test(title, { skip: why })

describe('in every runtime', { concurrency: 3 }, () => {
  for (const language of found) {
    describe(`${title(language.title)}`, { timeout: 120_000, concurrency: 1 }, () => {
      let worker: TestWorker
      let fn: TestFunction
      const stops: (() => Promise<void> | void)[] = []
      before(async () => {
        worker = await testWorker({ after: (stop) => stops.push(stop as () => Promise<void>) }, sandbox, {
          runtimes,
        })
        fn = start()
      })
      after(async () => {
        for (const stop of stops) await stop()
      })
      const start = (changes: Partial<FunctionVersion> = {}) =>
        worker.startFunction([...language.files], {
          runtime: language.runtime,
          handler: language.handler,
          timeoutMs: 20_000,
          ...changes,
        })
      const call = (action: string, more: object = {}) => fn.call({ action, ...more })

      test('echoes what JSON has, and every letter', async () => {
        for (const value of [{ a: [1, true, null, {}] }, 'text', -7, 'grüße 🎉 日本', [], null]) {
          assert.deepEqual(await call('echo', { value }), value)
        }
      })

      test('tells an error by its type, its message and its stack, and goes on', async () => {
        const error = (await call('fail')) as Record<string, unknown>
        assert.deepEqual([error.errorType, error.errorMessage], [language.errorType, 'broken ü'])
        const stack = (error.stackTrace ?? error.trace) as string[]
        assert.match(stack.join('\n'), language.frame)
        assert.equal(await call('echo', { value: 1 }), 1)
      })

      test('writes its lines to the log', async () => {
        await call('log')
        const lines = () => worker.log.text + worker.log.records.map(({ text }) => text).join('')
        await until(() => lines().includes('printed ü') && lines().includes('logged ü'))
      })

      test('takes and returns 6 MB', async () => {
        const value = 'x'.repeat(5_900_000)
        assert.equal(await call('echo', { value }), value)
        assert.equal(((await call('large', { bytes: 6_291_500 })) as string).length, 6_291_500)
      })

      test('learns that its answer was too large, and goes on', async () => {
        const { errorType } = (await call('large', { bytes: 6_300_000 })) as { errorType: string }
        assert.equal(errorType, 'Function.ResponseSizeTooLarge')
        const again = start()
        assert.equal(await again.call({ action: 'echo', value: 1 }), 1)
        again.environment.retire()
      })

      test('finds its variables', async () => {
        const own = start({ variables: { COLOUR: 'röt' } })
        assert.equal(await own.call({ action: 'env', name: 'COLOUR' }), 'röt')
        assert.equal(await own.call({ action: 'env', name: 'AWS_REGION' }), 'us-east-1')
        const executionEnv = (await own.call({ action: 'env', name: 'AWS_EXECUTION_ENV' })) || undefined
        const managed = !language.runtime.startsWith('provided')
        assert.equal(executionEnv, managed ? `AWS_Lambda_${language.runtime}` : undefined)
        own.environment.retire()
      })

      test('knows its whole context', async () => {
        const requestId = realRandom.uuid()
        const own = start()
        const outcome = await own.invoke({ action: 'context' }, requestId)
        assert.equal(outcome.kind, 'success')
        const told = JSON.parse(Buffer.from((outcome as { payload: Uint8Array }).payload).toString())
        assert.ok(told.remainingMs > 5000 && told.remainingMs <= 20_000, String(told.remainingMs))
        assert.match(told.logStream, /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/)
        assert.deepEqual(told, {
          requestId,
          functionName: 'f',
          functionVersion: '$LATEST',
          memoryMb: 512,
          arn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
          logGroup: '/aws/lambda/f',
          logStream: told.logStream,
          remainingMs: told.remainingMs,
        })
        own.environment.retire()
      })

      test('whose init fails tells its error', async () => {
        const own = start({ handler: language.broken })
        const error = (await own.call()) as Record<string, unknown>
        assert.deepEqual([error.errorType, error.errorMessage], [language.initErrorType, 'init'])
        own.environment.retire()
      })

      test('that takes too long is ended, and its next invocation starts it again', async () => {
        const own = start({ timeoutMs: 3000 })
        assert.equal(await own.call({ action: 'echo', value: 0 }), 0)
        const error = (await own.call({ action: 'sleep', ms: 30_000 })) as Record<string, string>
        assert.equal(error.errorType, 'Sandbox.Timedout')
        assert.match(error.errorMessage as string, /Task timed out after 3\.00 seconds$/)
        assert.equal(await own.call({ action: 'echo', value: 1 }), 1)
        own.environment.retire()
      })

      test('that ends its process tells its exit status, and its next invocation starts it again', async () => {
        const own = start()
        const error = (await own.call({ action: 'exit', code: 3 })) as Record<string, string>
        assert.equal(error.errorType, 'Runtime.ExitError')
        assert.match(error.errorMessage as string, /Runtime exited with error: exit status 3$/)
        assert.equal(await own.call({ action: 'echo', value: 1 }), 1)
        own.environment.retire()
      })

      test('that takes more memory than it has is ended, and nobody else', async () => {
        const own = start({ memoryMb: 256 })
        assert.match(JSON.stringify(await own.call({ action: 'hog' })), language.hogEnds)
        assert.equal(await call('echo', { value: 1 }), 1)
        own.environment.retire()
      })
    })
  }
})

function title(text: string): string {
  return `a function of ${text}`
}
