import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryChanges } from '../../../store/changes.memory.ts'
import type { OpenDatabase } from '../../../store/testing.ts'
import type { StoredVersion } from '../function.ts'
import { createFunctionStore } from '../store.sql.ts'
import { FUNCTION_CHANGED, PROVIDER_CHANGED } from '../topics.ts'
import type { StoredProvider } from './provider.ts'
import { createCapacityStore } from './store.sql.ts'

const scope = { accountId: '111111111111', region: 'us-east-1' }
const provider: StoredProvider = {
  ...scope,
  name: 'p',
  subnetIds: ['subnet-1'],
  securityGroupIds: [],
  operatorRoleArn: 'arn:aws:iam::111111111111:role/r',
  vcpusMax: 10,
  isScaled: true,
  tags: {},
  lastModified: 1,
}

/** What every store of capacity providers does. Each database runs this same suite. */
export function describeCapacityStore(open: OpenDatabase): void {
  test('a provider is made once, found, changed, listed in pages and deleted', async () => {
    await using store = await opened(open)
    const { capacity } = store
    const created = await Promise.all([capacity.create(provider), capacity.create(provider)])
    assert.deepEqual(created.sort(), [false, true])
    assert.deepEqual(await capacity.find(provider), provider)
    assert.equal(await capacity.find({ ...provider, region: 'us-east-2' }), undefined)
    await capacity.change(provider, (before) => ({ ...before, vcpusMax: 20 }))
    assert.equal((await capacity.find(provider))?.vcpusMax, 20)
    assert.deepEqual(store.told, ['111111111111/us-east-1/p'])
    assert.equal(await capacity.change({ ...scope, name: 'q' }, (before) => before), undefined)
    await capacity.create({ ...provider, name: 'o' })
    assert.deepEqual(
      (await capacity.list(scope, { after: ['o'], max: 5 })).map(({ name }) => name),
      ['p'],
    )
    assert.equal(await capacity.delete(provider), 'deleted')
    assert.equal(await capacity.delete(provider), 'not found')
  })

  test('the versions on a provider are known, with their scaling, for as long as they are there', async () => {
    await using store = await opened(open)
    const { capacity } = store
    await capacity.create(provider)
    const f = { ...scope, name: 'f' }
    await store.save('f', ['$LATEST', '$LATEST.PUBLISHED', '1'])
    const on = async (page: { after?: string[]; max: number } = { max: 10 }) =>
      (await capacity.versionsOn(provider, page)).map(({ functionName, version }) => [functionName, version])
    assert.deepEqual(await on(), [
      ['f', '$LATEST.PUBLISHED'],
      ['f', '1'],
    ])
    assert.deepEqual(await on({ after: ['f', '$LATEST.PUBLISHED'], max: 10 }), [['f', '1']])
    assert.equal(await capacity.saveScaling(f, '1', { min: 2, max: 3 }), true)
    assert.equal(await capacity.saveScaling(f, '7', { min: 2, max: 3 }), false)
    await store.save('f', ['1'])
    const one = (await capacity.versionsOf(f)).find(({ version }) => version === '1')
    assert.deepEqual(one?.scaling, { min: 2, max: 3 })
    assert.deepEqual(await capacity.managedFunctions(), [f])
    assert.equal(await capacity.delete(provider), 'in use')
    await store.functions.change(f, (fn) => fn.deleteVersion('1'))
    assert.deepEqual(await on(), [['f', '$LATEST.PUBLISHED']])
    await store.functions.change(f, (fn) => fn.delete())
    assert.equal(await capacity.delete(provider), 'deleted')
  })

  test('a function that takes a provider and its deletion at the same time: one of them wins', async () => {
    await using store = await opened(open)
    for (let round = 0; round < 5; round++) {
      await store.capacity.create(provider)
      const name = `f${round}`
      const [taken, deleted] = await Promise.all([store.take(name), store.capacity.delete(provider)])
      assert.equal(taken, deleted === 'in use', `round ${round}`)
      await store.functions.change({ ...scope, name }, (fn) => fn.delete())
      await store.capacity.delete(provider)
    }
  })
}

async function opened(open: OpenDatabase) {
  const database = await open()
  const changes = new MemoryChanges()
  const functions = createFunctionStore(database, changes)
  const told: unknown[] = []
  changes.subscribe(PROVIDER_CHANGED, (key) => told.push(key))
  changes.subscribe(FUNCTION_CHANGED, () => {})
  const save = (name: string, versions: string[]) =>
    functions.change({ ...scope, name }, async (fn) => {
      if (fn.head === undefined) await fn.create({ ...scope, name, tags: {}, reservedConcurrency: undefined })
      for (const version of versions) await fn.saveVersion(versionOf(name, version))
    })
  return {
    functions,
    capacity: createCapacityStore(database, changes),
    told,
    save,
    /** As CreateFunction does: whether the provider was there. */
    take: (name: string) =>
      functions.change({ ...scope, name }, async (fn) => {
        await fn.create({ ...scope, name, tags: {}, reservedConcurrency: undefined })
        if ((await fn.capacityProvider('p')) === undefined) return false
        await fn.saveVersion(versionOf(name, '$LATEST'))
        return true
      }),
    [Symbol.asyncDispose]: () => database.close(),
  }
}

function versionOf(name: string, version: string): StoredVersion {
  return {
    ...scope,
    name,
    version,
    revisionId: 'revision',
    lastModified: 0,
    code: { sha256: 'code', size: 100, unzippedSize: 200 },
    configuration: {
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      roleArn: 'arn:aws:iam::111111111111:role/r',
      description: '',
      timeoutSeconds: 3,
      memoryMb: 2048,
      ephemeralStorageMb: 512,
      architecture: 'x86_64',
      logging: { format: 'JSON', group: '/aws/lambda/f' },
      capacity: { provider: 'p', maxConcurrency: 64, gibPerVcpu: 2 },
    },
    state: 'Active',
  }
}
