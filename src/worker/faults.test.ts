import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FunctionVersion } from '../wire/function-version.ts'
import { sandboxesHere, type TestFunction, type TestWorker, testWorker } from './testing.ts'

// Functions and runtimes that do what they should not. Each gets AWS's error, disturbs no other function, and
// leaves nothing.

const sandboxes = await sandboxesHere()

/** Bad as it may be here, with eight programs on two processors: what is found out is whether it waits for the other. */
const UNDISTURBED_MS = 1000

interface Case {
  readonly handler?: string
  /** After the words that `SPEAKS` defines. */
  readonly bootstrap?: string
  readonly changes?: Partial<FunctionVersion>
  readonly settings?: { initTimeoutMs?: number; limitsProcessor?: boolean }
  readonly events?: readonly unknown[]
  /** What the callers get, as JSON; errors without the request's id. */
  readonly outcomes: readonly unknown[]
}

const timedOut = (seconds: string) => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: `RequestId: ID Error: Task timed out after ${seconds} seconds`,
})
const exited = (how: string) => ({
  errorType: 'Runtime.ExitError',
  errorMessage: `RequestId: ID Error: Runtime exited ${how}`,
})

const cases: Record<string, Case> = {
  'a runtime that never calls next': {
    bootstrap: 'setInterval(() => {}, 1e4)',
    settings: { initTimeoutMs: 200 },
    changes: { timeoutMs: 500 },
    outcomes: [timedOut('0.50'), timedOut('0.50')],
  },
  'a runtime that answers twice is refused the second time': {
    bootstrap: `
      let second
      for (;;) {
        const { id } = await next()
        const before = second ?? null
        await post(id + '/response', JSON.stringify(before))
        second = await post(id + '/response', '"again"')
      }`,
    events: [1, 2],
    outcomes: [null, { status: 403, errorType: 'InvalidStateTransition' }],
  },
  'a runtime that answers with another id is refused, and may still answer with the right one': {
    bootstrap: `
      for (;;) {
        const { id } = await next()
        const refused = await post('8476a536-e9f4-11e8-9739-2dfe598c3fcd/response', '1')
        await post(id + '/response', JSON.stringify(refused))
      }`,
    outcomes: [{ status: 400, errorType: 'InvalidRequestID' }],
  },
  'half a body, and the connection closed': {
    bootstrap: `
      const { id } = await next()
      raw('POST /2018-06-01/runtime/invocation/' + id + '/response HTTP/1.1\\r\\nContent-Length: 100\\r\\n\\r\\n{"half":').end()
      setInterval(() => {}, 1e4)`,
    changes: { timeoutMs: 700 },
    outcomes: [timedOut('0.70')],
  },
  'a runtime that closes its connection and goes on without one': {
    bootstrap: `
      const asking = raw('GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\n\\r\\n')
      asking.once('data', () => asking.destroy())
      setInterval(() => {}, 1e4)`,
    changes: { timeoutMs: 700 },
    outcomes: [timedOut('0.70')],
  },
  'bytes that are no HTTP': {
    bootstrap: `
      raw(Buffer.alloc(300_000, 7))
      raw('GET / HTTP/9.9\\r\\n\\r\\n')
      raw('POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\n')
      const { id } = await next()
      await post(id + '/response', '"after all"')
      await next()`,
    outcomes: ['after all'],
  },
  'more connections than a runtime needs': {
    bootstrap: `
      for (let i = 0; i < 900; i++) raw('GET /').on('error', () => {})
      await new Promise((r) => setTimeout(r, 100))
      process.exit(4)`,
    settings: { initTimeoutMs: 3000 },
    outcomes: [exited('with error: exit status 4')],
  },
  'a runtime that ends without a word': {
    bootstrap: 'await next(); process.exit(0)',
    outcomes: [exited('without providing a reason'), exited('without providing a reason')],
  },
  'a runtime that ignores signals': {
    handler: `
      for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']) process.on(name, () => {})
      exports.handler = () => new Promise(() => setInterval(() => {}, 1e4))`,
    changes: { timeoutMs: 500 },
    outcomes: [timedOut('0.50')],
  },
  'a child in a session of its own that ignores signals, and holds the output open': {
    handler: `
      exports.handler = () => {
        require('node:child_process').spawn('sh', ['-c', 'trap "" TERM HUP INT; while :; do sleep 1; done'], { detached: true, stdio: 'inherit' }).unref()
        return 'started'
      }`,
    outcomes: ['started'],
  },
  'a handler that never leaves its loop': {
    handler: 'exports.handler = () => { for (;;); }',
    changes: { timeoutMs: 500 },
    outcomes: [timedOut('0.50')],
  },
  'a runtime that stops itself': {
    handler: `exports.handler = () => { process.kill(process.pid, 'SIGSTOP'); return new Promise(() => {}) }`,
    changes: { timeoutMs: 500 },
    outcomes: [timedOut('0.50')],
  },
  'endless output': {
    handler: `const fs = require('node:fs'); exports.handler = () => { for (;;) fs.writeSync(1, 'and on and on\\n'.repeat(500)) }`,
    changes: { timeoutMs: 700 },
    outcomes: [timedOut('0.70')],
  },
  'endless output without a newline': {
    handler: `const fs = require('node:fs'); const piece = Buffer.alloc(65536, 'x'); exports.handler = () => { for (;;) fs.writeSync(2, piece) }`,
    changes: { timeoutMs: 700 },
    outcomes: [timedOut('0.70')],
  },
  'log frames that lie about their length, and are cut off': {
    handler: `
      const fs = require('node:fs')
      exports.handler = () => {
        const head = Buffer.alloc(16); head.writeUInt32BE(0xa55a000f); head.writeUInt32BE(0xffffffff, 4)
        fs.writeSync(3, head); fs.writeSync(3, Buffer.alloc(100_000, 1))
        process.exit(5)
      }`,
    outcomes: [exited('with error: exit status 5')],
  },
  '100,000 open files': {
    handler: `
      const fs = require('node:fs')
      exports.handler = () => {
        const fds = []
        try { for (let i = 0; i < 100_000; i++) fds.push(fs.openSync('/dev/null')) }
        catch (error) { return [error.code, fds.length < 1024] }
        finally { for (const fd of fds) fs.closeSync(fd) }
      }`,
    events: [1, 2],
    outcomes: [
      ['EMFILE', true],
      ['EMFILE', true],
    ],
  },
  'a memory hog in a child is the handler’s affair': {
    handler: `
      const { spawnSync } = require('node:child_process')
      exports.handler = () => spawnSync(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")']).signal`,
    outcomes: ['SIGKILL'],
  },
  'a memory hog by one large piece': {
    handler: 'exports.handler = () => Buffer.alloc(700 << 20, 1).length',
    changes: { memoryMb: 128, ephemeralStorageMb: 512 },
    settings: { limitsProcessor: false },
    outcomes: [
      {
        errorType: 'Runtime.OutOfMemory',
        errorMessage: 'RequestId: ID Error: Runtime exited with error: signal: killed',
      },
    ],
  },
}

