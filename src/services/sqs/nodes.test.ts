import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { realClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import { openPostgresChanges } from '../../store/changes.postgres.ts'
import { SqlLeases } from '../../store/leases.sql.ts'
import { openPostgres } from '../../store/postgres.ts'
import { hasPostgres } from '../../store/testing/postgres-server.ts'
import { newPostgresUrl } from '../../store/testing.ts'
import { createSqsRoom } from './room.ts'
import { callsOf } from './testing.ts'

// Two nodes: two of everything but the database.
const options = { skip: hasPostgres() ? false : 'no PostgreSQL binaries on this machine' }

test('a long poll on one node is woken by a message that another one took', options, async (t) => {
  const [one, other] = await twoNodes(t)
  const url = await one.queue('q')
  const waiting = other.receive(url, { WaitTimeSeconds: 20 })
  await realClock.sleep(50)
  const begun = realClock.elapsed()
  await one.send(url, 'a')
  assert.deepEqual(await waiting, ['a'])
  // Told, not found by looking again after a second: generous, since machines that test are slow.
  assert(realClock.elapsed() - begun < 700)
})

test('a queue that one node changes or deletes is another one to all', options, async (t) => {
  const [one, other] = await twoNodes(t)
  const QueueUrl = await one.queue('q')
  await other.send(QueueUrl, 'a')
  await one.run('SetQueueAttributes', { QueueUrl, Attributes: { MaximumMessageSize: '1024' } })
  await eventually(() =>
    assert.rejects(other.send(QueueUrl, 'x'.repeat(2000)), /must be shorter than 1024 bytes/),
  )
  await one.run('DeleteQueue', { QueueUrl })
  await eventually(() => assert.rejects(other.send(QueueUrl, 'a'), { code: 'QueueDoesNotExist' }))
})

test('consumers on two nodes share a queue: each message comes once', options, async (t) => {
  const nodes = await twoNodes(t)
  const url = await nodes[0].queue('q')
  const sent = Array.from({ length: 60 }, (_, n) => `m${n}`)
  const received: string[] = []
  const consume = async (node: (typeof nodes)[number]) => {
    while (received.length < sent.length)
      received.push(...(await node.receive(url, { WaitTimeSeconds: 2, MaxNumberOfMessages: 3 })))
  }
  const consuming = Promise.all([nodes[0], nodes[1], nodes[0], nodes[1]].map(consume))
  await Promise.all(sent.map((body, index) => nodes[index % 2 === 0 ? 0 : 1].send(url, body)))
  await consuming
  assert.deepEqual(received.sort(), sent.toSorted())
})

async function twoNodes(t: TestContext) {
  const url = await newPostgresUrl()
  const node = async () => {
    const database = await openPostgres(url)
    const reportFault = (error: unknown) => console.error(error)
    const changes = await openPostgresChanges(url, { database, clock: realClock, random: realRandom })
    const room = createSqsRoom({
      database,
      changes,
      leases: new SqlLeases(database, realClock),
      clock: realClock,
      random: realRandom,
      reportFault,
    })
    await room.start()
    t.after(async () => {
      await room.stop()
      await changes.close()
      await database.close()
    })
    return callsOf(room)
  }
  return [await node(), await node()] as const
}

/** Tries again for five seconds. */
async function eventually(check: () => Promise<unknown>): Promise<void> {
  const until = realClock.now() + 5000
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (realClock.now() > until) throw error
      await realClock.sleep(20)
    }
  }
}
