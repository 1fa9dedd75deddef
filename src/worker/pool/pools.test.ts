import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { RawEntry } from '../../base/zip/testing.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { RuntimeFinder } from '../launch-plan.ts'
import { startTimeOf } from '../limits/process-tree.ts'
import { createRuntimeFinder } from '../runtimes/finder.ts'
import type { SandboxName } from '../sandbox/sandbox.ts'
import type { WorkerSettings } from '../settings.ts'
import {
  childrenOf,
  commandOf,
  sandboxesHere,
  type TestFunction,
  type TestWorker,
  testWorker,
  until,
} from '../testing.ts'

const runtimes = createRuntimeFinder({ env: process.env, home: process.env.HOME ?? '/' })
const sandboxes = await sandboxesHere()
const isRoot = process.getuid?.() === 0

interface Language {
  readonly changes: Partial<FunctionVersion>
  readonly source: (load: string, expression: string) => RawEntry[]
  readonly cwd: string
  readonly variables: string
  readonly mark: string
  readonly write: string
  readonly failure: { readonly code: string; readonly errorType: string }
  readonly crash: string
  /** Code at load, and an expression: it never ends where the event is slow, and else tells whether it began before. */
  readonly hangs: readonly [load: string, expression: string]
  /** What is in /var and in /var/task, and who it is. */
  readonly list: string
  readonly inVar: readonly string[]
  readonly print: string
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  'Node.js': {
    changes: {},
    source: (load, expression) => [
      { name: 'index.mjs', data: `${load}\nexport const handler = async (event) => (${expression})` },
    ],
    cwd: '[process.cwd(), process.env.LAMBDA_TASK_ROOT, process.env.PWD]',
    variables: '({ ...process.env })',
    mark: 'process.env.LAMBDAD_ENVIRONMENT',
    write: `(await import('node:fs')).writeFileSync(process.env.LAMBDA_TASK_ROOT + '/x', '')`,
    failure: { code: `throw new RangeError('at load')`, errorType: 'RangeError' },
    crash: 'process.exit(3)',
    hangs: [
      `const tmp = (process.env.TMPDIR ?? '/tmp') + '/kept'`,
      `event.slow ? ((await import('node:fs')).writeFileSync(tmp, ''), await new Promise(() => setInterval(() => {}, 1000))) : (await import('node:fs')).existsSync(tmp)`,
    ],
    list: `[(await import('node:fs')).readdirSync('/var'), (await import('node:fs')).readdirSync('/var/task'), process.getuid()]`,
    // In /var/lang is the AWS SDK for Node.
    inVar: ['lang', 'runtime', 'task'],
    print: 'console.log("loading")',
  },
  Python: {
    changes: { runtime: 'python3.12' },
    source: (load, expression) => [
      {
        name: 'index.py',
        data: `import os\n${load}\ndef handler(event, context):\n    return ${expression}\n`,
      },
    ],
    cwd: `[os.getcwd(), os.environ["LAMBDA_TASK_ROOT"], os.environ["PWD"]]`,
    variables: 'dict(os.environ)',
    mark: 'os.environ["LAMBDAD_ENVIRONMENT"]',
    write: `open(os.environ["LAMBDA_TASK_ROOT"] + "/x", "w").close()`,
    failure: { code: `raise ValueError("at load")`, errorType: 'ValueError' },
    crash: 'os._exit(3)',
    hangs: [
      '',
      '(open((os.environ.get("TMPDIR") or "/tmp") + "/kept", "w").close(), __import__("time").sleep(60)) if event else os.path.exists((os.environ.get("TMPDIR") or "/tmp") + "/kept")',
    ],
    list: `[os.listdir("/var"), os.listdir("/var/task"), os.getuid()]`,
    inVar: ['lang', 'runtime', 'task'],
    print: 'print("loading")',
  },
  Ruby: {
    changes: { runtime: 'ruby3.4' },
    source: (load, expression) => [
      { name: 'index.rb', data: `${load}\ndef handler(event:, context:)\n  ${expression}\nend\n` },
    ],
    cwd: '[Dir.pwd, ENV["LAMBDA_TASK_ROOT"], ENV["PWD"]]',
    variables: 'ENV.to_h',
    mark: 'ENV["LAMBDAD_ENVIRONMENT"]',
    write: `File.write(ENV["LAMBDA_TASK_ROOT"] + "/x", "")`,
    failure: { code: `raise ArgumentError, "at load"`, errorType: 'Init<ArgumentError>' },
    crash: 'exit!(3)',
    hangs: [
      'KEPT = (ENV["TMPDIR"] || "/tmp") + "/kept"',
      'event["slow"] ? (File.write(KEPT, ""); sleep) : File.exist?(KEPT)',
    ],
    list: '[Dir.children("/var"), Dir.children("/var/task"), Process.uid]',
    inVar: ['lang', 'runtime', 'task'],
    print: 'puts("loading")',
  },
}

