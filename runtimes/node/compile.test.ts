import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { unpackCompiled } from '../../src/worker/compiled/unpack.ts'

const COMPILER = path.join(import.meta.dirname, 'compile.cjs')
/** Another Node to try it with. */
const NODE = process.env.LAMBDAD_TEST_NODE ?? process.execPath

const SDK = realpathSync(path.join(import.meta.dirname, '../../node_modules'))
const PADDING = `// ${'x'.repeat(5000)}\n`

test('modules of every kind are compiled as Node will look for them, and none is run', async (t) => {
  const { accepted, code } = await given(t, {
    'common.js': `${PADDING}exports.value = 1`,
    'common.cjs': `${PADDING}exports.value = 2`,
    'detected.js': `${PADDING}export const value = 3`,
    'esm.mjs': `${PADDING}import './typed/esm.js'\nexport const value = await 4`,
    'typed/package.json': '{"type":"module"}',
    'typed/esm.js': `${PADDING}export const value = 5`,
    'typed/inner/esm.js': `${PADDING}export const value = 6`,
    'typed/inner/node_modules/one/index.js': `${PADDING}exports.value = 7`,
    'plain/package.json': '{"type":"commonjs"}',
    'plain/common.js': `${PADDING}exports.value = 8`,
    'small.js': 'exports.value = 9',
    'ends.js': `${PADDING}process.exit(3)`,
    'wrong.js': `${PADDING}function (`,
    'wrong.mjs': `${PADDING}export {`,
  })
  const names = [
    'common.js',
    'common.cjs',
    'detected.js',
    'esm.mjs',
    'plain/common.js',
    'typed/esm.js',
    'typed/inner/esm.js',
    'typed/inner/node_modules/one/index.js',
  ]
  const imports = names.map((name) => `await import('${code}/${name}')`).join('\n')
  assert.deepEqual(accepted(`${imports}\nawait import('${code}/small.js')`), names.sort())
})

test('what was made of another text is not used', async (t) => {
  const { accepted, code } = await given(t, { 'one.cjs': `${PADDING}exports.value = 1` })
  writeFileSync(`${code}/one.cjs`, `${PADDING}exports.value = 2`)
  const found = accepted(`if ((await import('${code}/one.cjs')).default.value !== 2) process.exit(3)`)
  assert.deepEqual(found, [])
})

test('what is loaded of the SDK that is there is compiled with it, and of a function’s own SDK that one', async (t) => {
  const load = `${PADDING}exports.own = typeof require('@aws-sdk/client-sts').STSClient`
  const uses = (code: string) => `process.env.NODE_PATH = '${SDK}'
    ;(await import('node:module')).default._initPaths()
    if ((await import('${code}/index.cjs')).default.own !== 'function') process.exit(3)`
  const { accepted, code } = await given(t, { 'index.cjs': load }, SDK)
  const found = accepted(uses(code))
  assert.ok(found.some((file) => file.endsWith('/@aws-sdk/client-sts/dist-cjs/index.js')))
  assert.ok(
    found.some((file) => file.includes('/@smithy/')),
    'and what it needs',
  )

  const own = { 'node_modules/@aws-sdk/client-sts/index.js': `${PADDING}exports.STSClient = class {}` }
  const bringsOne = await given(t, { 'index.cjs': load, ...own }, SDK)
  assert.deepEqual(bringsOne.accepted(uses(bringsOne.code)), [
    'index.cjs',
    'node_modules/@aws-sdk/client-sts/index.js',
  ])
})

test('of no modules nothing is made', async (t) => {
  const { made } = await given(t, { 'one.py': PADDING, 'small.js': '' })
  assert.deepEqual(readdirSync(made), [])
})

async function given(t: TestContext, files: Readonly<Record<string, string>>, sdk = '') {
  const folder = mkdtempSync(`${tmpdir()}/compile-`)
  t.after(() => rmSync(folder, { recursive: true }))
  const [code, made] = [`${folder}/code`, `${folder}/made`]
  mkdirSync(made)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(`${code}/${name}`), { recursive: true })
    writeFileSync(`${code}/${name}`, text)
  }
  const argv = ['--expose-internals', '--no-warnings', COMPILER, sdk, code]
  writeFileSync(`${folder}/told`, execFileSync(NODE, argv, { cwd: code }))
  await unpackCompiled(`${folder}/told`, made)
  /** The function's modules for which Node took what was made, while this program ran. */
  const accepted = (program: string): string[] => {
    symlinkSync('.', `${made}/${readFileSync(`${made}/link`, 'utf8')}`)
    const enable = `(await import('node:module')).default.enableCompileCache('${made}')\n`
    const { status, stderr } = spawnSync(NODE, ['--input-type=module', '-e', enable + program], {
      env: { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    const read = filesIn(stderr, /reading cache from \S+ for \w+ (\S+?)\.\.\.\[.*success/g)
    const taken = filesIn(stderr, /cache for (?:\w+ )?(\S+) was accepted/g)
    return [...read]
      .filter((file) => taken.has(file))
      .map((file) => path.relative(code, file))
      .sort()
  }
  return { code, made, accepted }
}

function filesIn(text: string, pattern: RegExp): Set<string> {
  return new Set([...text.matchAll(pattern)].map(([, file = '']) => file.replace('file://', '')))
}
