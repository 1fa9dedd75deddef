import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenDatabase } from '../../store/testing.ts'
import type { ObjectVersion } from './object.ts'
import { createS3Store } from './store.sql.ts'
import type { S3Store } from './store.ts'

/** What every store of S3 does. */
export function describeS3Store(open: OpenDatabase): void {
  const stored = async (t: { after(run: () => Promise<void>): void }): Promise<S3Store> => {
    const database = await open()
    t.after(() => database.close())
    return createS3Store(database)
  }
  const add = (store: S3Store, version: ObjectVersion) =>
    store.change((editor) => editor.addVersion('b', version))

  test('objects are listed by the bytes of their keys, after a key and under a prefix', async (t) => {
    const store = await stored(t)
    for (const key of ['é', 'a', 'B', '🚀', 'a/1', '\uffee']) await add(store, version(key))
    const keys = async (range: object) =>
      (await store.objects('b', { prefix: '', limit: 10, ...range })).map(({ key }) => key)
    assert.deepEqual(await keys({}), ['B', 'a', 'a/1', 'é', '\uffee', '🚀'])
    assert.deepEqual(await keys({ after: 'a', limit: 2 }), ['a/1', 'é'])
    assert.deepEqual(await keys({ prefix: 'a' }), ['a', 'a/1'])
  })

  test('a version of the same id is replaced, and its files come back; the newest is what is listed', async (t) => {
    const store = await stored(t)
    await add(store, version('k', 'null', 'f1'))
    await add(store, version('k', 'v2', 'f2'))
    assert.deepEqual(await add(store, version('k', 'null', 'f3')), [{ name: 'f1', bytes: 1 }])
    assert.equal((await store.latest('b', 'k'))?.version.versionId, 'null')
    assert.equal((await store.objects('b', { prefix: '', limit: 10 })).length, 1)
    assert.deepEqual([...(await store.filesInUse(['f1', 'f2', 'f3']))].sort(), ['f2', 'f3'])
    const versions = await store.versions('b', { prefix: '', limit: 10 })
    assert.deepEqual(
      versions.map(({ version: { versionId } }) => versionId),
      ['null', 'v2'],
    )
    const older = { prefix: '', limit: 10, after: 'k', afterSeq: versions[0]?.seq ?? 0 }
    assert.equal((await store.versions('b', older))[0]?.version.versionId, 'v2')
  })

  test('buckets that have lifecycle rules are found, those that have none any more are not', async (t) => {
    const store = await stored(t)
    const save = (name: string, more: object) =>
      store.change((editor) =>
        editor.saveBucket({ name, accountId: '1', region: 'r', createdAt: 0, ...more }),
      )
    const lifecycle = [{ ID: 'a', Status: 'Enabled', Expiration: { Days: 1 } }]
    for (const name of ['b', 'a', 'c']) await save(name, { lifecycle })
    await save('none', {})
    await save('c', {})
    assert.deepEqual(
      (await store.agingBuckets()).map(({ name }) => name),
      ['a', 'b'],
    )
  })

  test('a delete marker hides its key until it is removed', async (t) => {
    const store = await stored(t)
    await add(store, version('k', 'v1', 'f1'))
    await add(store, { ...version('k', 'v2'), isDeleteMarker: true, files: [] })
    assert.deepEqual(await store.objects('b', { prefix: '', limit: 10 }), [])
    const marker = await store.version('b', 'k', 'v2')
    assert.ok(marker)
    await store.change((editor) => editor.removeVersion('b', marker))
    assert.equal((await store.objects('b', { prefix: '', limit: 10 })).length, 1)
  })

  test('an upload that goes gives back the files that no object took', async (t) => {
    const store = await stored(t)
    const facts = { headers: {}, metadata: {}, tags: {}, storageClass: 'STANDARD' }
    const upload = { bucket: 'b', key: 'k', id: 'u', createdAt: 0, facts }
    const part = (number: number, name: string) => ({
      number,
      file: { name, bytes: 1 },
      etag: 'e',
      checksums: {},
      modifiedAt: 0,
    })
    await store.change(async (editor) => {
      await editor.saveUpload(upload)
      for (const number of [2, 1, 10]) await editor.savePart('u', part(number, `f${number}`))
      assert.deepEqual(await editor.savePart('u', part(2, 'g2')), [{ name: 'f2', bytes: 1 }])
    })
    assert.deepEqual(
      (await store.parts('u')).map(({ number }) => number),
      [1, 2, 10],
    )
    const left = await store.change((editor) => editor.removeUpload(upload, [{ name: 'g2', bytes: 1 }]))
    assert.deepEqual(left.map(({ name }) => name).sort(), ['f1', 'f10'])
    assert.deepEqual([...(await store.filesInUse(['f1', 'f2', 'g2', 'f10']))], ['g2'])
    assert.equal(await store.upload('b', 'k', 'u'), undefined)
  })
}

function version(key: string, versionId = 'null', file = `file of ${key}`): ObjectVersion {
  return {
    key,
    versionId,
    isDeleteMarker: false,
    modifiedAt: 0,
    files: [{ name: file, bytes: 1 }],
    etag: 'e',
    checksums: {},
    checksumType: 'FULL_OBJECT',
    headers: {},
    metadata: {},
    tags: {},
    storageClass: 'STANDARD',
  }
}
