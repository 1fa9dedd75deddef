import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { after, describe, test } from 'node:test'
import { findBubblewrap } from '../sandbox/choose.ts'
import { testWorker } from '../testing.ts'
import { createRuntimeFinder, type FoundRuntime } from './finder.ts'

// Every managed runtime whose interpreter is on this machine, in each sandbox that works on it.

const probe = mkdtempSync(`${tmpdir()}/bwrap-`)
const bubblewrap = await findBubblewrap(probe)
after(() => rmSync(probe, { recursive: true }))

const finder = createRuntimeFinder({ env: process.env, home: homedir() })
const managed = (await finder.list()).filter(
  (found): found is FoundRuntime => found.kind === 'found' && found.binary !== '',
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
  })
}
