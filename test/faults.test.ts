import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { type FunctionOptions, platform } from './support/platform.ts'

// What src/worker/faults.test.ts does to the worker, as the caller of Invoke sees it, with the logs on.

interface Fault {
  readonly files: Readonly<Record<string, string>>
  readonly options?: FunctionOptions
  readonly errorType: string
  readonly message: RegExp
}

const node = (code: string) => ({ 'index.mjs': code })

const faults: Record<string, Fault> = {
  'endless output': {
    files: node('export const handler = () => { for (;;) process.stdout.write("and on\\n".repeat(1000)) }'),
    options: { Timeout: 1 },
    errorType: 'Sandbox.Timedout',
    message: /Task timed out after 1\.00 seconds$/,
  },
  'endless output without a newline': {
    files: node(
      `import fs from 'node:fs'; const piece = Buffer.alloc(65536, 'x'); export const handler = () => { for (;;) fs.writeSync(1, piece) }`,
    ),
    options: { Timeout: 1 },
    errorType: 'Sandbox.Timedout',
    message: /Task timed out after 1\.00 seconds$/,
  },
  'a program of another architecture': {
    files: { bootstrap: `\x7fELF${'\x02\x01\x01'}${'\0'.repeat(60)}` },
    options: { Runtime: 'provided.al2023', Handler: 'x', mode: 0o755 },
    errorType: 'Runtime.InvalidEntrypoint',
    message: /Error: fork\/exec \/var\/task\/bootstrap: exec format error$/,
  },
  'a script with the line ends of Windows': {
    files: { bootstrap: '#!/bin/sh\r\necho hello\r\n' },
    options: { Runtime: 'provided.al2023', Handler: 'x', mode: 0o755 },
    errorType: 'Runtime.InvalidEntrypoint',
    message: /Error: fork\/exec \/var\/task\/bootstrap: no such file or directory$/,
  },
  'a runtime that ends before it asks': {
    files: { bootstrap: '#!/bin/sh\nexit 3\n' },
    options: { Runtime: 'provided.al2023', Handler: 'x', mode: 0o755 },
    errorType: 'Runtime.ExitError',
    message: /Error: Runtime exited with error: exit status 3$/,
  },
  'a loop without an end, which ignores signals': {
    files: node(`process.on('SIGTERM', () => {}); export const handler = () => { for (;;); }`),
    options: { Timeout: 1 },
    errorType: 'Sandbox.Timedout',
    message: /Task timed out after 1\.00 seconds$/,
  },
}

describe('a faulty function gets its error, and another one its answers', () => {
  for (const [name, { files, options, errorType, message }] of Object.entries(faults)) {
    test(name, async (t) => {
      const { createFunction, invoke, logs } = await platform(t)
      const other = await createFunction(node('export const handler = (event) => event'))
      await invoke(other, 0)
      const faulty = await createFunction(files, options)

      let isOver = false
      const failing = invoke(faulty).finally(() => {
        isOver = true
      })
      let slowest = 0
      while (!isOver) {
        const startedAt = performance.now()
        assert.equal((await invoke(other, 7)).payload, 7)
        slowest = Math.max(slowest, performance.now() - startedAt)
      }
      const { status, functionError, payload } = await failing

      assert.deepEqual([status, functionError, payload.errorType], [200, 'Unhandled', errorType])
      assert.match(payload.errorMessage, message)
      assert.ok(slowest < 1000, `the other function took ${slowest} ms`)
      // Its log can be read, however much there is of it.
      const { logStreams } = await logs.send(
        new DescribeLogStreamsCommand({ logGroupName: `/aws/lambda/${other}` }),
      )
      assert.equal(logStreams?.length, 1)
    })
  }

  test('the log tells a crash once, and of the init that runs again only if it fails', async (t) => {
    const { createFunction, invoke, logs } = await platform(t)
    const code = `import fs from 'node:fs'
      if (fs.existsSync('/tmp/broken') || fs.existsSync((process.env.TMPDIR ?? '/tmp') + '/broken')) throw new Error('at load')
      export const handler = ({ crash, broken }) => {
        if (broken) fs.writeFileSync((process.env.TMPDIR ?? '/tmp') + '/broken', '')
        if (crash) process.exit(3)
        if (broken) throw new TypeError('odd')
        return 1
      }`
    const name = await createFunction(node(code))
    for (const event of [{ crash: true }, {}, { broken: true }, { crash: true, broken: true }, {}])
      await invoke(name, event)

    const text = await logOf(logs, name, 5)
    const system = text.filter((line) => /^(INIT_|START|END|REPORT|RequestId: )/.test(line))
    const seen = system.map((line) =>
      line
        .replace(/[0-9a-f-]{36}/, 'ID')
        .replace(/^(INIT_START|REPORT|INIT_REPORT)[^\n]*?((\tPhase: \w+)?(\tStatus: [^\n]*)?)\n$/, '$1$2')
        .trimEnd(),
    )

    const crash = 'RequestId: ID Error: Runtime exited with error: exit status 3\nRuntime.ExitError'
    const status = 'REPORT\tStatus: error\tError Type: Runtime.ExitError'
    const [start, end] = ['START RequestId: ID Version: $LATEST', 'END RequestId: ID']
    assert.deepEqual(seen.slice(0, 15), [
      'INIT_START',
      ...[start, crash, end, status],
      // Its runtime started again inside the invocation: not a line.
      ...[start, end, 'REPORT'],
      // An error that the handler threw is no status.
      ...[start, end, 'REPORT'],
      ...[start, crash, end, status],
    ])
    assert.match(seen[15] ?? '', /^INIT_REPORT\tPhase: invoke\tStatus: error\tError Type: /)
    assert.deepEqual(
      seen.slice(16).map((line) => line.split(/[ \t]/)[0]),
      ['START', ...(seen.length === 20 ? ['RequestId:'] : []), 'END', 'REPORT'],
    )
  })

  test('nothing is left of them when lambdad has stopped', async (t) => {
    const { createFunction, invoke, running, data } = await platform(t)
    const faulty = await createFunction(
      node(`import { spawn } from 'node:child_process'
        export const handler = () => { spawn('sleep', ['4711.4711'], { detached: true, stdio: 'ignore' }).unref(); for (;;); }`),
      { Timeout: 1 },
    )
    await invoke(faulty)
    await running.stop()
    assert.deepEqual(readdirSync(`${data}/run`), [])
    assert.deepEqual(processesWith('4711.4711'), [])
  })
})

/** The messages of a function's log, once so many invocations are reported in it. */
async function logOf(logs: CloudWatchLogsClient, name: string, reports: number): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const { events = [] } = await logs
      .send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` }))
      .catch(() => ({ events: [] }))
    const messages = events.map(({ message = '' }) => message)
    if (messages.filter((line) => line.startsWith('REPORT')).length >= reports || tries === 100)
      return messages
    await sleep(50)
  }
}

function processesWith(argument: string): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(argument)
      )
    } catch {
      return false
    }
  })
}
