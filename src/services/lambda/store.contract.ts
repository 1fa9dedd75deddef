import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryChanges } from '../../store/changes.memory.ts'
import type { OpenDatabase } from '../../store/testing.ts'
import type { FunctionKey, StoredAlias, StoredVersion } from './function.ts'
import { createFunctionStore } from './store.sql.ts'
import type { FunctionStore } from './store.ts'
import { FUNCTION_CHANGED, REVISION_RETIRED, readFunctionKey } from './topics.ts'

const scope = { accountId: '111111111111', region: 'us-east-1' }
const f: FunctionKey = { ...scope, name: 'f' }

/** What every function store does. Each database runs this same suite. */
export function describeFunctionStore(open: OpenDatabase): void {
  test('a function is found under its account and region, and under no other', async () => {
    await using store = await opened(open)
    await store.functions.change(f, (fn) => fn.create({ ...f, tags: { a: 'b' }, reservedConcurrency: 7 }))
    assert.deepEqual(await store.functions.find(f), { ...f, tags: { a: 'b' }, reservedConcurrency: 7 })
    assert.equal(await store.functions.find({ ...f, region: 'us-east-2' }), undefined)
    assert.equal(await store.functions.find({ ...f, accountId: '222222222222' }), undefined)
  })

  test('of two creations at the same time one wins', async () => {
    await using store = await opened(open)
    const create = () =>
      store.functions.change(f, (fn) => fn.create({ ...f, tags: {}, reservedConcurrency: undefined }))
    assert.deepEqual((await Promise.all([create(), create(), create()])).sort(), [false, false, true])
  })

  test('changes of one function at the same time do not overwrite one another', async () => {
    await using store = await opened(open)
    await store.create('f')
    const count = () =>
      store.functions.change(f, async (fn) => {
        const { count = '0' } = fn.head?.tags ?? {}
        if (fn.head !== undefined) await fn.save({ ...fn.head, tags: { count: String(Number(count) + 1) } })
      })
    await Promise.all(Array.from({ length: 20 }, count))
    assert.deepEqual((await store.functions.find(f))?.tags, { count: '20' })
  })

  test('what is provisioned is kept with its function, and reports are of the config that they are about', async () => {
    await using store = await opened(open)
    const { functions } = store
    await store.create('f')
    const progress = { allocated: 0, available: 0, status: 'IN_PROGRESS' as const }
    const config = { qualifier: '1', id: 'a', requested: 5, lastModified: 1, progress }
    const key = { ...scope, name: 'f' }
    await functions.change(key, (fn) => fn.saveProvisioned(config))
    await functions.change(key, (fn) => fn.saveProvisioned({ ...config, qualifier: '2', id: 'b' }))
    const ready = { allocated: 5, available: 5, status: 'READY' as const }
    await functions.reportProvisioned(key, config, ready)
    await functions.reportProvisioned(key, { qualifier: '2', id: 'older' }, ready)
    assert.deepEqual(await functions.findProvisioned(key, '1'), { ...config, progress: ready })
    assert.deepEqual((await functions.findProvisioned(key, '2'))?.progress, progress)
    assert.deepEqual(
      (await functions.listProvisioned(key, { after: ['1'], max: 5 })).map(({ id }) => id),
      ['b'],
    )
    assert.deepEqual(await functions.functionsWithProvisioned(), [key])
    assert.equal(await functions.reservedConcurrency(scope), 10)
    await functions.change(key, async (fn) => {
      if (fn.head !== undefined) await fn.save({ ...fn.head, reservedConcurrency: 20 })
      await fn.deleteProvisioned('2')
    })
    assert.equal(await functions.reservedConcurrency(scope), 20)
    await functions.change(key, (fn) => fn.delete())
    assert.deepEqual(await functions.functionsWithProvisioned(), [])
  })

  test('layers are held while their image is, and are to be collected after it', async () => {
    await using store = await opened(open)
    const { functions } = store
    const collect = (sha256: string) => functions.collectCode({ sha256, now: 1 }, async () => {})
    await functions.holdLayers('image', ['one', 'two', 'one'])
    await functions.holdLayers('other', ['two'])
    assert.equal(await collect('one'), false)
    assert.deepEqual(await functions.uncollectedCode(1, 10), [])
    assert.equal(await collect('image'), true)
    assert.deepEqual((await functions.uncollectedCode(1, 10)).sort(), ['one', 'two'])
    assert.deepEqual([await collect('one'), await collect('two')], [true, false])
    // What is being let go can be held again.
    await functions.holdLayers('image', ['one'])
    assert.equal(await collect('one'), false)
  })

  test('of a change that throws nothing remains, and nobody is told', async () => {
    await using store = await opened(open)
    await assert.rejects(
      store.functions.change(f, async (fn) => {
        await fn.create({ ...f, tags: {}, reservedConcurrency: undefined })
        await fn.saveVersion(versionOf(f))
        throw new Error('no')
      }),
      /no/,
    )
    assert.equal(await store.functions.find(f), undefined)
    assert.deepEqual(store.told, [])
  })

  test('every change is told, and which revisions are to run no more', async () => {
    await using store = await opened(open)
    await store.create('f')
    await store.functions.change(f, (fn) => fn.retire(['r1', 'r2']))
    assert.deepEqual(store.told, [f, f, 'r1', 'r2'])
  })

  test('versions come by number, $LATEST first', async () => {
    await using store = await opened(open)
    await store.create('f', ['10', '9', '1'])
    const versions = await store.functions.listVersions(f, { max: 10 })
    assert.deepEqual(namesOf(versions), ['f:$LATEST', 'f:1', 'f:9', 'f:10'])
    assert.deepEqual(namesOf(await store.functions.listVersions(f, { after: ['1'], max: 1 })), ['f:9'])
    assert.equal((await store.functions.findVersion(f, '9'))?.version, '9')
    assert.equal(await store.functions.findVersion(f, '2'), undefined)
    assert.equal(await store.functions.findVersion(f, '99999999999999999999'), undefined)
    assert.equal((await store.functions.change(f, (fn) => fn.lastPublished()))?.version, '10')
  })

  test('lists go on after where the last page ended', async () => {
    await using store = await opened(open)
    for (const name of ['b', 'a', 'c']) await store.create(name, ['1'])
    const { functions } = store
    assert.deepEqual(namesOf(await functions.listFunctions(scope, { max: 2 })), ['a:$LATEST', 'b:$LATEST'])
    assert.deepEqual(namesOf(await functions.listFunctions(scope, { after: ['b'], max: 2 })), ['c:$LATEST'])
    assert.deepEqual(namesOf(await functions.listAllVersions(scope, { max: 3 })), [
      'a:$LATEST',
      'a:1',
      'b:$LATEST',
    ])
    const rest = await functions.listAllVersions(scope, { after: ['b', '$LATEST'], max: 9 })
    assert.deepEqual(namesOf(rest), ['b:1', 'c:$LATEST', 'c:1'])
  })

  test('numbers are never given twice, not even after the function was deleted', async () => {
    await using store = await opened(open)
    await store.create('f')
    const next = () => store.functions.change(f, (fn) => fn.nextNumber())
    assert.equal(await next(), '1')
    assert.equal(await next(), '2')
    await store.functions.change(f, (fn) => fn.delete())
    assert.equal(await next(), '3')
  })

  test('with a function go its versions, aliases and policies', async () => {
    await using store = await opened(open)
    await store.create('f', ['1'])
    await store.functions.change(f, async (fn) => {
      await fn.saveAlias(aliasOf('live', '1'))
      await fn.savePolicy('', [{ Sid: 's' }])
      await fn.delete()
    })
    assert.deepEqual(await store.functions.listVersions(f, { max: 9 }), [])
    assert.deepEqual(await store.functions.listAliases(f, { max: 9 }), [])
    assert.deepEqual(await store.functions.findPolicy(f, ''), [])
  })

  test('aliases come by name, and can be asked for by version', async () => {
    await using store = await opened(open)
    await store.create('f', ['1', '2'])
    await store.functions.change(f, async (fn) => {
      for (const [name, version] of [
        ['b', '2'],
        ['a', '1'],
        ['c', '1'],
      ] as const)
        await fn.saveAlias(aliasOf(name, version))
      await fn.saveAlias(aliasOf('b', '1'))
      await fn.deleteAlias('c')
    })
    const { functions } = store
    assert.deepEqual(
      (await functions.listAliases(f, { max: 9 })).map(({ alias }) => alias),
      ['a', 'b'],
    )
    assert.deepEqual(await functions.listAliases(f, { max: 9, version: '2' }), [])
    assert.deepEqual(await functions.listAliases(f, { max: 1, after: ['a'], version: '1' }), [
      aliasOf('b', '1'),
    ])
    assert.deepEqual(await functions.findAlias(f, 'a'), aliasOf('a', '1'))
    assert.equal(await functions.findAlias(f, 'c'), undefined)
  })

  test('each qualifier has a policy of its own, and an empty one is none', async () => {
    await using store = await opened(open)
    await store.create('f')
    await store.functions.change(f, async (fn) => {
      await fn.savePolicy('', [{ Sid: 'function' }])
      await fn.savePolicy('live', [{ Sid: 'alias' }])
    })
    assert.deepEqual(await store.functions.findPolicy(f, ''), [{ Sid: 'function' }])
    await store.functions.change(f, (fn) => fn.savePolicy('', []))
    assert.deepEqual(await store.functions.findPolicy(f, ''), [])
    assert.deepEqual(await store.functions.findPolicy(f, 'live'), [{ Sid: 'alias' }])
  })

  test('each qualifier has settings for its events, which go with the function, as what is done about loops does', async () => {
    await using store = await opened(open)
    const { functions } = store
    await store.create('f')
    const config = { qualifier: 'live', lastModified: 1, retriesMax: 0, onFailure: 'arn:aws:sqs:x' }
    await functions.change(f, async (fn) => {
      await fn.saveEventConfig({ ...config, retriesMax: 2 })
      await fn.saveEventConfig(config)
      await fn.saveEventConfig({ qualifier: '$LATEST', lastModified: 2 })
      if (fn.head !== undefined) await fn.save({ ...fn.head, recursiveLoop: 'Allow' })
      assert.deepEqual(await fn.eventConfig('live'), config)
    })
    assert.deepEqual(await functions.findEventConfig(f, 'live'), config)
    assert.equal(await functions.findEventConfig(f, '1'), undefined)
    assert.equal((await functions.find(f))?.recursiveLoop, 'Allow')
    const qualifiers = async (after?: string) =>
      (await functions.listEventConfigs(f, { max: 1, ...(after && { after: [after] }) })).map(
        ({ qualifier }) => qualifier,
      )
    assert.deepEqual(await qualifiers(), ['$LATEST'])
    assert.deepEqual(await qualifiers('$LATEST'), ['live'])
    await functions.change(f, (fn) => fn.deleteEventConfig('$LATEST'))
    assert.deepEqual(await qualifiers(), ['live'])
    await functions.change(f, (fn) => fn.delete())
    await store.create('f')
    assert.deepEqual(await qualifiers(), [])
    assert.equal((await functions.find(f))?.recursiveLoop, undefined)
  })

  test('usage counts functions, and the code of every version', async () => {
    await using store = await opened(open)
    assert.deepEqual(await store.functions.usage(scope), { functionCount: 0, codeBytes: 0 })
    await store.create('f', ['1'])
    await store.create('g')
    assert.deepEqual(await store.functions.usage(scope), { functionCount: 2, codeBytes: 300 })
    assert.deepEqual(await store.functions.usage({ ...scope, region: 'us-east-2' }), {
      functionCount: 0,
      codeBytes: 0,
    })
  })

  test('reservations at the same time see one another', async () => {
    await using store = await opened(open)
    const names = ['a', 'b', 'c', 'd', 'e']
    for (const name of names) await store.create(name)
    await Promise.all(
      names.map((name) =>
        store.functions.change({ ...scope, name }, async (fn) => {
          const others = await fn.reservedByOthers()
          if (fn.head !== undefined && others + 10 <= 30)
            await fn.save({ ...fn.head, reservedConcurrency: 10 })
        }),
      ),
    )
    assert.equal(await store.functions.reservedConcurrency(scope), 30)
  })

  test('versions that are Pending or being updated are found after a restart', async () => {
    await using store = await opened(open)
    await store.create('f', ['1'])
    await store.functions.change(f, async (fn) => {
      await fn.saveVersion(versionOf(f, { lastUpdate: 'InProgress' }))
      await fn.saveVersion(versionOf(f, { version: '1', state: 'Pending' }))
    })
    const unsettled = await store.functions.unsettled(10)
    assert.deepEqual(unsettled.map(({ version }) => version).sort(), ['$LATEST', '1'])
    await store.functions.change(f, (fn) => fn.saveVersion(versionOf(f, { lastUpdate: 'Successful' })))
    assert.deepEqual(await store.functions.unsettled(10), [{ ...f, version: '1' }])
  })

  test('code is collected where no version and no pin holds it', async () => {
    await using store = await opened(open)
    const { functions } = store
    const removed: string[] = []
    const collect = (sha256: string, options: { now?: number; unpin?: string } = {}) =>
      functions.collectCode({ sha256, now: 1, ...options }, async () => void removed.push(sha256))

    await store.create('f')
    await functions.change(f, (fn) =>
      fn.saveVersion(
        versionOf(f, { running: { codeBlob: 'before' } as NonNullable<StoredVersion['running']> }),
      ),
    )
    await functions.pinCode({ id: 'one', sha256: 'pinned', until: 10 })
    await functions.pinCode({ id: 'two', sha256: 'pinned', until: 20 })

    assert.equal(await collect('code'), false)
    assert.equal(await collect('before'), false)
    assert.equal(await collect('pinned'), false)
    assert.equal(await collect('nobody'), true)
    assert.equal(await collect('pinned', { unpin: 'one' }), false, 'the other upload holds it')
    assert.deepEqual(await functions.uncollectedCode(19, 9), [])
    assert.deepEqual(await functions.uncollectedCode(20, 9), ['pinned'])
    assert.equal(await collect('pinned', { now: 20 }), true)
    assert.deepEqual(removed, ['nobody', 'pinned'])
    assert.deepEqual(await functions.uncollectedCode(20, 9), [])
  })

  test('code that a change discards is to be collected from its commit on', async () => {
    await using store = await opened(open)
    const { functions } = store
    await store.create('f')
    const discard = (fails: boolean) =>
      functions.change(f, async (fn) => {
        await fn.discardCode(['a', 'b', 'a'])
        if (fails) throw new Error('no')
      })
    await assert.rejects(discard(true))
    assert.deepEqual(await functions.uncollectedCode(1, 9), [])
    await discard(false)
    await discard(false)
    assert.deepEqual((await functions.uncollectedCode(1, 9)).sort(), ['a', 'b'])
    assert.equal(await functions.collectCode({ sha256: 'a', now: 1 }, async () => {}), true)
    assert.deepEqual(await functions.uncollectedCode(1, 9), ['b'])
  })
}

