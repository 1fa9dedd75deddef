import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryChanges } from '../../../store/changes.memory.ts'
import type { OpenDatabase } from '../../../store/testing.ts'
import { createFunctionStore } from '../store.sql.ts'
import type { CodeSigningConfig } from './config.ts'
import { createCodeSigningStore } from './store.sql.ts'

const scope = { accountId: '111111111111', region: 'us-east-1' }
const f = { ...scope, name: 'f' }

/** What every store of code signing configurations does. Each database runs this same suite. */
export function describeCodeSigningStore(open: OpenDatabase): void {
  test('a configuration is found, listed and changed in its account and region', async () => {
    await using store = await opened(open)
    const { configs } = store
    for (const id of ['b', 'a', 'c']) await configs.create(configOf(id))
    assert.deepEqual(await configs.find({ ...scope, id: 'a' }), configOf('a'))
    assert.equal(await configs.find({ ...scope, region: 'us-east-2', id: 'a' }), undefined)
    assert.deepEqual(await configs.list(scope, { after: ['a'], max: 1 }), [configOf('b')])
    const changed = await configs.change({ ...scope, id: 'a' }, (config) => ({
      ...config,
      policy: 'Enforce',
    }))
    assert.equal(changed?.policy, 'Enforce')
    assert.deepEqual(await configs.find({ ...scope, id: 'a' }), changed)
    assert.equal(await configs.change({ ...scope, id: 'x' }, (config) => config), undefined)
  })

  test('one that a function has cannot be deleted, until the function is gone', async () => {
    await using store = await opened(open)
    const { configs, functions } = store
    const key = { ...scope, id: 'a' }
    await configs.create(configOf('a'))
    const give = (id: string | undefined) => functions.change(f, (fn) => fn.saveCodeSigning(id))
    assert.equal(await give('x'), false)
    assert.equal(await give('a'), true)
    assert.equal(await give('a'), true)
    assert.deepEqual(await functions.findCodeSigning(f), configOf('a'))
    assert.deepEqual(await configs.functionsOf(key, { max: 9 }), ['f'])
    assert.deepEqual(await configs.functionsOf(key, { after: ['f'], max: 9 }), [])
    assert.equal(await configs.delete(key), 'in use')
    assert.equal(await give(undefined), true)
    assert.equal(await functions.findCodeSigning(f), undefined)
    await give('a')
    await functions.change(f, (fn) => fn.delete())
    assert.equal(await configs.delete(key), 'deleted')
    assert.equal(await configs.delete(key), 'missing')
  })

  test('URLs are found by function and by host, and go with their function', async () => {
    await using store = await opened(open)
    const { functions } = store
    const url = (qualifier: string, urlId: string) =>
      ({
        ...f,
        qualifier,
        urlId,
        authType: 'NONE',
        invokeMode: 'BUFFERED',
        created: 1,
        lastModified: 1,
      }) as const
    await functions.change(f, async (fn) => {
      await fn.saveUrl(url('live', 'two'))
      await fn.saveUrl(url('', 'one'))
      await fn.saveUrl({ ...url('', 'one'), lastModified: 2 })
    })
    assert.deepEqual(await functions.findUrl(f, ''), { ...url('', 'one'), lastModified: 2 })
    assert.deepEqual(await functions.findUrlById('two'), url('live', 'two'))
    assert.deepEqual(
      (await functions.listUrls(f, { max: 9 })).map(({ urlId }) => urlId),
      ['one', 'two'],
    )
    assert.deepEqual(await functions.listUrls(f, { after: [''], max: 9 }), [url('live', 'two')])
    await functions.change(f, (fn) => fn.deleteUrl('live'))
    assert.equal(await functions.findUrlById('two'), undefined)
    await functions.change(f, (fn) => fn.delete())
    assert.equal(await functions.findUrlById('one'), undefined)
  })
}

async function opened(open: OpenDatabase) {
  const database = await open()
  const functions = createFunctionStore(database, new MemoryChanges())
  await functions.change(f, (fn) => fn.create({ ...f, tags: {}, reservedConcurrency: undefined }))
  return {
    functions,
    configs: createCodeSigningStore(database),
    [Symbol.asyncDispose]: () => database.close(),
  }
}

function configOf(id: string): CodeSigningConfig {
  return { ...scope, id, publishers: ['p'], policy: 'Warn', description: '', lastModified: 0, tags: {} }
}
