import assert from 'node:assert/strict'
import { test } from 'node:test'
import { realClock, VirtualClock } from '../../base/clock.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { functionInput, SCOPE, sha256Hex, testBlobs, testLambda, zipOf } from './testing.ts'

test('what a process that died left Pending or in progress is finished at the next start', async (t) => {
  const [database, blobs] = [await openSqlite(':memory:'), await testBlobs(t)]
  t.after(() => database.close())
  const first = await testLambda(t, { database, blobs })
  await first.create('updated')
  await first.lambda.stop()
  await first.call('UpdateFunctionCode', { FunctionName: 'updated', ZipFile: zipOf('new') })
  await first.call('CreateFunction', { ...functionInput('created'), Publish: true })

  const second = await testLambda(t, { database, blobs })
  for (const [name, qualifier] of [['updated'], ['created'], ['created', '1']] as const) {
    const shown = await second.call('GetFunctionConfiguration', {
      FunctionName: name ?? '',
      ...(qualifier && { Qualifier: qualifier }),
    })
    assert.equal(shown.State, 'Active')
    assert.equal(shown.LastUpdateStatus, 'Successful')
  }
  assert.equal(second.retired.length, 1)
  const { fn } = await second.lambda.directory.resolve(SCOPE, 'updated')
  assert.equal(fn.codeBlob, sha256Hex(zipOf('new')))
  const kept = (await Array.fromAsync(blobs.list())).map(({ sha256 }) => sha256).sort()
  const wanted = [zipOf('new'), functionInput('created').Code?.ZipFile as Buffer].map(sha256Hex).sort()
  assert.deepEqual(kept, wanted)
})

test('code of an upload that a crash cut short is removed at a later start', async (t) => {
  const [database, blobs] = [await openSqlite(':memory:'), await testBlobs(t)]
  t.after(() => database.close())
  const clock = new VirtualClock()
  const first = await testLambda(t, {
    database,
    clock,
    blobs: {
      ...blobs,
      put: async (source) => {
        await blobs.put(source)
        return new Promise(() => {})
      },
    },
  })
  void first.call('CreateFunction', functionInput('f'))
  while ((await Array.fromAsync(blobs.list())).length === 0) await realClock.sleep(1)

  await testLambda(t, { database, blobs, clock })
  assert.equal((await Array.fromAsync(blobs.list())).length, 1, 'another node may still be at it')
  await clock.advance(15 * 60_000)
  await testLambda(t, { database, blobs, clock })
  assert.equal((await Array.fromAsync(blobs.list())).length, 0)
})

test('a version that could not be settled is settled later, and the failure told', async (t) => {
  const clock = new VirtualClock()
  const database = await openSqlite(':memory:')
  t.after(() => database.close())
  let fails = 0
  const { call, faults } = await testLambda(t, {
    clock,
    database: {
      ...database,
      kysely: database.kysely,
      close: () => database.close(),
      write: (work) => (fails-- > 0 ? Promise.reject(new Error('disk full')) : database.write(work)),
    },
  })
  await call('CreateFunction', functionInput('f'))
  fails = 1
  await pass(clock, 2)
  const state = async () => (await call('GetFunctionConfiguration', { FunctionName: 'f' })).State
  assert.equal(await state(), 'Pending')
  assert.match(String(faults[0]), /disk full/)
  await pass(clock, 1000)
  assert.equal(await state(), 'Active')
  assert.equal(faults.length, 1)
})

/** Moves time on, and lets the database come to its end. */
async function pass(clock: VirtualClock, ms: number): Promise<void> {
  await clock.advance(ms)
  await realClock.sleep(20)
}
