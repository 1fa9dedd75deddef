import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { RawEntry } from '../../base/zip/testing.ts'
import { createRuntimeFinder } from '../runtimes/finder.ts'
import { sandboxesHere, type TestWorker, testWorker, until } from '../testing.ts'

const runtimes = createRuntimeFinder({ env: process.env, home: process.env.HOME ?? '/' })
const python = await runtimes.find('python3.11')
const ruby = await runtimes.find('ruby3.3')
const settings = { poolMembersMax: 0, compileAfterMs: 1 }
const nodeRuntime = `nodejs${process.versions.node.split('.')[0]}.x`

/** Well above what is worth a pass. */
const FUNCTIONS = 2000

/** Counts what Python compiles of the function's own while it imports its modules. */
const IMPORTS = `
import sys
seen = []
sys.addaudithook(lambda name, args: seen.append(args[1]) if name == "compile" else None)
import large, package.inner
compiled = [one for one in seen if isinstance(one, str) and one.endswith((".py")) and __file__.rsplit("/", 1)[0] in one]
def handler(event, context):
    return {"sum": large.f1() + package.inner.value, "used": len(compiled) == 0, "same": large.__file__.endswith("/large.py"),
            "visible": [name for name in __import__("os").environ if "COMPILED" in name]}
`

function pythonCode(value = 1): RawEntry[] {
  const large = Array.from(
    { length: FUNCTIONS },
    (_, i) => `def f${i}():\n    return ${i * value}\n# ${'x'.repeat(20)}\n`,
  )
  return [
    { name: 'index.py', data: IMPORTS },
    { name: 'large.py', data: large.join('') },
    { name: 'package/__init__.py', data: '' },
    { name: 'package/inner.py', data: 'value = 40\n' },
    // Whoever ran or imported any of these would end, or be another.
    { name: 'ends.py', data: 'import os\nos._exit(3)\n' },
    { name: 'marshal.py', data: 'import os\nos._exit(3)\n' },
    { name: 'sitecustomize.py', data: 'import os\nos._exit(3)\n' },
    { name: 'wrong.py', data: 'def (:\n' },
  ]
}

function nodeCode(value = 1): RawEntry[] {
  const large = Array.from(
    { length: FUNCTIONS },
    (_, i) => `exports.f${i} = () => ${i * value} /* ${'x'.repeat(20)} */\n`,
  )
  const own = Array.from({ length: 300 }, (_, i) => `export const f${i} = () => ${i}\n`)
  return [
    {
      name: 'index.mjs',
      data: `
        import module from 'node:module'
        import { f2 } from './own.mjs'
        const large = module.createRequire(import.meta.url)('./large.js')
        export const handler = async () => ({
          sum: large.f1() + f2(),
          used: module.getCompileCacheDir?.() !== undefined,
          same: import.meta.filename.endsWith('/index.mjs'),
          visible: Object.keys(process.env).filter((name) => name.includes('COMPILED')),
        })`,
    },
    { name: 'large.js', data: large.join('') },
    { name: 'own.mjs', data: own.join('') },
    { name: 'ends.js', data: `process.exit(3)\n${large.join('')}` },
    { name: 'wrong.js', data: `function (\n${large.join('')}` },
  ]
}

function rubyCode(value = 1): RawEntry[] {
  const large = Array.from(
    { length: FUNCTIONS },
    (_, i) => `def f${i} = ${i * value} # ${'x'.repeat(20)}\n`,
  ).join('')
  return [
    {
      name: 'index.rb',
      data: `
        $taken = []
        class << RubyVM::InstructionSequence
          prepend(Module.new { def load_from_binary(*) = super.tap { |iseq| $taken << iseq.path } })
        end
        require_relative 'large'
        def handler(event:, context:)
          { sum: f1 + 2, used: $taken.any? { |path| path.end_with?('/large.rb') }, same: __FILE__.end_with?('/index.rb'),
            visible: ENV.keys.grep(/COMPILED/) }
        end`,
    },
    { name: 'large.rb', data: large },
    { name: 'ends.rb', data: `exit!(3)\n${large}` },
    { name: 'zlib.rb', data: 'exit!(3)' },
    { name: 'wrong.rb', data: 'def (' },
  ]
}

const LANGUAGES = [
  { runtime: 'python3.11', code: pythonCode, sum: 41, file: 'modules', isHere: python.kind === 'found' },
  { runtime: nodeRuntime, code: nodeCode, sum: 3, file: 'link', isHere: true },
  { runtime: 'ruby3.3', code: rubyCode, sum: 3, file: 'modules', isHere: ruby.kind === 'found' },
].filter(({ isHere }) => isHere)

/** What was compiled ahead of any version. */
function compiledIn({ folder }: TestWorker, file: string): string[] {
  const cache = `${folder}/cache/code`
  return readdirSync(cache)
    .filter((name) => !name.includes('.partial-') && existsSync(`${cache}/${name}/${file}`))
    .map((name) => `${cache}/${name}`)
}

