import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { memoryTargets } from '../../../aws/ports/testing.ts'
import type { Input } from '../../../aws/sdk-types.ts'
import { createSwitchboard } from '../../../aws/switchboard.ts'
import { testCall } from '../../../aws/testing.ts'
import { realClock } from '../../../base/clock.ts'
import { realRandom } from '../../../base/random.ts'
import { openPostgresChanges } from '../../../store/changes.postgres.ts'
import { openPostgres } from '../../../store/postgres.ts'
import { hasPostgres } from '../../../store/testing/postgres-server.ts'
import { newPostgresUrl } from '../../../store/testing.ts'
import { createLogsRoom } from '../room.ts'
import { FUNCTION, HERE } from '../testing.ts'

// Two nodes: two of everything but the database.
const options = { skip: hasPostgres() ? false : 'no PostgreSQL binaries on this machine' }

type PutInput = Input<typeof import('@aws-sdk/client-cloudwatch-logs'), 'PutSubscriptionFilter'>

test('a subscription that one node makes or deletes counts on all', options, async (t) => {
  const [one, other] = await twoNodes(t)
  await one.run('CreateLogGroup', { logGroupName: '/g' })
  await other.log('nobody listens')
  const filter: PutInput = {
    logGroupName: '/g',
    filterName: 'f',
    filterPattern: 'yes',
    destinationArn: FUNCTION,
  }
  await one.run('PutSubscriptionFilter', filter)
  await eventually(async () => {
    await other.log('yes')
    assert.ok(other.targets.sent.length > 0)
  })
  await one.run('DeleteSubscriptionFilter', { logGroupName: '/g', filterName: 'f' })
  await eventually(async () => {
    const before = other.targets.sent.length
    await other.log('yes')
    await realClock.sleep(100)
    assert.equal(other.targets.sent.length, before)
  })
  assert.deepEqual([...one.faults, ...other.faults], [])
})

async function twoNodes(t: TestContext) {
  const url = await newPostgresUrl()
  const node = async () => {
    const database = await openPostgres(url)
    const faults: unknown[] = []
    const reportFault = (error: unknown) => void faults.push(error)
    const basics = { clock: realClock, random: realRandom }
    const changes = await openPostgresChanges(url, { database, ...basics })
    const targets = memoryTargets(FUNCTION)
    const switchboard = createSwitchboard(targets.ports)
    const room = createLogsRoom({ database, changes, switchboard, reportFault, ...basics })
    await room.deliveries.start()
    t.after(async () => {
      await room.deliveries.stop()
      await room.stop()
      await changes.close()
      await database.close()
    })
    return {
      targets,
      faults,
      run: (name: string, input: object) => room.operations[name]?.(input as never, testCall(HERE)),
      log: async (message: string) => {
        room.append({ ...HERE, group: '/g', stream: 's' }, [{ timestamp: Date.now(), message }])
        await room.flush()
      },
    }
  }
  return [await node(), await node()] as const
}

async function eventually(check: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await check()
    } catch (error) {
      if (tries > 100) throw error
      await realClock.sleep(50)
    }
  }
}