/** What only a sandbox withstands. */
const sandboxedCases: Record<string, Case> = {
  'a fork bomb': {
    handler: `exports.handler = () => new Promise(() => require('node:child_process').spawn('sh', ['-c', 'b() { b | b & }; b'], { stdio: 'ignore' }))`,
    changes: { timeoutMs: 1500 },
    outcomes: [timedOut('1.50')],
  },
  'a full /tmp, by one large file and then by many': {
    handler: `
      const fs = require('node:fs')
      const until = (what) => { try { for (let i = 0; ; i++) what(i) } catch (error) { return error.code } }
      exports.handler = ({ many }) => {
        if (many) return until((i) => fs.mkdirSync('/tmp/' + i))
        const fd = fs.openSync('/tmp/full', 'w')
        const how = until(() => fs.writeSync(fd, Buffer.alloc(1 << 20)))
        fs.closeSync(fd)
        return how
      }`,
    changes: { ephemeralStorageMb: 64, timeoutMs: 20_000 },
    events: [{}, {}],
    outcomes: ['ENOSPC', 'ENOSPC'],
  },
  'code that deletes all it can write': {
    handler: `
      const fs = require('node:fs')
      exports.handler = () => {
        if (process.getuid() === 0) throw new Error('not as root')
        fs.writeFileSync('/tmp/file', '')
        const folders = ['/tmp', '/var', '/opt', '/run', '/dev', '/etc', '/usr/bin', '/proc/self']
        for (const folder of folders)
          for (const name of fs.readdirSync(folder))
            try { fs.rmSync(folder + '/' + name, { recursive: true, force: true }) } catch {}
        return [fs.readdirSync('/tmp').length, fs.existsSync('/var/task/index.cjs'), fs.existsSync('/run/lambdad/runtime.sock'), fs.existsSync('/usr/bin/env')]
      }`,
    events: [1, 2],
    outcomes: [
      [0, true, true, true],
      [0, true, true, true],
    ],
  },
}

