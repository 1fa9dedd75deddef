import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { realRandom } from '../../base/random.ts'
import { createRuntimeFinder } from '../runtimes/finder.ts'
import { sandboxesHere, testWorker } from '../testing.ts'

const runtimes = createRuntimeFinder({ env: process.env, home: process.env.HOME ?? '/' })
const sandboxes = await sandboxesHere()

/** An extension in Node, of which a test says what it does with an event, and before. */
const NODE_EXTENSION = (register: string, onEvent: string) => `#!${process.execPath}
const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2020-01-01/extension/'
const name = require('node:path').basename(process.argv[1])
async function main() {
  const response = await fetch(api + 'register', {
    method: 'POST', headers: { 'Lambda-Extension-Name': name }, body: '{"events":["INVOKE","SHUTDOWN"]}' })
  const headers = { 'Lambda-Extension-Identifier': response.headers.get('Lambda-Extension-Identifier') }
  ${register}
  for (;;) {
    const event = await (await fetch(api + 'event/next', { headers })).json()
    console.log(name, event.eventType, event.shutdownReason ?? '')
    ${onEvent}
  }
}
main()
`
const ENDS = "if (event.eventType === 'SHUTDOWN') process.exit(0)"

for (const sandbox of sandboxes) {
  describe(`processes of extensions, sandbox: ${sandbox}`, { skip: process.platform !== 'linux' }, () => {
    test('two extensions see each invocation and the end', async (t) => {
      const opt = optFolder(t, { a: NODE_EXTENSION('', ENDS), b: NODE_EXTENSION('', ENDS) })
      const { startFunction, log } = await testWorker(t, sandbox, { runtimes, opt })
      const fn = startFunction('exports.handler = async (event) => event')

      assert.deepEqual(await fn.call({ a: 1 }), { a: 1 })
      assert.deepEqual(await fn.call({ a: 2 }), { a: 2 })
      fn.environment.retire()
      await gone(fn)

      const said = log.records.map(({ text }) => text).sort()
      assert.deepEqual(
        said,
        ['a INVOKE \n', 'a INVOKE \n', 'a SHUTDOWN spindown\n']
          .flatMap((line) => [line, line.replace('a', 'b')])
          .sort(),
      )
      assert.deepEqual(
        log.events.filter(({ type }) => type === 'platform.extension').map(({ record }) => record),
        ['a', 'b'].map((name) => ({ name, state: 'Ready', events: ['INVOKE', 'SHUTDOWN'] })),
      )
    })

    test('the runtime of a function with extensions hears SIGTERM, and what it says then is logged', async (t) => {
      const opt = optFolder(t, { a: NODE_EXTENSION('', ENDS) })
      const { startFunction, log } = await testWorker(t, sandbox, { runtimes, opt })
      const fn = startFunction(TERMINATES)
      await fn.call()
      fn.environment.retire()
      await gone(fn)

      assert.match(log.text + log.records.map(({ text }) => text).join(''), /asked to end/)
    })

    test('an internal extension is called before its handler answers, and has SIGTERM too', async (t) => {
      const { startFunction, log } = await testWorker(t, sandbox, { runtimes })
      const fn = startFunction([{ name: 'index.mjs', data: INTERNAL }], { runtime: 'nodejs24.x' })

      assert.deepEqual(await fn.call({ a: 1 }), { seen: 1 })
      assert.deepEqual(await fn.call({ a: 1 }), { seen: 2 })
      fn.environment.retire()
      await gone(fn)

      assert.match(log.text + log.records.map(({ text }) => text).join(''), /asked to end/)
      assert.deepEqual(
        log.events.filter(({ type }) => type === 'platform.extension').map(({ record }) => record),
        [{ name: 'own', state: 'Ready', events: ['INVOKE'] }],
      )
    })

    test('a runtime and an extension that do not want to end are ended after 2 s, and nothing is left', async (t) => {
      const mark = `stays-${realRandom.hex(6)}`
      const stays = NODE_EXTENSION("process.on('SIGTERM', () => {})", '')
      const opt = optFolder(t, { [mark]: stays })
      const { startFunction } = await testWorker(t, sandbox, { runtimes, opt })
      const fn = startFunction(`process.on('SIGTERM', () => {}); exports.handler = () => 1`)
      await fn.call()
      const before = performance.now()
      fn.environment.retire()
      await gone(fn)
      const took = performance.now() - before

      assert.ok(took > 1900 && took < 4000, `${took} ms`)
      assert.equal(running(mark), '')
    })

    test('an extension that crashes while it is idle takes the environment along; the next invocation has another', async (t) => {
      const opt = optFolder(t, { a: NODE_EXTENSION('', `setTimeout(() => process.exit(9), 100)\n${ENDS}`) })
      const { startFunction, log } = await testWorker(t, sandbox, { runtimes, opt })
      const fn = startFunction('let n = 0; exports.handler = () => ++n')

      assert.equal(await fn.call(), 1)
      // A frozen extension cannot crash: the next invocation may find it alive.
      const outcomes: unknown[] = []
      for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => setTimeout(resolve, 200))
        outcomes.push(await fn.call())
      }

      assert.ok(
        outcomes.some((outcome) => outcome === 1 || isCrash(outcome)),
        JSON.stringify(outcomes),
      )
      assert.ok(
        log.events.some(
          ({ type, record }) =>
            type === 'platform.initStart' && (record as { phase: string }).phase === 'invoke',
        ),
      )
    })

    test('a program whose interpreter is missing is a crash with the shell’s status', async (t) => {
      const opt = optFolder(t, { a: '#!/does/not/exist\n' })
      const { startFunction } = await testWorker(t, sandbox, { runtimes, opt })

      const failed = (await startFunction('exports.handler = () => 1').call()) as {
        errorType: string
        errorMessage: string
      }

      assert.equal(failed.errorType, 'Extension.Crash')
      assert.match(failed.errorMessage, /exit status 12[67]$/)
    })

    test('what an extension does in the background stops with the environment, and goes on with the next invocation', async (t) => {
      const counts = 'let count = 0; setInterval(() => count++, 10)'
      const opt = optFolder(t, { a: NODE_EXTENSION(counts, `console.log('counted', count)\n${ENDS}`) })
      const { startFunction, log } = await testWorker(t, sandbox, { runtimes, opt })
      const fn = startFunction('exports.handler = (ms) => new Promise((resolve) => setTimeout(resolve, ms))')
      await fn.call(300)
      await sleep(900)
      await fn.call(300)
      await sleep(100)
      await fn.call(0)

      const said = log.records.flatMap(({ text }) => /^counted (\d+)/.exec(text)?.[1] ?? []).map(Number)
      const [first = 0, second = 0, third = 0] = said
      assert.equal(said.length, 3)
      assert.ok(second - first < 60, `${second - first} counts in 300 ms of work and 900 ms of rest`)
      assert.ok(third - second > 8, `${third - second} counts in 300 ms of work`)
    })

    test('what was frozen is thawed for its end: the runtime hears SIGTERM, and extensions of the shutdown', async (t) => {
      const opt = optFolder(t, { a: NODE_EXTENSION('', ENDS) })
      const { startFunction, log } = await testWorker(t, sandbox, { runtimes, opt })
      const fn = startFunction(TERMINATES)
      await fn.call()
      await sleep(200)
      fn.environment.retire()
      await gone(fn)

      const said = log.text + log.records.map(({ text }) => text).join('')
      assert.match(said, /asked to end/)
      assert.match(said, /a SHUTDOWN spindown/)
    })

    test('stopping the worker lets extensions end first', async (t) => {
      const opt = optFolder(t, { a: NODE_EXTENSION('', ENDS) })
      const { startFunction, worker, log } = await testWorker(t, sandbox, { runtimes, opt })
      await startFunction('exports.handler = () => 1').call()

      await worker.stop()

      assert.ok(log.records.some(({ text }) => text === 'a SHUTDOWN spindown\n'))
    })
  })
}

