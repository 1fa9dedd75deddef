import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { realClock, VirtualClock } from '../../base/clock.ts'
import { CodeCache } from '../code/code-cache.ts'
import { testFunction, until } from '../testing.ts'
import { CompiledCode, type CompiledCodeParts } from './compiled-code.ts'

const AFTER_MS = 1000

test('a version is compiled once, a while after its first start', async (t) => {
  const { compiled, clock, made, take } = given(t)
  assert.equal(await take('a'), undefined)
  assert.equal(await take('a'), undefined)
  await clock.advance(AFTER_MS - 1)
  assert.deepEqual(made, [])
  await clock.advance(1)
  await until(() => made.length === 1)
  await compiled.close()
  assert.ok((await take('a')) !== undefined)
})

test('one after the other, and none while the machine has no time', async (t) => {
  const machine = { isSaturated: true }
  const first = Promise.withResolvers<void>()
  const { clock, made, take, begun } = given(t, {
    isSaturated: () => machine.isSaturated,
    until: (name) => (name === 'a' ? first.promise : undefined),
  })
  for (const name of ['a', 'b']) await take(name)
  await clock.advance(20 * AFTER_MS)
  assert.deepEqual(begun, [])
  machine.isSaturated = false
  await clock.advance(AFTER_MS)
  await until(() => begun.length === 1)
  await clock.advance(20 * AFTER_MS)
  assert.deepEqual([begun, made], [['a'], []])
  first.resolve()
  await until(() => made.length === 1)
  await advanceUntil(clock, () => made.length === 2)
  assert.deepEqual(made, ['a', 'b'])
})

test('a machine that never rests compiles all the same, after a minute', async (t) => {
  const { clock, take, begun } = given(t, { isSaturated: () => true })
  await take('a')
  await clock.advance(59_000)
  await take('a')
  assert.deepEqual(begun, [])
  await clock.advance(1000)
  await until(() => begun.length === 1)
})

test('what is not worth it, or failed, is not tried again', async (t) => {
  const { clock, take, begun, reported, folder } = given(t, {
    until: (name) => (name === 'fails' ? Promise.reject(new Error('no compiler')) : undefined),
    bytes: 0,
  })
  for (const name of ['small', 'fails']) await take(name)
  await advanceUntil(clock, () => begun.length === 2)
  await take('fails', { argv: ['/usr/bin/other'] })
  await advanceUntil(clock, () => begun.length === 3)
  // What they had made is removed.
  await until(() => reported.length === 1 && readdirSync(folder).length === 0)
  for (const name of ['small', 'fails']) assert.equal(await take(name), undefined)
  await clock.advance(20 * AFTER_MS)
  assert.deepEqual(begun, ['small', 'fails', 'fails'])
  assert.deepEqual(reported.map(String), ['Error: no compiler'], 'what is the same is said once')
  assert.deepEqual(readdirSync(folder), [])
})

test('no more than 64 versions wait; others are noted at their next start', async (t) => {
  const { clock, take, begun } = given(t)
  for (let one = 0; one < 70; one++) await take(`${one}`)
  await advanceUntil(clock, () => begun.length === 64)
  await clock.advance(20 * AFTER_MS)
  assert.equal(begun.length, 64)
  await take('69')
  await advanceUntil(clock, () => begun.length === 65)
})

test('other layers, another interpreter or another place of it make another version', async (t) => {
  const { clock, take, begun } = given(t)
  await take('a')
  await take('a', { layers: 'x' })
  await take('a', { layers: 'y' })
  await take('a', { argv: ['/usr/bin/other'] })
  await take('a', { binary: process.execPath })
  await advanceUntil(clock, () => begun.length === 5)
})

test('the longest unused go first, as packages do', async (t) => {
  const { clock, take, made, folder } = given(t, { bytes: 40, bytesMax: 100 })
  for (const name of ['a', 'b', 'c', 'd']) {
    await take(name)
    await advanceUntil(clock, () => made.at(-1) === name)
    await until(() => readdirSync(folder).every((one) => !one.includes('.')))
  }
  assert.equal(readdirSync(folder).length, 2)
  assert.equal(await take('a'), undefined)
  const kept = await take('d')
  assert.ok(kept !== undefined)
  kept.release()
})

test('what an earlier daemon made is used', async (t) => {
  const earlier = given(t)
  await earlier.take('a')
  await advanceUntil(earlier.clock, () => earlier.made.length === 1)
  await earlier.compiled.close()
  const { take, begun } = given(t, { folder: earlier.folder })
  assert.ok((await take('a')) !== undefined)
  assert.deepEqual(begun, [])
})

test('where it is turned off, or there is no compiler, nothing is looked for', async (t) => {
  const off = given(t, { compilesAhead: false })
  await off.take('a')
  const { take, clock, begun } = given(t)
  await take('a', { hasCompiler: false })
  for (const one of [off.clock, clock]) await one.advance(20 * AFTER_MS)
  assert.deepEqual([...off.begun, ...begun], [])
})

test('closing ends what runs, and begins nothing', async (t) => {
  const { compiled, clock, take, begun, reported, folder } = given(t, {
    until: (_, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  })
  await take('a')
  await take('b')
  await advanceUntil(clock, () => begun.length === 1)
  await compiled.close()
  await take('c')
  await clock.advance(20 * AFTER_MS)
  assert.deepEqual(begun, ['a'])
  assert.deepEqual([reported, readdirSync(folder)], [[], []])
})

interface Given {
  readonly isSaturated?: () => boolean
  readonly until?: (name: string, signal: AbortSignal) => Promise<void> | undefined
  readonly bytes?: number
  readonly bytesMax?: number
  readonly folder?: string
  readonly compilesAhead?: boolean
}

function given(t: TestContext, options: Given = {}) {
  const folder = options.folder ?? mkdtempSync(`${tmpdir()}/compiled-`)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const clock = new VirtualClock()
  const begun: string[] = []
  const made: string[] = []
  const reported: unknown[] = []
  const { bytes = 10, bytesMax = 1000, compilesAhead = true } = options
  const pass: CompiledCodeParts['pass'] = async ({ fn }, into, signal) => {
    begun.push(fn.codeBlob)
    await options.until?.(fn.codeBlob, signal)
    writeFileSync(`${into}/modules`, 'x'.repeat(bytes))
    made.push(fn.codeBlob)
    return bytes
  }
  const compiled = new CompiledCode({
    clock,
    cache: new CodeCache(folder, { bytesMax, report: (error) => reported.push(error) }),
    pass,
    isSaturated: options.isSaturated ?? (() => false),
    settings: { compilesAhead, compileAfterMs: AFTER_MS },
    report: (error) => reported.push(error),
  })
  const take = (
    codeBlob: string,
    { layers = '', argv = ['/usr/bin/it'], binary = import.meta.filename, hasCompiler = true } = {},
  ) => {
    const compiler = { binary, argv, sources: ['.py'], layers: 'python' }
    const nothing = () => {}
    return compiled.take({
      fn: { ...testFunction, codeBlob, layers: layers === '' ? [] : [layers] },
      plan: { argv: [], env: {}, mounts: [], ...(hasCompiler && { compiler }) },
      code: { folder: `/code/${codeBlob}`, release: nothing },
      opt: layers === '' ? undefined : { folder: `/code/${layers}`, release: nothing },
    })
  }
  return { compiled, clock, begun, made, reported, folder, take }
}

async function advanceUntil(clock: VirtualClock, condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    assert.ok(turn < 5000, 'It did not happen.')
    await clock.advance(AFTER_MS)
    // The disk's time is not virtual.
    await realClock.sleep(1)
  }
}
