import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { realClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import type { BlobStore } from '../../store/blobs.ts'
import { openPostgresChanges } from '../../store/changes.postgres.ts'
import { openPostgres } from '../../store/postgres.ts'
import { hasPostgres } from '../../store/testing/postgres-server.ts'
import { newPostgresUrl } from '../../store/testing.ts'
import { functionInput, SCOPE, type TestLambda, testBlobs, testLambda, zipOf } from './testing.ts'

// Two nodes: two of everything but the database and the blobs.
const options = { skip: hasPostgres() ? false : 'no PostgreSQL binaries on this machine' }

test('a node hears of what another one changed, and retires the same environments', options, async (t) => {
  const [one, other] = await twoNodes(t)
  await one.create('f')
  const { fn: before } = await other.lambda.directory.resolve(SCOPE, 'f')
  await one.call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: zipOf('new') })
  await one.settled('f')
  await eventually(async () => {
    const { fn } = await other.lambda.directory.resolve(SCOPE, 'f')
    assert.notEqual(fn.revision, before.revision)
    assert.deepEqual(other.retired, [before.revision])
  })
  await other.call('DeleteFunction', { FunctionName: 'f' })
  await eventually(() =>
    assert.rejects(one.lambda.directory.resolve(SCOPE, 'f'), { code: 'ResourceNotFoundException' }),
  )
})

test('creations of one function on two nodes at the same time: one wins', options, async (t) => {
  const nodes = await twoNodes(t)
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const outcomes = await Promise.allSettled(
      nodes.map(({ call }) => call('CreateFunction', functionInput(name))),
    )
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'], name)
  }
})

test('reservations on two nodes at the same time leave 100 unreserved', options, async (t) => {
  const nodes = await twoNodes(t)
  for (const name of ['a', 'b']) await nodes[0].create(name)
  const outcomes = await Promise.allSettled(
    nodes.map(({ call }, index) =>
      call('PutFunctionConcurrency', {
        FunctionName: index === 0 ? 'a' : 'b',
        ReservedConcurrentExecutions: 500,
      }),
    ),
  )
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

test('code is never collected on one node while the other is about to use it', options, async (t) => {
  const [one, other] = await twoNodes(t)
  for (let round = 0; round < 10; round++) {
    await one.create('f')
    await Promise.all([
      one.call('DeleteFunction', { FunctionName: 'f' }),
      other.call('CreateFunction', functionInput('g')),
    ])
    const { fn } = await other.lambda.directory.resolve(SCOPE, 'g')
    assert.ok(await other.blobs.has(fn.codeBlob))
    await other.call('DeleteFunction', { FunctionName: 'g' })
  }
})

async function twoNodes(t: TestContext): Promise<[TestLambda, TestLambda]> {
  const url = await newPostgresUrl()
  const blobs = await testBlobs(t)
  const one = await node(t, url, blobs)
  return [one, await node(t, url, blobs)]
}

async function node(t: TestContext, url: string, blobs: BlobStore): Promise<TestLambda> {
  const database = await openPostgres(url)
  const changes = await openPostgresChanges(url, { database, clock: realClock, random: realRandom })
  const lambda = await testLambda(t, { database, changes, blobs })
  t.after(async () => {
    await changes.close()
    await database.close()
  })
  return lambda
}

/** What one node does the other hears of moments later. */
async function eventually(check: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await check()
      return
    } catch {
      await realClock.sleep(5)
    }
  }
  await check()
}