for (const sandbox of sandboxes) {
  describe(`faults, sandbox: ${sandbox}`, () => {
    const all = sandbox === 'bubblewrap' ? { ...cases, ...sandboxedCases } : cases
    for (const [name, one] of Object.entries(all)) {
      test(name, async (t) => {
        const host = await testWorker(t, sandbox, { settings: one.settings ?? {} })
        if (name === 'a fork bomb' && !host.worker.isolation().limited.includes('number of processes'))
          return t.skip('there is no cgroup for it')
        const other = host.startFunction('exports.handler = (event) => event')
        await other.call(0)
        const faulty = host.startFunction(codeOf(one), {
          ...(one.bootstrap === undefined ? {} : { runtime: 'provided.al2023' }),
          ...one.changes,
        })

        const outcomes: unknown[] = []
        const slowest = await slowestDuring(other, async () => {
          for (const [index] of one.outcomes.entries())
            outcomes.push(withoutId(await faulty.call(one.events?.[index] ?? {})))
        })

        assert.deepEqual(outcomes, one.outcomes)
        assert.ok(slowest < UNDISTURBED_MS, `another function took ${slowest} ms`)
        assert.deepEqual(host.reported, [])
        await leavesNothing(host, faulty)
        assert.equal(await other.call(1), 1)
      })
    }

    test('programs that cannot be run are invalid entry points, each with the kernel’s reason', async (t) => {
      const { startFunction } = await testWorker(t, sandbox)
      const elf = Buffer.alloc(64)
      elf.write('\x7fELF\x02\x01\x01', 'latin1')
      elf.writeUInt16LE(2, 16)
      elf.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18)
      const programs: [data: string | Buffer, mode: number, reason: string][] = [
        ['#!/bin/sh\nexit 0', 0o100644, 'permission denied'],
        ['#!/bin/sh\nexit 0', 0o100000, 'permission denied'],
        ['#!/no/such/interpreter\n', 0o100755, 'no such file or directory'],
        ['#!/bin/sh\r\nexit 0', 0o100755, 'no such file or directory'],
        [elf, 0o100755, 'exec format error'],
        ['just text', 0o100755, 'exec format error'],
        ['', 0o100755, 'exec format error'],
      ]
      for (const [data, mode, reason] of programs) {
        const fn = startFunction([{ name: 'bootstrap', mode, data }], { runtime: 'provided.al2023' })
        assert.deepEqual(
          withoutId(await fn.call()),
          {
            errorType: 'Runtime.InvalidEntrypoint',
            errorMessage: `RequestId: ID Error: fork/exec /var/task/bootstrap: ${reason}`,
          },
          `${JSON.stringify(String(data))} ${mode.toString(8)}`,
        )
      }
    })

    test('odd modes in a package: nothing is setuid, and what nobody could read can be read', async (t) => {
      const { startFunction } = await testWorker(t, sandbox)
      const fn = startFunction([
        {
          name: 'index.cjs',
          mode: 0o100000,
          data: `const fs = require('node:fs'); exports.handler = () => ['index.cjs', 'suid', 'sticky', 'none/file'].map((name) => (fs.statSync(name).mode & 0o7777).toString(8) + fs.readFileSync(name, 'latin1').length)`,
        },
        { name: 'suid', mode: 0o106755, data: 'x' },
        { name: 'sticky', mode: 0o101777, data: 'x' },
        { name: 'none/', mode: 0o040000 },
        { name: 'none/file', mode: 0o100200, data: 'x' },
      ])

      const seen = (await fn.call()) as string[]

      assert.deepEqual(seen.slice(1), ['7551', '7771', '6441'])
    })
  })
}

