import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSwitchboard } from '../../aws/switchboard.ts'
import { realClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import { MemoryChanges } from '../../store/changes.memory.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { createLogsRoom } from './room.ts'
import { createLogStore } from './store.sql.ts'

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

test('every operation of the room is one of the SDK client', async () => {
  const client = await import('@aws-sdk/client-cloudwatch-logs')
  const { logsOperations } = await import('./service.ts')
  for (const name of Object.keys(logsOperations)) assert.ok(`${name}Command` in client, name)
})
