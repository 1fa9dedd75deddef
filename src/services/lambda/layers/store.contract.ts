import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryChanges } from '../../../store/changes.memory.ts'
import type { OpenDatabase } from '../../../store/testing.ts'
import { createFunctionStore } from '../store.sql.ts'
import type { LayerKey } from './layer.ts'
import { createLayerStore } from './store.sql.ts'
import type { LayerStore, NewLayerVersion } from './store.ts'

const scope = { accountId: '111111111111', region: 'us-east-1' }
const PLENTY = 1_000_000

/** What every layer store does. Each database runs this same suite. */
export function describeLayerStore(open: OpenDatabase): void {
  test('versions are numbered from 1, and no number is given twice', async () => {
    await using store = await opened(open)
    assert.equal(await store.publish('l'), 1)
    assert.equal(await store.publish('l'), 2)
    assert.equal(await store.publish('other'), 1)
    assert.equal((await store.layers.delete(keyOf('l'), 2))?.version, 2)
    assert.equal(await store.layers.delete(keyOf('l'), 2), undefined)
    assert.equal(await store.publish('l'), 3)
  })

  test('publishing at the same time gives each a number of its own', async () => {
    await using store = await opened(open)
    const numbers = await Promise.all(Array.from({ length: 8 }, () => store.publish('l')))
    assert.deepEqual(numbers.sort(), [1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('a version is found under its account, region and number, and under no other', async () => {
    await using store = await opened(open)
    await store.publish('l')
    assert.deepEqual(await store.layers.find(keyOf('l'), 1), { ...contentOf('l'), version: 1 })
    assert.equal(await store.layers.find(keyOf('l'), 2), undefined)
    assert.equal(await store.layers.find(keyOf('l'), 1e20), undefined)
    assert.equal(await store.layers.find({ ...keyOf('l'), region: 'us-east-2' }, 1), undefined)
    assert.equal(await store.layers.find({ ...keyOf('l'), accountId: '222222222222' }, 1), undefined)
  })

  test('lists go on after where the last page ended', async () => {
    await using store = await opened(open)
    for (const name of ['b', 'a', 'a', 'c']) await store.publish(name)
    const { layers } = store
    assert.deepEqual(namesOf(await layers.list(scope, {}, { max: 2 })), ['a:2', 'b:1'])
    assert.deepEqual(namesOf(await layers.list(scope, {}, { after: ['b'], max: 2 })), ['c:1'])
    assert.deepEqual(namesOf(await layers.listVersions(keyOf('a'), {}, { max: 1 })), ['a:2'])
    assert.deepEqual(namesOf(await layers.listVersions(keyOf('a'), {}, { after: ['2'], max: 9 })), ['a:1'])
    assert.deepEqual(await layers.list({ ...scope, region: 'us-east-2' }, {}, { max: 9 }), [])
  })

  test('of each layer the last version that fits is listed', async () => {
    await using store = await opened(open)
    const { layers } = store
    await store.publish('l', { runtimes: ['python3.12', 'python3.13'], architectures: ['x86_64'] })
    await store.publish('l', { runtimes: ['nodejs22.x'] })
    await store.publish('m', { architectures: ['arm64'] })
    const list = async (filter: object) => namesOf(await layers.list(scope, filter, { max: 9 }))
    assert.deepEqual(await list({ runtime: 'python3.12' }), ['l:1'])
    assert.deepEqual(await list({ runtime: 'python3.1' }), [])
    assert.deepEqual(await list({ architecture: 'arm64' }), ['m:1'])
    assert.deepEqual(await list({ runtime: 'python3.13', architecture: 'arm64' }), [])
    const versions = await layers.listVersions(keyOf('l'), { runtime: 'nodejs22.x' }, { max: 9 })
    assert.deepEqual(namesOf(versions), ['l:2'])
  })

  test('what would exceed the account’s code is not kept, and takes no number', async () => {
    await using store = await opened(open)
    assert.equal(await store.layers.publish(contentOf('l'), 99), undefined)
    assert.equal((await store.layers.publish(contentOf('l'), 100))?.version, 1)
    assert.equal(await store.layers.publish(contentOf('l'), 199), undefined)
    assert.deepEqual(await store.functions.usage(scope), { functionCount: 0, codeBytes: 100 })
  })

  test('changes of a policy at the same time do not overwrite one another', async () => {
    await using store = await opened(open)
    await store.publish('l')
    const add = (Sid: string) =>
      store.layers.changePolicy(keyOf('l'), 1, (policy) => ({
        revisionId: Sid,
        statements: [...(policy?.statements ?? []), { Sid }],
      }))
    await Promise.all(['a', 'b', 'c'].map(add))
    const statements = (await store.layers.find(keyOf('l'), 1))?.policy?.statements ?? []
    assert.deepEqual(statements.map(({ Sid }) => Sid).sort(), ['a', 'b', 'c'])
    assert.equal(await store.layers.changePolicy(keyOf('l'), 2, () => assert.fail()), undefined)
  })

  test('code is kept while a layer has it, and is to be collected after', async () => {
    await using store = await opened(open)
    const collect = () => store.functions.collectCode({ sha256: 'code', now: 1 }, async () => {})
    await store.publish('l')
    await store.publish('m')
    assert.equal(await collect(), false)
    await store.layers.delete(keyOf('l'), 1)
    assert.deepEqual(await store.functions.uncollectedCode(1, 9), ['code'])
    assert.equal(await collect(), false, 'the other layer has it')
    await store.layers.delete(keyOf('m'), 1)
    assert.equal(await collect(), true)
    assert.deepEqual(await store.functions.uncollectedCode(1, 9), [])
  })
}

async function opened(open: OpenDatabase) {
  const database = await open()
  const layers: LayerStore = createLayerStore(database)
  return {
    layers,
    functions: createFunctionStore(database, new MemoryChanges()),
    publish: async (name: string, changes: Partial<NewLayerVersion> = {}) =>
      (await layers.publish({ ...contentOf(name), ...changes }, PLENTY))?.version,
    [Symbol.asyncDispose]: () => database.close(),
  }
}

function contentOf(layer: string): NewLayerVersion {
  return {
    ...keyOf(layer),
    sha256: 'code',
    size: 100,
    unzippedSize: 200,
    description: '',
    created: 0,
    runtimes: [],
    architectures: [],
  }
}

function keyOf(layer: string): LayerKey {
  return { ...scope, layer }
}

function namesOf(versions: readonly { layer: string; version: number }[]): string[] {
  return versions.map(({ layer, version }) => `${layer}:${version}`)
}
