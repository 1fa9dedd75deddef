import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRuntimeFinder } from '../runtimes/finder.ts'
import { findBubblewrap } from '../sandbox/choose.ts'
import type { SandboxName } from '../sandbox/sandbox.ts'
import { jsonOf, testWorker } from '../testing.ts'

const runtimes = createRuntimeFinder({ env: process.env, home: process.env.HOME ?? '/' })
const sandboxes: SandboxName[] = ['process', ...((await bubblewrapWorks()) ? (['bubblewrap'] as const) : [])]
const settings = { poolMembersMax: 0 }

/** Reads files of /opt, wherever it lies: NODE_PATH tells where a sandbox that is none has it. */
const READS = `
const fs = require('node:fs')
const opt = process.env.NODE_PATH.split(':').find((one) => /\\/nodejs\\/node_modules$/.test(one)).slice(0, -20)
exports.handler = async (names) => names.map((name) => {
  try { return fs.readFileSync(opt + name, 'utf8') } catch (error) { return error.code }
})`

for (const sandbox of sandboxes) {
  describe(`layers in the sandbox ${sandbox}`, () => {
    test('lie over one another in their order, the last one on top', async (t) => {
      const { layer, startFunction } = await testWorker(t, sandbox, { runtimes, settings })
      const layers = [
        layer([
          { name: 'a', data: 'lower' },
          { name: 'd/one', data: '1' },
          { name: 'was-file', data: 'x' },
          { name: 'was-folder/x', data: 'x' },
        ]),
        layer([
          { name: 'a', data: 'upper' },
          { name: 'd/two', data: '2' },
          { name: 'was-file/y', data: 'y' },
          { name: 'was-folder', data: 'y' },
          { name: 'link', data: 'd/two', mode: 0o120777 },
        ]),
      ]
      const names = ['/a', '/d/one', '/d/two', '/was-file/y', '/was-folder', '/link', '/none']
      const seen = ['upper', '1', '2', 'y', 'y', '2', 'ENOENT']
      assert.deepEqual(await startFunction(READS, { layers }).call(names), seen)
      const turned = startFunction(READS, { layers: layers.toReversed(), revision: 'turned' })
      assert.deepEqual(await turned.call(['/a']), ['lower'])
    })

    test('are unpacked once, and are not there for functions without', async (t) => {
      const { folder, layer, startFunction } = await testWorker(t, sandbox, { runtimes, settings })
      const layers = [layer([{ name: 'a', data: 'one' }])]
      const first = startFunction(READS, { layers })
      const second = startFunction(READS, { layers, name: 'g', revision: 'g' })
      assert.deepEqual(await Promise.all([first.call(['/a']), second.call(['/a'])]), [['one'], ['one']])
      assert.equal(readdirSync(`${folder}/cache/code`).length, 2, 'the code, and the layer')
      const none = startFunction('exports.handler = async () => require("node:fs").existsSync("/opt/a")')
      assert.equal(await none.call(), false)
    })

    test('modules for Node.js and Python are found', async (t) => {
      const { layer, startFunction } = await testWorker(t, sandbox, { runtimes, settings })
      const major = process.versions.node.split('.')[0]
      const layers = [
        layer([
          { name: 'nodejs/node_modules/mine/index.js', data: 'module.exports = "mine"' },
          { name: `nodejs/node${major}/node_modules/own/index.js`, data: 'module.exports = "own"' },
          { name: 'python/mine.py', data: 'name = "mine"' },
          { name: 'python/lib/python3.12/site-packages/site_one.py', data: 'name = "site"' },
        ]),
      ]
      const node = startFunction('exports.handler = async () => [require("mine"), require("own")]', {
        layers,
        runtime: `nodejs${major}.x`,
      })
      assert.deepEqual(await node.call(), ['mine', 'own'])
      const python = startFunction(
        [
          {
            name: 'index.py',
            data: 'import mine, site_one\ndef handler(e, c):\n  return [mine.name, site_one.name]',
          },
        ],
        { layers, runtime: 'python3.12' },
      )
      const outcome = await python.invoke({})
      if (outcome.kind === 'platform-error') return t.skip(outcome.message)
      assert.deepEqual(jsonOf(outcome), ['mine', 'site'])
    })

    test('lie above the folder that --opt gives to all', async (t) => {
      const opt = mkdtempSync(`${tmpdir()}/opt-`)
      t.after(() => rmSync(opt, { recursive: true }))
      chmodSync(opt, 0o755)
      mkdirSync(`${opt}/d`)
      writeFileSync(`${opt}/d/given`, 'given')
      writeFileSync(`${opt}/a`, 'given')
      const { layer, startFunction } = await testWorker(t, sandbox, { runtimes, settings, opt })
      const layers = [layer([{ name: 'a', data: 'layer' }])]
      const names = ['/a', '/d/given']
      assert.deepEqual(await startFunction(READS, { layers }).call(names), ['layer', 'given'])
      // It may change while lambdad runs.
      writeFileSync(`${opt}/d/given`, 'changed')
      assert.deepEqual(await startFunction(READS, { layers, revision: '2' }).call(names), [
        'layer',
        'changed',
      ])
      assert.deepEqual(await startFunction(READS).call(['/a']), ['given'])
    })

    test('functions with layers take runtimes from the pool, and each its own layers', async (t) => {
      const worker = await testWorker(t, sandbox, { runtimes, settings: { poolMembersMax: 4 } })
      const { layer, startFunction } = worker
      if (sandbox === 'bubblewrap' && process.getuid?.() !== 0)
        return t.skip('pools of this sandbox need root')
      const [one, two] = [layer([{ name: 'a', data: 'one' }]), layer([{ name: 'a', data: 'two' }])]
      startFunction(READS, { layers: [one], revision: 'f' })
      startFunction(READS, { layers: [two], revision: 'g' })
      await until(() => worker.worker.pooled() >= 2)
      for (const [stack, text] of [
        [one, 'one'],
        [two, 'two'],
      ] as const) {
        const before = worker.worker.pooled()
        const fn = startFunction(READS, { layers: [stack], revision: `again ${text}` })
        assert.deepEqual(await fn.call(['/a']), [text])
        assert.ok(before > 0)
      }
    })

    test('a layer that is no zip is the invocation’s error', async (t) => {
      const { startFunction } = await testWorker(t, sandbox, { runtimes, settings })
      const outcome = await startFunction(READS, { layers: ['unknown'] }).invoke([])
      assert.equal(outcome.kind, 'platform-error')
    })
  })
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 10) {
    if (waited > 8000) throw new Error('nothing happened')
    await sleep(10)
  }
}

async function bubblewrapWorks(): Promise<boolean> {
  const folder = mkdtempSync(`${tmpdir()}/bwrap-`)
  const found = await findBubblewrap(folder)
  rmSync(folder, { recursive: true })
  return 'sandbox' in found
}
