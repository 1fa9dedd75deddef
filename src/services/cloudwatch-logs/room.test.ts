import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryTargets } from '../../aws/ports/testing.ts'
import { createSwitchboard } from '../../aws/switchboard.ts'
import { testCall } from '../../aws/testing.ts'
import { realClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import { MemoryChanges } from '../../store/changes.memory.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { createLogsRoom, type LogsRoom } from './room.ts'
import { createLogStore } from './store.sql.ts'
import { FUNCTION } from './testing.ts'

const TARGET = { accountId: '111111111111', region: 'us-east-1', group: '/g', stream: 's' }

test('a room that stops has kept all that was appended', async () => {
  const database = await openSqlite(':memory:')
  const faults: unknown[] = []
  const reportFault = (error: unknown) => void faults.push(error)
  const changes = new MemoryChanges()
  const switchboard = createSwitchboard({})
  const deps = { database, changes, switchboard, clock: realClock, random: realRandom, reportFault }
  const room = createLogsRoom(deps)
  room.start()
  for (let n = 0; n < 100; n++) room.append(TARGET, [{ timestamp: n, message: `${n}` }])
  await room.stop()

  const store = createLogStore(database, changes)
  const group = await store.findGroup({ ...TARGET, name: '/g' })
  const [stream] = await store.findStreams(group?.id ?? 0, ['s'])
  assert.equal(stream?.lastEventAt, 99)
  assert.deepEqual(faults, [])
  await database.close()
})

test('what is kept after deliveries have ended is delivered by the next start', async () => {
  const database = await openSqlite(':memory:')
  const faults: unknown[] = []
  const changes = new MemoryChanges()
  const targets = memoryTargets(FUNCTION)
  const switchboard = createSwitchboard(targets.ports)
  const reportFault = (error: unknown) => void faults.push(error)
  const open = () =>
    createLogsRoom({ database, changes, switchboard, clock: realClock, random: realRandom, reportFault })
  const run = (room: LogsRoom, name: string, input: object) =>
    room.operations[name]?.(input as never, testCall(TARGET))
  const filter = { logGroupName: '/g', filterName: 'f', filterPattern: '', destinationArn: FUNCTION }

  for (const isLoaded of [false, true]) {
    const room = open()
    await room.deliveries.start()
    if (isLoaded) {
      room.append(TARGET, [{ timestamp: 1, message: 'at once' }])
      await room.flush()
    } else {
      await run(room, 'CreateLogGroup', { logGroupName: '/g' })
      await run(room, 'PutSubscriptionFilter', filter)
    }
    await room.deliveries.stop()
    const before = targets.sent.length
    room.append(TARGET, [{ timestamp: 2, message: 'last words' }])
    await room.stop()
    assert.equal(targets.sent.length, before)

    const next = open()
    await next.deliveries.start()
    for (let tries = 0; targets.sent.length === before && tries < 500; tries++) await realClock.sleep(10)
    assert.equal(targets.sent.length, before + 1)
    await next.deliveries.stop()
    await next.stop()
  }
  assert.deepEqual(faults, [])
  await database.close()
})

test('every operation of the room is one of the SDK client', async () => {
  const client = await import('@aws-sdk/client-cloudwatch-logs')
  const { logsOperations } = await import('./service.ts')
  for (const name of Object.keys(logsOperations)) assert.ok(`${name}Command` in client, name)
})
