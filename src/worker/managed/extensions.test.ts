import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { describe, type TestContext, test } from 'node:test'
import { realRandom } from '../../base/random.ts'
import type { InitReport } from '../../wire/platform-event.ts'
import { createRuntimeFinder } from '../runtimes/finder.ts'
import { jsonOf, sandboxesHere, testWorker, until } from '../testing.ts'

const runtimes = createRuntimeFinder({ env: process.env, home: homedir(), report: () => {} })

/** An extension in Node. It registers for `events`, does `then`, and tells what it hears. */
const EXTENSION = (events: string[], then = '') => `#!${process.execPath}
const fs = require('node:fs')
const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API
const name = require('node:path').basename(process.argv[1])
const register = (events) => fetch(api + '/2020-01-01/extension/register', {
  method: 'POST', headers: { 'Lambda-Extension-Name': name }, body: JSON.stringify({ events }) })
async function main() {
  const refused = await register(['INVOKE'])
  console.log(name, refused.status, (await refused.json()).errorType)
  const response = await register(${JSON.stringify(events)})
  const me = { 'Lambda-Extension-Identifier': response.headers.get('Lambda-Extension-Identifier') }
  ${then}
  for (;;) {
    const event = await (await fetch(api + '/2020-01-01/extension/event/next', { headers: me })).json()
    console.log(name, event.eventType, event.shutdownReason)
    process.exit(0)
  }
}
main()
`

/** It listens to the environment's telemetry. */
const LISTENS = `const server = require('node:http').createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => { body += piece }).on('end', () => {
      for (const { type, record } of JSON.parse(body))
        console.log('heard', type, record.message ?? record.requestId ?? '')
      response.end()
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const answer = await fetch(api + '/2022-07-01/telemetry', { method: 'PUT', headers: me, body: JSON.stringify({
    schemaVersion: '2022-12-13', types: ['platform', 'function'],
    buffering: { maxItems: 1000, maxBytes: 262144, timeoutMs: 25 },
    destination: { protocol: 'HTTP', URI: 'http://sandbox.localdomain:' + server.address().port + '/' } }) })
  console.log('subscribed', answer.status)`

const HANDLER = `exports.handler = async (event) => {
  console.log('at work')
  if (event.end) require('node:fs').writeFileSync(process.env.END, '')
  await new Promise((resolve) => setTimeout(resolve, event.ms ?? 0))
  return event
}`

// AWS Lambda Developer Guide, "Lambda managed instances execution environment" and "Lambda extensions API".
for (const sandbox of await sandboxesHere()) {
  describe(`extensions on managed instances, sandbox: ${sandbox}`, () => {
    test('init waits for them, they hear of no invocation, and of the end', async (t) => {
      const slow = 'await new Promise((resolve) => setTimeout(resolve, 300))'
      const { environment, invoke, log, initReport, said, retire } = await started(t, sandbox, {
        a: EXTENSION(['SHUTDOWN'], slow),
      })
      assert.ok(initReport().metrics.durationMs >= 300)
      assert.equal(environment.isInitialized, true)
      const both = await Promise.all([invoke({ n: 1, ms: 50 }), invoke({ n: 2, ms: 50 })])
      assert.deepEqual(
        both.map((outcome) => (jsonOf(outcome) as { n: number }).n),
        [1, 2],
      )

      await retire()

      assert.deepEqual(said(), ['a 403 Extension.InvalidEventType', 'a SHUTDOWN spindown'])
      const records = log.events.filter(({ type }) => type === 'platform.extension')
      assert.deepEqual(
        records.map(({ record }) => record),
        [{ name: 'a', state: 'Ready', events: ['SHUTDOWN'] }],
      )
    })

    test('one that listens hears of each invocation, and what was written in it', async (t) => {
      const { invoke, said } = await started(t, sandbox, { a: EXTENSION(['SHUTDOWN'], LISTENS) })
      await invoke({}, 'r1')
      await until(() => said().includes('heard platform.report r1'))
      const heard = said()
      for (const line of ['subscribed 200', 'heard platform.start r1', 'heard function at work'])
        assert.ok(heard.includes(line), `${line} is missing in\n${heard.join('\n')}`)
    })

    test('one that ends takes the environment along, with all that runs there', async (t) => {
      const { invoke, isGone, said } = await started(t, sandbox, {
        a: EXTENSION(
          ['SHUTDOWN'],
          'setInterval(() => fs.existsSync(process.env.END) && process.exit(3), 20)',
        ),
        b: EXTENSION(['SHUTDOWN']),
      })
      const outcomes = await Promise.all([
        invoke({ ms: 20_000 }, 'r1'),
        invoke({ ms: 20_000, end: true }, 'r2'),
      ])
      assert.deepEqual(outcomes.map(jsonOf), [
        { errorType: 'Extension.Crash', errorMessage: 'RequestId: r1 Error: exit status 3' },
        { errorType: 'Extension.Crash', errorMessage: 'RequestId: r2 Error: exit status 3' },
      ])
      await until(isGone)
      await until(() => said().includes('b SHUTDOWN failure'))
    })

    test('one that ends before it is ready fails the init', async (t) => {
      const { environment, initReport } = await started(t, sandbox, {
        a: EXTENSION(['SHUTDOWN'], 'process.exit(4)'),
      })
      assert.equal(environment.isInitialized, false)
      const { status, errorType } = initReport()
      assert.deepEqual([status, errorType], ['error', 'Extension.Crash'])
    })
  })
}

async function started(
  t: TestContext,
  sandbox: 'process' | 'bubblewrap',
  extensions: Readonly<Record<string, string>>,
) {
  const opt = mkdtempSync(`${tmpdir()}/opt-`)
  chmodSync(opt, 0o755)
  mkdirSync(`${opt}/extensions`, { mode: 0o755 })
  for (const [name, text] of Object.entries(extensions))
    writeFileSync(`${opt}/extensions/${name}`, text, { mode: 0o755 })
  t.after(() => rmSync(opt, { recursive: true, force: true }))
  const settings = { poolMembersMax: 0 }
  /** By which the handler tells an extension to end. */
  const end = `/tmp/end-${realRandom.uuid()}`
  t.after(() => rmSync(end, { force: true }))
  const { log, startFunction } = await testWorker(t, sandbox, { runtimes, opt, settings })
  const fn = startFunction(HANDLER, {
    ...{ runtime: 'nodejs24.x', memoryMb: 2048, timeoutMs: 30_000 },
    managed: { maxConcurrency: 4, vcpus: 1 },
    logging: { format: 'JSON', group: '/aws/lambda/f' },
    variables: { END: end },
  })
  let gone = false
  fn.gone.then(() => {
    gone = true
  })
  await fn.free
  const { environment } = fn
  return {
    environment,
    log,
    isGone: () => gone,
    initReport: () =>
      log.events.find(({ type }) => type === 'platform.initReport')?.record as unknown as InitReport,
    /** The lines of the extensions. */
    said: () => log.records.map(({ text }) => text.trim()).filter((text) => !text.startsWith('{')),
    retire: async () => {
      environment.retire()
      await fn.gone
      await (environment as unknown as { gone(): Promise<void> }).gone()
    },
    invoke: (event: unknown, requestId: string = realRandom.uuid()) =>
      environment.invoke({
        requestId,
        invokedFunctionArn: environment.fn.arn,
        payload: Buffer.from(JSON.stringify(event)),
        traceHeader: 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0',
      }),
  }
}