for (const sandbox of await sandboxesHere()) {
  describe(`modules compiled ahead, in the sandbox ${sandbox}`, () => {
    for (const { runtime, code, sum, file } of LANGUAGES) {
      test(`${runtime}: the second cold start compiles nothing`, async (t) => {
        const worker = await testWorker(t, sandbox, { runtimes, settings, prepared: true })
        const changes = { runtime, variables: { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' } }
        const first = await worker.startFunction(code(), changes).call()
        await until(() => compiledIn(worker, file).length === 1)
        const second = await worker.startFunction(code(), changes).call()
        assert.deepEqual(first, { sum, used: false, same: true, visible: [] })
        assert.deepEqual(second, { sum, used: true, same: true, visible: [] })
        if (runtime === nodeRuntime) {
          await until(() => /code cache for CommonJS \S*large.js was accepted/.test(worker.log.text))
          assert.match(worker.log.text, /code cache for ESM \S*own.mjs was accepted/)
        }
        assert.deepEqual(worker.reported, [])
      })

      test(`${runtime}: also from the pool`, async (t) => {
        if (sandbox === 'bubblewrap' && process.getuid?.() !== 0)
          return t.skip('pools of this sandbox need root')
        const worker = await testWorker(t, sandbox, {
          runtimes,
          settings: { ...settings, poolMembersMax: 2 },
          prepared: true,
        })
        await worker.startFunction(code(), { runtime }).call()
        await until(() => compiledIn(worker, file).length === 1 && worker.worker.pooled() > 0)
        const before = worker.worker.pooled()
        const pooled = worker.startFunction(code(), { runtime })
        assert.deepEqual(await pooled.call(), { sum, used: true, same: true, visible: [] })
        assert.ok(before > 0)
      })

      test(`${runtime}: what is damaged is compiled again, and is no error`, async (t) => {
        const worker = await testWorker(t, sandbox, { runtimes, settings, prepared: true })
        await worker.startFunction(code(), { runtime }).call()
        await until(() => compiledIn(worker, file).length === 1)
        const [folder = ''] = compiledIn(worker, file)
        for (const damage of [cutInTwo, overwritten, emptied]) {
          for (const name of readdirSync(folder)) {
            if (!statSync(`${folder}/${name}`).isFile() || name === 'link') continue
            chmodSync(`${folder}/${name}`, 0o644)
            damage(`${folder}/${name}`)
          }
          const answer = (await worker.startFunction(code(), { runtime }).call()) as { sum: number }
          assert.equal(answer.sum, sum, damage.name)
        }
      })

      test(`${runtime}: other code has its own`, async (t) => {
        const worker = await testWorker(t, sandbox, { runtimes, settings, prepared: true })
        await worker.startFunction(code(1), { runtime }).call()
        await until(() => compiledIn(worker, file).length === 1)
        const other = (await worker.startFunction(code(2), { runtime }).call()) as { sum: number }
        assert.equal(other.sum, sum + 1)
        await until(() => compiledIn(worker, file).length === 2)
        const again = (await worker.startFunction(code(2), { runtime }).call()) as { sum: number }
        assert.equal(again.sum, other.sum)
      })
    }

    test('a layer’s modules are compiled with it', async (t) => {
      if (python.kind === 'missing') return t.skip(python.message)
      const worker = await testWorker(t, sandbox, { runtimes, settings, prepared: true })
      const [index, ...modules] = pythonCode()
      const layers = [worker.layer(modules.map(({ name, ...rest }) => ({ ...rest, name: `python/${name}` })))]
      const changes = { runtime: 'python3.11', layers }
      const own = [
        { ...(index as RawEntry), data: IMPORTS.replace('__file__.rsplit("/", 1)[0]', '"/large"') },
      ]
      const first = (await worker.startFunction(own, changes).call()) as { used: boolean }
      assert.equal(first.used, false)
      await until(() => compiledIn(worker, 'modules').length === 1)
      const second = (await worker.startFunction(own, changes).call()) as { used: boolean }
      assert.equal(second.used, true)
    })

    test('what a function loads of lambdad’s copy of the SDK is compiled with it', async (t) => {
      const worker = await testWorker(t, sandbox, { runtimes, settings, prepared: true })
      // Small as it is, it loads much.
      const code = "exports.handler = async () => typeof require('@aws-sdk/client-sts').STSClient"
      const changes = { runtime: nodeRuntime, variables: { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' } }
      await worker.startFunction(code, changes).call()
      await until(() => compiledIn(worker, 'link').length === 1)
      assert.equal(await worker.startFunction(code, changes).call(), 'function')
      await until(() => /for CommonJS \S*client-sts[^\n]* success/.test(worker.log.text))
    })

    test('a small function is left alone, as is one of a daemon that does not compile ahead', async (t) => {
      const worker = await testWorker(t, sandbox, { runtimes, settings, prepared: true })
      await worker.startFunction('exports.handler = async () => 1', { runtime: nodeRuntime }).call()
      const off = await testWorker(t, sandbox, { runtimes, settings: { ...settings, compilesAhead: false } })
      await off.startFunction(nodeCode(), { runtime: nodeRuntime }).call()
      // By the time that another version's is there, theirs would be.
      await worker.startFunction(nodeCode(), { runtime: nodeRuntime }).call()
      await until(() => compiledIn(worker, 'link').length === 1)
      assert.equal(compiledIn(off, 'link').length, 0)
    })

    test('nothing is left of a pass when the worker stops', async (t) => {
      const worker = await testWorker(t, sandbox, { runtimes, settings, prepared: true })
      await worker.startFunction(nodeCode(), { runtime: nodeRuntime }).call()
      await until(() => readdirSync(`${worker.folder}/cache/code`).some((name) => name.includes('.partial-')))
      await worker.worker.stop()
      const left = readdirSync(`${worker.folder}/cache/code`)
      assert.deepEqual(
        left.filter((name) => name.includes('.partial-')),
        [],
      )
      assert.deepEqual(worker.reported, [])
    })
  })
}

function cutInTwo(file: string): void {
  truncateSync(file, Math.floor(statSync(file).size / 2))
}

function overwritten(file: string): void {
  writeFileSync(file, Buffer.alloc(statSync(file).size + 100, 0xee))
}

function emptied(file: string): void {
  truncateSync(file, 0)
}