function codeOf({ handler, bootstrap }: Case) {
  if (bootstrap === undefined) return handler as string
  const data = `#!${process.execPath}\n${SPEAKS}\nvoid (async () => {${bootstrap}})()`
  return [{ name: 'bootstrap', mode: 0o100755, data }]
}

/** What a runtime says to the port: politely, and not. */
const SPEAKS = `
const http = require('node:http'), net = require('node:net')
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':')
const call = (method, path, body) => new Promise((resolve, reject) => {
  const request = http.request({ host, port, method, path: '/2018-06-01/runtime/invocation/' + path }, async (response) => {
    let text = ''
    for await (const piece of response) text += piece
    resolve({ response, text })
  })
  request.on('error', reject)
  request.end(body)
})
const next = async () => ({ id: (await call('GET', 'next')).response.headers['lambda-runtime-aws-request-id'] })
const post = async (path, body) => {
  const { response, text } = await call('POST', path, body)
  return { status: response.statusCode, errorType: JSON.parse(text).errorType }
}
const raw = (bytes) => { const socket = net.connect({ host, port }); socket.on('error', () => {}); socket.write(bytes); return socket }
`

/** Milliseconds that the slowest of the other function's invocations took. */
async function slowestDuring(other: TestFunction, what: () => Promise<void>): Promise<number> {
  let slowest = 0
  let isOver = false
  const done = what().finally(() => {
    isOver = true
  })
  while (!isOver) {
    const startedAt = performance.now()
    await other.call(1)
    slowest = Math.max(slowest, performance.now() - startedAt)
    await sleep(20)
  }
  await done
  return slowest
}

function withoutId(answer: unknown): unknown {
  const { errorType, errorMessage, ...rest } = (answer ?? {}) as Record<string, unknown>
  if (typeof errorMessage !== 'string') return answer
  return {
    errorType,
    errorMessage: errorMessage.replace(/RequestId: [0-9a-f-]{36}/, 'RequestId: ID'),
    ...rest,
  }
}

/** No process, mount, cgroup or file of an environment that is let go. */
async function leavesNothing({ folder }: TestWorker, { environment }: TestFunction): Promise<void> {
  const own = `${folder}/run/${readdirSync(`${folder}/run`)[0]}`
  environment.retire()
  await eventually(() => [
    ...readdirSync(`${own}/e`).filter((name) => name.startsWith(environment.id)),
    ...(readdirSync(own).includes('t') ? readdirSync(`${own}/t`) : []).filter(
      (name) => name === environment.id,
    ),
    ...processesOf(environment.id).map((pid) => `process ${pid}`),
    ...groupsOf(own, environment.id),
    ...(readFileSync('/proc/self/mountinfo', 'latin1').includes(environment.id) ? ['a mount'] : []),
  ])
}

function processesOf(environmentId: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) &&
        readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`LAMBDAD_ENVIRONMENT=${environmentId}`)
      )
    } catch {
      return false
    }
  })
}

function groupsOf(own: string, environmentId: string): string[] {
  const groups = readFileSync(`${own}/cgroups`, 'latin1').split('\n').filter(Boolean)
  return groups.flatMap((group) => readdirSync(group).filter((name) => name.startsWith(environmentId)))
}

async function eventually(left: () => string[]): Promise<void> {
  for (let tries = 0; tries < 500 && left().length > 0; tries++) await sleep(10)
  assert.deepEqual(left(), [])
}