interface OpenedStore extends AsyncDisposable {
  readonly functions: FunctionStore
  /** What subscribers heard: keys of functions, and revisions. */
  readonly told: unknown[]
  create(name: string, versions?: readonly string[]): Promise<void>
}

async function opened(open: OpenDatabase): Promise<OpenedStore> {
  const database = await open()
  const changes = new MemoryChanges()
  const functions = createFunctionStore(database, changes)
  const told: unknown[] = []
  changes.subscribe(FUNCTION_CHANGED, (key) => told.push(readFunctionKey(key ?? '')))
  changes.subscribe(REVISION_RETIRED, (revision) => told.push(revision))
  return {
    functions,
    told,
    create: (name, versions = []) =>
      functions.change({ ...scope, name }, async (fn) => {
        await fn.create({ ...scope, name, tags: {}, reservedConcurrency: undefined })
        for (const version of ['$LATEST', ...versions])
          await fn.saveVersion(versionOf({ ...scope, name }, { version }))
      }),
    [Symbol.asyncDispose]: () => database.close(),
  }
}

function versionOf(key: FunctionKey, changes: Partial<StoredVersion> = {}): StoredVersion {
  return {
    ...key,
    version: '$LATEST',
    revisionId: 'revision',
    lastModified: 0,
    code: { sha256: 'code', size: 100, unzippedSize: 200 },
    configuration: {
      runtime: 'nodejs22.x',
      handler: 'index.handler',
      roleArn: 'arn:aws:iam::111111111111:role/r',
      description: '',
      timeoutSeconds: 3,
      memoryMb: 128,
      ephemeralStorageMb: 512,
      architecture: 'x86_64',
      logging: { format: 'Text', group: '/aws/lambda/f' },
    },
    state: 'Active',
    ...changes,
  }
}

function aliasOf(alias: string, version: string): StoredAlias {
  return { ...f, alias, version, description: '', revisionId: 'revision' }
}

function namesOf(versions: readonly StoredVersion[]): string[] {
  return versions.map(({ name, version }) => `${name}:${version}`)
}
