import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import type { FunctionVersion } from '../../src/wire/function-version.ts'
import { findBubblewrap } from '../../src/worker/sandbox/choose.ts'
import { testWorker } from '../../src/worker/testing.ts'
import { works } from '../support/commands.ts'
import { runtimes } from './languages.ts'

const probe = mkdtempSync('/tmp/lambdad-bwrap-')
const sandbox = 'why' in (await findBubblewrap(probe)) ? 'process' : 'bubblewrap'
rmSync(probe, { recursive: true })

async function run(t: TestContext, files: Record<string, string>, changes: Partial<FunctionVersion> = {}) {
  const { startFunction, log } = await testWorker(t, sandbox, { runtimes })
  const code = Object.entries(files).map(([name, data]) => ({ name, data }))
  const fn = startFunction(code, { runtime: 'nodejs24.x', timeoutMs: 20_000, ...changes })
  return { fn, log }
}

const MAP = JSON.stringify({
  version: 3,
  sources: ['source.ts'],
  names: [],
  // The generated line 2 is line 41 of the source.
  mappings: ';AAwCA',
})

test('NODE_OPTIONS=--enable-source-maps: an error’s stack names the source', async (t) => {
  const url = `data:application/json;base64,${Buffer.from(MAP).toString('base64')}`
  const source = `exports.handler = async () => {\nthrow new Error('mapped') }\n//# sourceMappingURL=${url}\n`
  const variables = { NODE_OPTIONS: '--enable-source-maps' }
  const { fn } = await run(t, { 'index.js': source }, { variables })
  const { trace } = (await fn.call()) as { trace: string[] }
  assert.match(trace.join('\n'), /source\.ts:41/)
})

test('NODE_OPTIONS=--import: a hook of the function’s changes what it imports', async (t) => {
  const files = {
    'index.mjs': "import word from 'virtual:word'\nexport const handler = async () => word",
    'register.mjs': `import { register } from 'node:module'
register('./hooks.mjs', import.meta.url)`,
    'hooks.mjs': `export const resolve = (name, context, next) =>
  name === 'virtual:word' ? { url: 'data:text/javascript,export default "hooked"', shortCircuit: true } : next(name, context)`,
  }
  const variables = {
    NODE_OPTIONS: sandbox === 'process' ? '--import ./register.mjs' : '--import /var/task/register.mjs',
  }
  const { fn } = await run(t, files, { variables })
  assert.equal(await fn.call(), 'hooked')
})

for (const name of ['index.mjs', 'index.js']) {
  test(`top-level await in ${name}`, async (t) => {
    const files = {
      [name]: `const value = await new Promise((resolve) => setTimeout(resolve, 20, 'awaited'))
export const handler = async () => value`,
    }
    const { fn } = await run(t, files)
    assert.equal(await fn.call(), 'awaited')
  })
}

for (const waits of [true, false]) {
  test(`callbackWaitsForEmptyEventLoop = ${waits}`, async (t) => {
    const source = `let late = false
exports.handler = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = ${waits}
  const before = late
  if (!late) setTimeout(() => { late = true; console.log('late') }, 300)
  callback(null, before)
}`
    const { fn, log } = await run(t, { 'index.js': source }, { runtime: 'nodejs20.x' })
    assert.equal(await fn.call(), false)
    assert.equal(
      log.records.some(({ text }) => text.includes('late')),
      waits,
    )
  })
}

for (const [name, source] of [
  [
    'index.js',
    "const { S3Client } = require('@aws-sdk/client-s3')\nexports.handler = async () => S3Client.name",
  ],
  [
    'index.mjs',
    "import { S3Client } from '@aws-sdk/client-s3'\nexport const handler = async () => S3Client.name",
  ],
] as const) {
  test(`the AWS SDK is there without being in the package: ${name}`, async (t) => {
    const { fn } = await run(t, { [name]: source })
    assert.equal(await fn.call(), 'S3Client')
  })
}

const isolated = sandbox !== 'process'

test('lambdad’s other packages are not there', {
  skip: !isolated && 'skipped: nothing isolates',
}, async (t) => {
  const source = "exports.handler = async () => [require.resolve('tslib'), require.resolve('kysely')]"
  const { fn } = await run(t, { 'index.js': source })
  const error = (await fn.call()) as Record<string, string>
  assert.match(error.errorMessage as string, /Cannot find module 'kysely'/)
})

test('the function’s own copy of the AWS SDK comes first, and other packages are not there', async (t) => {
  const files = {
    'index.mjs': `import { S3Client } from '@aws-sdk/client-s3'
export const handler = async () => [S3Client, await import('kysely').then(() => 'there', (error) => error.code)]`,
    'node_modules/@aws-sdk/client-s3/package.json': '{"type": "module", "exports": "./own.js"}',
    'node_modules/@aws-sdk/client-s3/own.js': "export const S3Client = 'own'",
  }
  const { fn } = await run(t, files)
  assert.deepEqual(await fn.call(), ['own', 'ERR_MODULE_NOT_FOUND'])
})

const debian = works('/usr/bin/python3', '-c', 'import boto3, sys; assert sys.version_info[:2] == (3, 11)')

test('boto3 of the machine serves a Python of the same version', {
  skip: !debian && 'skipped: no Debian boto3 for 3.11',
}, async (t) => {
  const source = 'import boto3\ndef handler(event, context):\n  return boto3.client("sts").meta.endpoint_url'
  const { fn } = await run(t, { 'index.py': source }, { runtime: 'python3.11' })
  assert.equal(await fn.call(), 'http://127.0.0.1:4566')
})

test('a Python of another version does not see it', async (t) => {
  const source =
    'import sys\ndef handler(event, context):\n  return [p for p in sys.path if "dist-packages" in p]'
  const found = await runtimes.find('python3.12')
  if (found.kind === 'missing' || found.prefix === '/usr' || !found.exact)
    return t.skip('skipped: no Python 3.12 beside the system’s')
  const { fn } = await run(t, { 'index.py': source }, { runtime: 'python3.12' })
  assert.deepEqual(await fn.call(), [])
})

test('relative imports within a package work in Python', async (t) => {
  const files = {
    'app/__init__.py': '',
    'app/words.py': 'WORD = "relative"',
    'app/main.py': 'from .words import WORD\ndef handler(event, context):\n  return WORD',
  }
  const { fn } = await run(t, files, { runtime: 'python3.11', handler: 'app.main.handler' })
  assert.equal(await fn.call(), 'relative')
})
