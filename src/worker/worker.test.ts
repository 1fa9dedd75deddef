import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { realRandom } from '../base/random.ts'
import { startTimeOf } from './limits/process-tree.ts'
import { createRuntimeFinder } from './runtimes/finder.ts'
import { childrenOf, commandOf, sandboxesHere, testWorker, until } from './testing.ts'

const runtimes = createRuntimeFinder({ env: process.env, home: process.env.HOME ?? '/' })
const sandboxes = await sandboxesHere()

for (const sandbox of sandboxes) {
  describe(`runtimes, sandbox: ${sandbox}`, () => {
    test('Node.js, with lambdad’s own bootstrap', async (t) => {
      const { startFunction, log } = await testWorker(t, sandbox, { runtimes })
      const fn = startFunction([
        {
          name: 'index.mjs',
          data: `console.log('loading')\nexport const handler = async (event, context) => { console.log('at work'); return [event, context.awsRequestId] }`,
        },
      ])

      const id = realRandom.uuid()
      const outcome = await fn.invoke({ a: 1 }, id)

      assert.deepEqual(JSON.parse(Buffer.from((outcome as { payload: Uint8Array }).payload).toString()), [
        { a: 1 },
        id,
      ])
      const said = log.records.map(({ text }) => text).join('') + log.text
      assert.match(said, /loading[\s\S]*at work/)
    })

    test('Node.js: a handler’s error, and an error at load, twice tried', async (t) => {
      const { startFunction, log } = await testWorker(t, sandbox, { runtimes })
      const throws = startFunction([
        { name: 'index.mjs', data: `export const handler = () => { throw new TypeError('odd') }` },
      ])
      assert.deepEqual(pick(await throws.call()), { errorType: 'TypeError', errorMessage: 'odd' })
      const broken = startFunction([{ name: 'index.mjs', data: `throw new RangeError('at load')` }])
      assert.deepEqual(pick(await broken.call()), { errorType: 'RangeError', errorMessage: 'at load' })

      const inits = log.events
        .filter(({ type }) => type === 'platform.initReport')
        .map(({ record }) => record as { phase: string; status: string })
      assert.deepEqual(
        inits.slice(1).map(({ phase, status }) => [phase, status]),
        [
          ['init', 'error'],
          ['invoke', 'error'],
        ],
      )
    })

    test('Python', async (t) => {
      const { startFunction, log } = await testWorker(t, sandbox, { runtimes })
      const code = `import json, os\nprint("at module scope")\ndef lambda_handler(event, context):\n    print("hello")\n    if "fail" in event: raise ValueError("no")\n    return {"got": event, "id": context.aws_request_id, "task": os.environ["LAMBDA_TASK_ROOT"] == os.getcwd()}\n`
      const fn = startFunction([{ name: 'app.py', data: code }], {
        runtime: 'python3.12',
        handler: 'app.lambda_handler',
      })

      const { got, task } = (await fn.call({ a: 1 })) as { got: unknown; task: boolean }
      assert.deepEqual([got, task], [{ a: 1 }, true])
      assert.deepEqual(pick(await fn.call({ fail: 1 })), { errorType: 'ValueError', errorMessage: 'no' })
      assert.match(log.text, /^at module scope\nhello\nhello\n/)
    })

    test('a shell script as bootstrap, which speaks by curl to the port', async (t) => {
      const { startFunction } = await testWorker(t, sandbox, { runtimes })
      const fn = startFunction([{ name: 'bootstrap', mode: 0o100755, data: SHELL_BOOTSTRAP }], {
        runtime: 'provided.al2023',
      })

      assert.deepEqual(await fn.call({ a: 1 }), { echo: { a: 1 } })
      assert.deepEqual(await fn.call({ a: 2 }), { echo: { a: 2 } })
      assert.deepEqual(await fn.call('fail'), { errorType: 'Odd', errorMessage: 'it failed' })
    })

    test('a bootstrap in /opt is the runtime of functions that bring none', async (t) => {
      const opt = mkdtempSync(`${tmpdir()}/opt-`)
      t.after(() => rmSync(opt, { recursive: true }))
      chmodSync(opt, 0o755)
      writeFileSync(`${opt}/bootstrap`, SHELL_BOOTSTRAP, { mode: 0o755 })
      const { startFunction } = await testWorker(t, sandbox, { runtimes, opt })
      const fn = startFunction([{ name: 'handler.sh', data: '' }], { runtime: 'provided.al2023' })

      assert.deepEqual(await fn.call({ a: 1 }), { echo: { a: 1 } })
    })

    test('a bootstrap that is not there, and one that cannot be run, are invalid entry points', async (t) => {
      const { startFunction, log } = await testWorker(t, sandbox, { runtimes })
      for (const [file, message] of [
        [{ name: 'other' }, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"],
        [
          { name: 'bootstrap', mode: 0o100644, data: '#!/bin/sh' },
          'fork/exec /var/task/bootstrap: permission denied',
        ],
      ] as const) {
        const fn = startFunction([file], { runtime: 'provided.al2' })
        const failed = (await fn.call()) as { errorType: string; errorMessage: string }
        assert.equal(failed.errorType, 'Runtime.InvalidEntrypoint')
        assert.ok(failed.errorMessage.endsWith(`Error: ${message}`), failed.errorMessage)
      }
      assert.equal(log.events.at(-1)?.type, 'platform.report')
    })

    test('a wrapper script starts the runtime, and one that is missing is exit status 127', async (t) => {
      const { startFunction } = await testWorker(t, sandbox, { runtimes })
      const code = [
        { name: 'index.js', data: 'exports.handler = () => process.env.WRAPPED' },
        { name: 'wrap', mode: 0o100755, data: '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n' },
      ]
      const variables = { AWS_LAMBDA_EXEC_WRAPPER: '/var/task/wrap' }
      assert.equal(await startFunction(code, { variables }).call(), 'yes')

      const missing = startFunction(code, { variables: { AWS_LAMBDA_EXEC_WRAPPER: '/var/task/none' } })
      assert.match(((await missing.call()) as { errorMessage: string }).errorMessage, /exit status 127$/)
    })
  })
}

test('a runtime that is not on the machine is the caller’s error, with what to do', async (t) => {
  const message = 'ruby3.3 needs Ruby 3.3, which is not on this machine'
  const { startFunction, log } = await testWorker(t, 'process', {
    runtimes: { find: async () => ({ kind: 'missing', message }) },
  })
  const fn = startFunction('')

  assert.deepEqual(await fn.call(), { kind: 'platform-error', code: 'InvalidRuntimeException', message })
  await fn.gone
  assert.deepEqual(log.events, [])
})

test('a package that is broken is the caller’s error', async (t) => {
  const { startFunction } = await testWorker(t, 'process')
  const fn = startFunction([{ name: 'a', crc: 1, data: 'x' }])

  const outcome = (await fn.call()) as { code: string; message: string }

  assert.equal(outcome.code, 'InvalidZipFileException')
  assert.match(outcome.message, /^Could not unzip the deployment package: /)
})

test('stopping ends what runs and what starts, and leaves only the cache', async (t) => {
  const { startFunction, worker, folder, log } = await testWorker(t, 'process')
  const running = startFunction('exports.handler = () => new Promise(() => setInterval(() => {}, 1000))')
  const outcome = running.invoke({})
  await until(() => log.lines.includes('platform.start'))
  startFunction('exports.handler = () => 1')

  await worker.stop()

  assert.equal((await outcome).kind, 'function-error')
  assert.deepEqual(readdirSync(`${folder}/run`), [])
})

test('before its start and after its end a worker says so', async (t) => {
  const { startFunction, worker } = await testWorker(t, 'process')
  await worker.stop()

  const outcome = await startFunction('').call()

  assert.deepEqual(outcome, {
    kind: 'platform-error',
    code: 'ServiceException',
    message: 'lambdad is starting or stopping.',
  })
})

test('a launcher that is killed takes its environments along, and another follows', async (t) => {
  const { startFunction, reported } = await testWorker(t, sandboxes.at(-1) ?? 'process')
  const fn = startFunction('exports.handler = () => process.pid')
  await fn.call()
  const launcher = childrenOf(process.pid).find((pid) => commandOf(pid).includes('launcher-main')) as number

  process.kill(launcher, 'SIGKILL')
  await until(() => !existsSync(`/proc/${launcher}`))

  assert.equal(typeof (await fn.call()), 'number')
  assert.deepEqual(reported, [])
})

const byWalls = sandboxes.includes('bubblewrap') && process.getuid?.() === 0 ? ['bubblewrap prepared'] : []

for (const how of [...sandboxes, ...byWalls]) {
  for (const who of ['the daemon', 'the daemon and its launcher'] as const) {
    test(`after ${who} was killed by -9 nothing runs on, or the next one ends it (${how})`, async (t) => {
      const { folder, pids, launcher, daemon } = await otherDaemon(t, how)
      for (const pid of pids) assert.notEqual(startTimeOf(pid), undefined)

      if (who !== 'the daemon') process.kill(launcher, 'SIGSTOP')
      process.kill(daemon, 'SIGKILL')
      if (who !== 'the daemon') process.kill(launcher, 'SIGKILL')
      if (who === 'the daemon') await until(() => pids.every((pid) => startTimeOf(pid) === undefined))
      await until(() => startTimeOf(daemon) === undefined)
      const { worker } = await testWorker(t, 'process', { folder })

      await until(() => pids.every((pid) => startTimeOf(pid) === undefined))
      assert.equal(readdirSync(`${folder}/run`).length, 1)
      await worker.stop()
      assert.deepEqual(readdirSync(`${folder}/run`), [])
    })
  }
}

test('a process that got a dead environment’s id is left alone', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/worker-`)
  const other = spawn('sleep', ['1000'])
  t.after(() => other.kill('SIGKILL'))
  const left = `${folder}/run/999999-1-abcd/e/e1-1`
  mkdirSync(left, { recursive: true })
  writeFileSync(`${left}/process`, `${other.pid} 12345\n`)

  await testWorker(t, 'process', { folder })

  assert.equal(existsSync(left), false)
  assert.notEqual(startTimeOf(other.pid as number), undefined)
  assert.equal(other.killed, false)
})

test('a daemon that runs is not disturbed by another on the same folder', async (t) => {
  const one = await testWorker(t, 'process')
  const fn = one.startFunction('exports.handler = () => 1')
  await fn.call()

  await testWorker(t, 'process', { folder: one.folder })

  assert.equal(await fn.call(), 1)
})

/** A second process with a worker and one environment, whose handler has started a child that left its group. */
async function otherDaemon(t: TestContext, how: string) {
  const folder = mkdtempSync(`${tmpdir()}/worker-`)
  const [sandbox = '', ...prepared] = how.split(' ')
  const main = fileURLToPath(new URL('./fixtures/daemon.ts', import.meta.url))
  const child = spawn(process.execPath, [main, sandbox, folder, ...prepared], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout.on('data', (bytes) => {
    said += bytes
  })
  await until(() => said.includes('\n'))
  const { mark } = JSON.parse(said) as { mark: string }
  const daemon = child.pid as number
  const program = prepared.length > 0 ? 'walls.pl' : 'launcher-main'
  const launcher = childrenOf(daemon).find((pid) => commandOf(pid).includes(program)) as number
  const pids = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && commandOf(Number(pid)).startsWith(mark))
    .map(Number)
  assert.ok(pids.length > 0)
  return { folder, pids, launcher, daemon }
}

const SHELL_BOOTSTRAP = `#!/bin/sh
set -eu
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while :; do
  curl -sS -D /tmp/head-$$ -o /tmp/event-$$ $api/next
  id=$(tr -d '\\r' < /tmp/head-$$ | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //p')
  if [ "$(cat /tmp/event-$$)" = '"fail"' ]; then
    curl -sS -d '{"errorType":"Odd","errorMessage":"it failed"}' $api/$id/error > /dev/null
  else
    printf '{"echo":%s}' "$(cat /tmp/event-$$)" > /tmp/answer-$$
    curl -sS -d @/tmp/answer-$$ $api/$id/response > /dev/null
  fi
done
`

function pick(error: unknown): unknown {
  const { errorType, errorMessage } = error as { errorType: string; errorMessage: string }
  return { errorType, errorMessage }
}
