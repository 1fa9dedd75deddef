import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryChanges } from '../../../store/changes.memory.ts'
import type { OpenDatabase } from '../../../store/testing.ts'
import { MAPPING_CHANGED } from '../topics.ts'
import type { StoredMapping } from './mapping.ts'
import { createMappingStore } from './store.sql.ts'

const scope = { accountId: '111111111111', region: 'us-east-1' }

/** What every mapping store does. Each database runs this same suite. */
export function describeMappingStore(open: OpenDatabase): void {
  test('a mapping is found under its account and region, and under no other', async () => {
    await using store = await opened(open)
    const mapping = mappingOf('a')
    assert.equal(await store.mappings.create(mapping), undefined)
    assert.deepEqual(await store.mappings.find({ ...scope, uuid: 'a' }), mapping)
    assert.equal(await store.mappings.find({ ...scope, region: 'us-east-2', uuid: 'a' }), undefined)
    assert.equal(await store.mappings.find({ ...scope, uuid: 'b' }), undefined)
    assert.deepEqual(store.told, ['a'])
  })

  test('of mappings of one source to one function there is one, however many are made at once', async () => {
    await using store = await opened(open)
    const made = await Promise.all(
      ['a', 'b', 'c'].map((uuid) => store.mappings.create({ ...mappingOf(uuid), sourceArn: 'q' })),
    )
    assert.equal(made.filter((same) => same === undefined).length, 1)
    const [kept] = await store.mappings.list(scope, {}, { max: 9 })
    assert.deepEqual([...new Set(made.flatMap((same) => same?.uuid ?? []))], [kept?.uuid])
    const other = { ...mappingOf('d'), sourceArn: 'q', qualifier: 'live' }
    assert.equal(await store.mappings.create(other), undefined, 'an alias is another target')
  })

  test('lists go on after where the last page ended, and are filtered', async () => {
    await using store = await opened(open)
    for (const uuid of ['b', 'a', 'c']) await store.mappings.create(mappingOf(uuid))
    await store.mappings.create({ ...mappingOf('d'), functionName: 'g', qualifier: '1' })
    const list = async (filter: object, page: object = {}) =>
      (await store.mappings.list(scope, filter, { max: 9, ...page })).map(({ uuid }) => uuid)
    assert.deepEqual(await list({}, { max: 2 }), ['a', 'b'])
    assert.deepEqual(await list({}, { after: ['b'] }), ['c', 'd'])
    assert.deepEqual(await list({ sourceArn: 'queue-b' }), ['b'])
    assert.deepEqual(await list({ functionName: 'g' }), ['d'])
    const functionArn = 'arn:aws:lambda:us-east-1:111111111111:function:g:1'
    assert.deepEqual(await list({ functionName: 'g', functionArn }), ['d'])
    assert.deepEqual(await list({ functionName: 'g', functionArn: `${functionArn}2` }), [])
  })

  test('pollers find what is enabled, of all accounts', async () => {
    await using store = await opened(open)
    const { mappings } = store
    const states = ['Creating', 'Enabled', 'Updating', 'Disabling', 'Disabled', 'Deleting'] as const
    for (const state of states) await mappings.create({ ...mappingOf(state), state })
    await mappings.create({ ...mappingOf('foreign'), accountId: '222222222222', state: 'Enabled' })
    assert.deepEqual(
      (await mappings.polled('sqs')).map(({ uuid }) => uuid),
      ['Enabled', 'Updating', 'foreign'],
    )
    assert.deepEqual((await mappings.inTransition(9)).map(({ uuid }) => uuid).sort(), [
      'Creating',
      'Deleting',
      'Disabling',
      'Updating',
    ])
  })

  test('changes at the same time do not overwrite one another, and each is told', async () => {
    await using store = await opened(open)
    await store.mappings.create(mappingOf('a'))
    const key = { ...scope, uuid: 'a' }
    const count = () =>
      store.mappings.change(key, (mapping) => ({ ...mapping, lastModified: mapping.lastModified + 1 }))
    await Promise.all(Array.from({ length: 10 }, count))
    assert.equal((await store.mappings.find(key))?.lastModified, 10)
    assert.equal(store.told.length, 11)
  })

  test('a change that throws changes nothing, and tells nobody', async () => {
    await using store = await opened(open)
    await store.mappings.create(mappingOf('a'))
    const fail = () =>
      store.mappings.change({ ...scope, uuid: 'a' }, () => {
        throw new Error('no')
      })
    await assert.rejects(fail(), /no/)
    assert.deepEqual(store.told, ['a'])
    assert.equal(await store.mappings.change({ ...scope, uuid: 'b' }, () => assert.fail()), undefined)
  })

  test('with a mapping go its positions, and none are kept for one that is gone', async () => {
    await using store = await opened(open)
    const { mappings } = store
    await mappings.create(mappingOf('a'))
    assert.equal(await mappings.position('a', 'shard-1'), undefined)
    assert.equal(await mappings.savePosition('a', 'shard-1', '7'), true)
    assert.equal(await mappings.savePosition('a', 'shard-1', '8'), true)
    assert.equal(await mappings.savePosition('a', 'shard-2', '1'), true)
    assert.equal(await mappings.position('a', 'shard-1'), '8')
    assert.equal((await mappings.change({ ...scope, uuid: 'a' }, () => undefined))?.uuid, 'a')
    assert.equal(await mappings.find({ ...scope, uuid: 'a' }), undefined)
    assert.equal(await mappings.position('a', 'shard-1'), undefined)
    assert.equal(await mappings.savePosition('a', 'shard-1', '9'), false)
    assert.equal(await mappings.create(mappingOf('a')), undefined, 'the pair is free again')
  })
}

async function opened(open: OpenDatabase) {
  const database = await open()
  const changes = new MemoryChanges()
  const told: (string | undefined)[] = []
  changes.subscribe(MAPPING_CHANGED, (uuid) => told.push(uuid))
  return {
    mappings: createMappingStore(database, changes),
    told,
    [Symbol.asyncDispose]: () => database.close(),
  }
}

function mappingOf(uuid: string): StoredMapping {
  return {
    ...scope,
    uuid,
    kind: 'sqs',
    sourceArn: `queue-${uuid}`,
    functionName: 'f',
    settings: { batchSize: 10, windowSeconds: 0, filters: [], reportsItemFailures: false },
    state: 'Enabled',
    lastModified: 0,
    tags: {},
  }
}
