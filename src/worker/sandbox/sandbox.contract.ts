import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { realClock } from '../../base/clock.ts'
import { testWorker } from '../testing.ts'
import type { SandboxName } from './sandbox.ts'

/** What every sandbox does. Each body runs this same suite. `skip`: why it cannot run here. */
export function describeSandbox(sandbox: SandboxName, skip: string | false, prepared = false): void {
  const started = (t: TestContext, options: Parameters<typeof testWorker>[2] = {}) =>
    testWorker(t, sandbox, { ...options, prepared })
  describe(`sandbox: ${sandbox}${prepared ? ', by the walls helper' : ''}`, { skip }, () => {
    test('a function runs, and its environment is used again', async (t) => {
      const { startFunction, log } = await started(t)
      const fn = startFunction('let count = 0; exports.handler = (event) => ({ ...event, count: ++count })')

      assert.deepEqual(await fn.call({ a: 1 }), { a: 1, count: 1 })
      assert.deepEqual(await fn.call({ a: 2 }), { a: 2, count: 2 })
      assert.equal(log.events.filter(({ type }) => type === 'platform.initStart').length, 1)
    })

    test('the code is where LAMBDA_TASK_ROOT says, and is the working folder', async (t) => {
      const { startFunction } = await started(t)
      const fn = startFunction(
        'exports.handler = () => [process.cwd() === process.env.LAMBDA_TASK_ROOT, __dirname === process.cwd()]',
      )

      assert.deepEqual(await fn.call(), [true, true])
    })

    test('the function’s variables are there, and the reserved ones cannot be replaced', async (t) => {
      const { startFunction } = await started(t)
      const fn = startFunction('exports.handler = () => process.env', {
        variables: {
          MINE: 'a b=c\n"d"',
          TZ: 'Europe/Rome',
          AWS_REGION: 'mars',
          AWS_LAMBDA_FUNCTION_NAME: 'other',
        },
      })

      const { MINE, TZ, AWS_REGION, AWS_LAMBDA_FUNCTION_NAME, AWS_ENDPOINT_URL, HOME, NODE_OPTIONS } =
        (await fn.call()) as Record<string, string>
      assert.deepEqual(
        [MINE, TZ, AWS_REGION, AWS_LAMBDA_FUNCTION_NAME, AWS_ENDPOINT_URL],
        ['a b=c\n"d"', 'Europe/Rome', 'us-east-1', 'f', 'http://127.0.0.1:4566'],
      )
      // Nothing of the daemon's own.
      assert.deepEqual([HOME, NODE_OPTIONS], [undefined, undefined])
    })

    test('stdout and stderr are one pipe in the order of writing, and /dev/stdout can be opened', async (t) => {
      const { startFunction, log } = await started(t)
      const fn = startFunction(`
        const fs = require('node:fs')
        exports.handler = () => {
          fs.writeSync(1, 'one\\n'); fs.writeSync(2, 'two\\n'); fs.writeFileSync('/dev/stdout', 'three\\n')
          require('node:child_process').execSync('echo four; echo five >/dev/stderr', { stdio: 'inherit' })
        }`)

      await fn.call()

      assert.equal(log.text, 'one\ntwo\nthree\nfour\nfive\n')
    })

    test('what a handler writes comes between its invocation’s start and end', async (t) => {
      const { startFunction, log } = await started(t)
      const fn = startFunction(
        `require('node:fs').writeSync(1, 'init'); exports.handler = ({ n }) => { require('node:fs').writeSync(1, 'call ' + n) }`,
      )
      for (let n = 0; n < 50; n++) await fn.call({ n })

      const expected = ['platform.initStart', 'init', 'platform.initRuntimeDone', 'platform.initReport']
      for (let n = 0; n < 50; n++) {
        expected.push('platform.start', `call ${n}`, 'platform.runtimeDone', 'platform.report')
      }
      assert.deepEqual(log.lines, expected)
    })

    test('framed log events arrive whole, with their time and level', async (t) => {
      const { startFunction, log } = await started(t)
      const fn = startFunction(`exports.handler = (event, { frame }) => frame('two\\nlines')`)

      await fn.call()

      assert.deepEqual(log.records, [
        { timestamp: 1_700_000_000_123, level: 'INFO', format: 'Text', text: 'two\nlines' },
      ])
    })

    test('50 MB of output written as fast as can be arrive, all and in order', async (t) => {
      const { startFunction, log } = await started(t)
      const fn = startFunction(
        `exports.handler = () => { require('node:child_process').execFileSync('seq', ['1000000', '7250000'], { stdio: 'inherit' }) }`,
        { memoryMb: 1769 },
      )

      await fn.call()

      const expected = execFileSync('seq', ['1000000', '7250000'], { maxBuffer: 2 ** 30 })
      assert.equal(expected.length, 50_000_008)
      assert.ok(Buffer.concat(log.chunks).equals(expected))
      assert.equal(log.lines.at(-1), 'platform.report')
    })

    test('where the sink is full the function waits, and nothing is lost', async (t) => {
      let full = 0
      const { startFunction, log } = await started(t, {
        full: () => (full++ < 20 ? realClock.sleep(5) : undefined),
      })
      const fn = startFunction(
        `exports.handler = () => { for (let i = 0; i < 30; i++) require('node:fs').writeSync(1, 'x'.repeat(50_000)) }`,
      )

      await fn.call()

      assert.equal(log.text.length, 1_500_000)
      assert.equal(log.lines.at(-1), 'platform.report')
    })

    test('what is written right before a crash arrives', async (t) => {
      const { startFunction, log } = await started(t)
      const fn = startFunction(
        `exports.handler = () => { require('node:fs').writeSync(2, 'last words'); process.exit(9) }`,
      )

      const failed = (await fn.call()) as { errorMessage: string }

      assert.match(failed.errorMessage, /Error: Runtime exited with error: exit status 9$/)
      assert.deepEqual(log.lines.slice(-3), ['last words', 'platform.runtimeDone', 'platform.report'])
    })

    for (const [how, code, message] of [
      ['exits with 0', 'process.exit(0)', 'Runtime exited without providing a reason'],
      ['is killed', `process.kill(process.pid, 'SIGKILL')`, 'Runtime exited with error: signal: killed'],
      ['aborts', 'process.abort()', 'Runtime exited with error: signal: aborted'],
    ] as const) {
      test(`a process that ${how} tells so, and the next invocation finds a new one`, async (t) => {
        const { startFunction } = await started(t)
        const fn = startFunction(`exports.handler = ({ end }) => { if (end) ${code}; return 'fine' }`)

        const failed = (await fn.call({ end: true })) as { errorType: string; errorMessage: string }

        assert.equal(failed.errorType, 'Runtime.ExitError')
        assert.ok(failed.errorMessage.endsWith(`Error: ${message}`), failed.errorMessage)
        assert.equal(await fn.call(), 'fine')
      })
    }

    test('a function past its time is ended, with all that it started', async (t) => {
      const { startFunction } = await started(t)
      const mark = `lambdad-${process.pid}-${sandbox}`
      const fn = startFunction(
        `const { spawn } = require('node:child_process')
        exports.handler = () => {
          spawn('sleep', ['4321'], { argv0: '${mark}' })
          spawn('sleep', ['4321'], { argv0: '${mark}', detached: true, stdio: 'ignore' }).unref()
          return new Promise(() => {})
        }`,
        { timeoutMs: 1000 },
      )

      const failed = (await fn.call()) as { errorMessage: string }

      assert.match(failed.errorMessage, /^RequestId: .* Error: Task timed out after 1\.00 seconds$/)
      await until(() => processesNamed(mark) === 0)
    })

    test('retiring ends every process, and leaves no file behind', async (t) => {
      const { startFunction, folder } = await started(t)
      const mark = `lambdad-${process.pid}-${sandbox}`
      const fn = startFunction(`exports.handler = () => {
        require('node:child_process').spawn('sleep', ['4321'], { argv0: '${mark}', detached: true, stdio: 'ignore' }).unref()
      }`)
      await fn.call()
      assert.equal(processesNamed(mark), 1)

      fn.environment.retire()

      await until(() => processesNamed(mark) === 0)
      await until(() => readdirSync(`${folder}/run/${readdirSync(`${folder}/run`)[0]}/e`).length === 0)
    })

    test('a memory hog is ended, and is told why', async (t) => {
      const { startFunction, log } = await started(t, { settings: { limitsProcessor: false } })
      const fn = startFunction(
        `exports.handler = async () => { const all = []; for (;;) { all.push(Buffer.alloc(8 << 20, 1)); await new Promise((r) => setImmediate(r)) } }`,
        { memoryMb: 128 },
      )

      const failed = (await fn.call()) as { errorType: string; errorMessage: string }

      assert.equal(failed.errorType, 'Runtime.OutOfMemory')
      assert.match(failed.errorMessage, /Error: Runtime exited with error: signal: killed$/)
      const report = log.events.findLast((event) => event.type === 'platform.report')
      assert.equal(report?.record.metrics.maxMemoryUsedMB, 128)
    })

    test('a 6 MB event and a 6 MB response pass', async (t) => {
      const { startFunction } = await started(t)
      const fn = startFunction('exports.handler = (event) => event')
      const text = 'x'.repeat(6 * 1024 * 1024 - 16)

      assert.ok((await fn.call(text)) === text)
    })

    test('a response over the limit is the function’s error', async (t) => {
      const { startFunction } = await started(t)
      const fn = startFunction(`exports.handler = ({ size }) => 'x'.repeat(size)`)

      assert.equal(
        ((await fn.call({ size: 6_291_555 })) as { errorType: string }).errorType,
        'Function.ResponseSizeTooLarge',
      )
      assert.equal(await fn.call({ size: 3 }), 'xxx')
    })

    test('there are 1024 open files to be had, as on AWS', async (t) => {
      const { startFunction } = await started(t)
      const fn = startFunction(
        `exports.handler = () => require('node:child_process').execSync('ulimit -n').toString().trim()`,
      )

      assert.equal(await fn.call(), '1024')
    })
  })
}

function processesNamed(name: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith(name)
    } catch {
      return false
    }
  }).length
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = realClock.elapsed() + 4000
  while (!condition()) {
    assert.ok(realClock.elapsed() < deadline, 'It did not happen within 4 s.')
    await realClock.sleep(5)
  }
}
