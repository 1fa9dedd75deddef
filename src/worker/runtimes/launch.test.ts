import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { after, describe, test } from 'node:test'
import { findBubblewrap } from '../sandbox/choose.ts'
import { testWorker } from '../testing.ts'
import { createRuntimeFinder, type FoundRuntime } from './finder.ts'

// Every Node and Python (for the others see test/runtimes) whose interpreter is on this machine, in each sandbox that works on it.

const probe = mkdtempSync(`${tmpdir()}/bwrap-`)
const bubblewrap = await findBubblewrap(probe)
after(() => rmSync(probe, { recursive: true }))

const finder = createRuntimeFinder({ env: process.env, home: homedir() })
const managed = (await finder.list()).filter(
  (found): found is FoundRuntime => found.kind === 'found' && /^(node|python)/.test(found.runtime),
)

const NODE = `console.log('logged')
exports.handler = async (event) => [event, process.execPath, process.cwd(), __dirname]`
const PYTHON = `import os, sys, ssl, sqlite3, logging
logging.warning('logged')
def handler(event, context):
  return [event, sys.executable, os.getcwd(), os.path.dirname(__file__)]`

for (const [sandbox, skip] of [
  ['bubblewrap', 'why' in bubblewrap ? bubblewrap.why : false],
  ['process', false],
] as const) {
  describe(`in the sandbox ${sandbox}`, { skip }, () => {
    for (const { runtime, binary } of managed) {
      test(`${runtime} runs a function on ${binary}`, async (t) => {
        const { startFunction, log } = await testWorker(t, sandbox, { runtimes: finder })
        const file = runtime.startsWith('node')
          ? { name: 'index.js', data: NODE }
          : { name: 'index.py', data: PYTHON }
        const fn = startFunction([file], { runtime })
        const [event, executable, cwd, folder] = (await fn.call({ a: 'ü' })) as [
          unknown,
          string,
          string,
          string,
        ]
        assert.deepEqual(event, { a: 'ü' })
        assert.equal(executable, binary)
        assert.equal(folder, cwd)
        if (sandbox === 'bubblewrap') assert.equal(cwd, '/var/task')
        assert.deepEqual(
          log.records.map(({ text }) => text.trimEnd().split('\t').at(-1)),
          ['logged'],
        )
      })
    }

    test('a wrapper of the function’s starts the runtime', async (t) => {
      const { startFunction } = await testWorker(t, sandbox, { runtimes: finder })
      const code = [
        { name: 'index.js', data: 'exports.handler = async () => process.env.BY_WRAPPER' },
        { name: 'wrapper', data: '#!/bin/sh\nexport BY_WRAPPER=1\nexec "$@"\n', mode: 0o100755 },
      ]
      const variables = { AWS_LAMBDA_EXEC_WRAPPER: '/var/task/wrapper' }
      assert.equal(await startFunction(code, { runtime: 'nodejs24.x', variables }).call(), '1')
    })

    test('a wrapper that is not there is exit status 127', async (t) => {
      const { startFunction } = await testWorker(t, sandbox, { runtimes: finder })
      const variables = { AWS_LAMBDA_EXEC_WRAPPER: '/var/task/nowhere' }
      const fn = startFunction([{ name: 'index.js', data: '' }], { runtime: 'nodejs24.x', variables })
      assert.match(JSON.stringify(await fn.call()), /Runtime exited with error: exit status 127/)
    })
  })
}