for (const sandbox of sandboxes) {
  if (sandbox === 'bubblewrap' && !isRoot) continue
  for (const [name, language] of Object.entries(LANGUAGES)) {
    const { changes, source } = language
    const found = await runtimes.find(changes.runtime ?? 'nodejs24.x')
    if (found.kind === 'missing') {
      test(`pool of ${name}`, { skip: found.message })
      continue
    }

    describe(`pool of ${name}, sandbox: ${sandbox}`, () => {
      test('a function that starts from the pool answers, logs and reports as one that was started', async (t) => {
        const one = await pooled(t, sandbox, language)
        const { startFunction, log } = one
        const told = log.events.length
        const fn = startFunction(source(language.print, '[event]'), changes)

        assert.deepEqual(await fn.call({ a: 1 }), [{ a: 1 }])
        assert.deepEqual(await fn.call({ a: 2 }), [{ a: 2 }])

        const types = log.events.slice(told).map(({ type }) => type)
        assert.deepEqual(types, [
          'platform.initStart',
          'platform.initRuntimeDone',
          'platform.initReport',
          'platform.start',
          'platform.runtimeDone',
          'platform.report',
          'platform.start',
          'platform.runtimeDone',
          'platform.report',
        ])
        const reports = log.events.slice(told).filter(({ type }) => type === 'platform.report')
        const init = reports.map(
          ({ record }) => (record as { metrics: { initDurationMs?: number } }).metrics.initDurationMs,
        )
        assert.ok((init[0] as number) > 0 && (init[0] as number) < 10_000)
        assert.equal(init[1], undefined)
        assert.match(log.records.map(({ text }) => text).join('') + log.text, /loading/)
      })

      test('it sees the variables and folders of a start', async (t) => {
        const { startFunction } = await testWorker(t, sandbox, { runtimes, settings: { poolMembersMax: 0 } })
        const variables = { MINE: 'a"ü\n', TZ: 'Asia/Tokyo', PATH: '/mine:/usr/bin:/bin' }
        const code = source('', `[${language.cwd}, ${language.variables}]`)
        const started = (await startFunction(code, { ...changes, variables }).call()) as Seen

        const { startFunction: startPooled, worker } = await pooled(t, sandbox, language)
        const before = worker.pooled()
        const fn = startPooled(code, { ...changes, variables })
        const given = (await fn.call()) as Seen
        assert.ok(before > 0)

        const own = /LAMBDAD_ENVIRONMENT|AWS_LAMBDA_RUNTIME_API|AWS_LAMBDA_LOG_STREAM_NAME|TMPDIR/
        const shared = ([folders, seen]: Seen) => [
          folders.map((folder) => folder.replace(/.*\/cache\//, '')),
          Object.entries(seen)
            .filter(([key]) => !own.test(key))
            .map(([key, value]) => [key, value.replace(/[^:]*\/cache\//g, '')])
            .sort(),
          Object.keys(seen).sort(),
        ]
        assert.deepEqual(shared(given), shared(started))
        assert.equal(given[1].MINE, 'a"ü\n')
      })

      test('a runtime is used once, and another one follows', async (t) => {
        const { startFunction, worker } = await pooled(t, sandbox, language)
        const code = source('', language.mark)
        const marks = new Set<unknown>()
        for (let i = 0; i < 3; i++) {
          const fn = startFunction(code, changes)
          const mark = await fn.call()
          assert.equal(isPooled(fn, mark), true)
          marks.add(mark)
          await until(() => worker.pooled() > 0)
        }
        assert.equal(marks.size, 3)
      })

      test('with the pool used up, runtimes are started', async (t) => {
        const { startFunction, worker } = await pooled(t, sandbox, language, { poolMembersMax: 1 })
        assert.equal(worker.pooled(), 1)
        const functions = [1, 2, 3].map(() => startFunction(source('', language.mark), changes))

        const fromPool = await Promise.all(functions.map(async (fn) => isPooled(fn, await fn.call())))

        assert.equal(fromPool.filter(Boolean).length, 1)
      })

      test('an error at load is told, and so is an end', async (t) => {
        const { startFunction, worker } = await pooled(t, sandbox, language)
        const { code, errorType } = language.failure
        const failed = (await startFunction(source(code, '1'), changes).call()) as { errorType: string }
        assert.equal(failed.errorType, errorType)

        await until(() => worker.pooled() > 0)
        const ended = (await startFunction(source(language.crash, '1'), changes).call()) as {
          errorType: string
          errorMessage: string
        }
        assert.equal(ended.errorType, 'Runtime.ExitError')
        assert.match(ended.errorMessage, /exit status 3/)
      })

      test('after a timeout a runtime is started in its place, by the same user, with the same /tmp', async (t) => {
        const { startFunction, worker } = await pooled(t, sandbox, language)
        const fn = startFunction(source(...language.hangs), { ...changes, timeoutMs: 2000 })

        assert.match(((await fn.call({ slow: 1 })) as { errorMessage: string }).errorMessage, /timed out/)
        await until(() => worker.pooled() > 0)
        assert.equal(await fn.call({}), true)
      })

      if (sandbox === 'bubblewrap') {
        test('its code is read-only, and another’s is not there', async (t) => {
          const { startFunction, worker } = await pooled(t, sandbox, language)
          const writes = startFunction(source('', language.write), changes)
          assert.match(JSON.stringify(await writes.call()), /read-only file system/i)

          await until(() => worker.pooled() > 0)
          const one = startFunction([...source('', language.list), { name: 'one', data: '' }], changes)
          const [all, ofOne, userOne] = (await one.call()) as [string[], string[], number]
          await until(() => worker.pooled() > 0)
          const other = startFunction([...source('', language.list), { name: 'two', data: '' }], changes)
          const [, ofOther, userOther] = (await other.call()) as [string[], string[], number]

          assert.deepEqual(all.sort(), language.inVar)
          assert.ok(ofOne.includes('one') && !ofOne.includes('two'))
          assert.ok(ofOther.includes('two') && !ofOther.includes('one'))
          assert.notEqual(userOne, userOther)
        })
      }
    })
  }

  test(`functions that need a process of their own do not take one (${sandbox})`, async (t) => {
    const language = LANGUAGES['Node.js'] as Language
    const { startFunction } = await pooled(t, sandbox, language)
    const variables = { NODE_OPTIONS: '--no-warnings' }
    const fn = startFunction(language.source('', language.mark), { variables })
    assert.equal(isPooled(fn, await fn.call()), false)
  })

  test(`what nobody wants goes, and leaves nothing (${sandbox})`, async (t) => {
    const { worker, folder } = await pooled(t, sandbox, LANGUAGES['Node.js'] as Language, { poolIdleMs: 300 })
    await until(() => worker.pooled() === 0)
    await until(() => environmentsIn(folder).length === 1)
    await worker.stop()
    assert.deepEqual(readdirSync(`${folder}/run`), [])
  })

  test(`runtimes that wait end with a daemon that is killed, or by the next one (${sandbox})`, async (t) => {
    const folder = mkdtempSync(`${tmpdir()}/worker-`)
    const main = fileURLToPath(new URL('../fixtures/pooled-daemon.ts', import.meta.url))
    const daemon = spawn(process.execPath, [main, sandbox, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => daemon.kill('SIGKILL'))
    let said = ''
    daemon.stdout.on('data', (bytes) => {
      said += bytes
    })
    await until(() => said.includes('\n'))
    const waiting = pidsUnder(folder)
    assert.ok(waiting.length > 0)

    daemon.kill('SIGKILL')
    await until(() => startTimeOf(daemon.pid as number) === undefined)
    const { worker } = await testWorker(t, 'process', { folder })

    await until(() => waiting.every((pid) => startTimeOf(pid) === undefined))
    assert.equal(readdirSync(`${folder}/run`).length, 1)
    await worker.stop()
    assert.deepEqual(readdirSync(`${folder}/run`), [])
  })
}

test('a mount helper that ended is no function’s loss, and another follows', {
  skip: sandboxes.includes('bubblewrap') && isRoot ? false : 'needs bubblewrap and root',
}, async (t) => {
  const language = LANGUAGES['Node.js'] as Language
  const { startFunction, worker, reported } = await pooled(t, 'bubblewrap', language)
  const helper = childrenOf(process.pid).find((pid) => commandOf(pid).includes('/pool/mount.')) as number
  process.kill(helper, 'SIGKILL')
  await until(() => startTimeOf(helper) === undefined)
  await sleep(20)

  const code = language.source('', language.mark)
  const started = startFunction(code)
  assert.equal(isPooled(started, await started.call()), false)
  assert.equal(reported.length, 1)

  await until(() => worker.pooled() > 0)
  const fn = startFunction(code)
  assert.equal(isPooled(fn, await fn.call()), true)
})

test('paths of the runtime that had to make way for /tmp are told as they are inside', {
  skip: sandboxes.includes('bubblewrap') && isRoot ? false : 'needs bubblewrap and root',
}, async (t) => {
  const language = LANGUAGES['Node.js'] as Language
  const from: RuntimeFinder = {
    find: async (runtime) => {
      const found = await runtimes.find(runtime)
      if (found.kind === 'missing') return found
      return {
        kind: 'found',
        plan: (fn) => {
          const plan = found.plan(fn)
          const mounts = [...plan.mounts, { source: import.meta.dirname, target: '/tmp/clone' }]
          return { ...plan, mounts, env: { ...plan.env, PATH: '/tmp/clone/bin:/usr/bin' } }
        },
      }
    },
  }
  const { startFunction } = await pooled(t, 'bubblewrap', language, {}, from)
  const fn = startFunction(language.source('', `[process.env.PATH, ${language.mark}]`))
  const [path, mark] = (await fn.call()) as [string, string]
  assert.equal(isPooled(fn, mark), true)
  assert.equal(path, '/host/tmp/clone/bin:/usr/bin')
})

type Seen = [string[], Record<string, string>]

/** A worker that has started one function, and now has a runtime of that kind waiting. */
async function pooled(
  t: TestContext,
  sandbox: SandboxName,
  { changes, source }: Language,
  settings: Partial<WorkerSettings> = {},
  from: RuntimeFinder = runtimes,
): Promise<TestWorker> {
  const one = await testWorker(t, sandbox, { runtimes: from, settings })
  assert.equal(one.worker.pooled(), 0)
  await one.startFunction(source('', '1'), changes).call()
  await until(() => one.worker.pooled() > 0)
  return one
}

/** The mark of one that was started is its environment's own. */
function isPooled(fn: TestFunction, mark: unknown): boolean {
  return !String(mark).startsWith(fn.environment.id)
}

function environmentsIn(folder: string): string[] {
  return readdirSync(`${folder}/run`).flatMap((own) => readdirSync(`${folder}/run/${own}/e`))
}

function pidsUnder(folder: string): number[] {
  return readdirSync(`${folder}/run`).flatMap((own) =>
    readdirSync(`${folder}/run/${own}/e`)
      .map((id) => `${folder}/run/${own}/e/${id}/process`)
      .filter((file) => existsSync(file))
      .map((file) => Number(readFileSync(file, 'latin1').split(' ')[0])),
  )
}