const TERMINATES = `process.on('SIGTERM', () => { console.log('asked to end'); setTimeout(() => process.exit(0), 50) })
exports.handler = () => 1`

const INTERNAL = `
const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2020-01-01/extension/'
let seen = 0
let onSeen
process.on('SIGTERM', () => { console.log('asked to end'); setTimeout(() => process.exit(0), 50) })
const response = await fetch(api + 'register', {
  method: 'POST', headers: { 'Lambda-Extension-Name': 'own' }, body: '{"events":["INVOKE"]}' })
const headers = { 'Lambda-Extension-Identifier': response.headers.get('Lambda-Extension-Identifier') }
async function loop() {
  for (;;) {
    await (await fetch(api + 'event/next', { headers })).json()
    seen++
    onSeen?.()
  }
}
loop()
export const handler = async () => {
  const count = seen
  if (count === globalThis.last) await new Promise((resolve) => { onSeen = resolve })
  globalThis.last = seen
  return { seen }
}
globalThis.last = 0
`

function isCrash(outcome: unknown): boolean {
  return (outcome as { errorType?: string }).errorType === 'Extension.Crash'
}

/** Nothing of it is left. */
async function gone(fn: { environment: unknown }): Promise<void> {
  await (fn.environment as { gone(): Promise<void> }).gone()
}

function running(mark: string): string {
  return execFileSync('/bin/sh', ['-c', `ps ax | grep ${mark} | grep -v grep || true`]).toString()
}

function optFolder(t: TestContext, extensions: Record<string, string>): string {
  const folder = mkdtempSync(`${tmpdir()}/opt-`)
  mkdirSync(`${folder}/extensions`)
  execFileSync('chmod', ['-R', '755', folder])
  for (const [name, text] of Object.entries(extensions))
    writeFileSync(`${folder}/extensions/${name}`, text, { mode: 0o755 })
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
