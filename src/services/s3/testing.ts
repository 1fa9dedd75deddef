import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { memoryTargets, type Sent } from '../../aws/ports/testing.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import { createSwitchboard } from '../../aws/switchboard.ts'
import { testCall } from '../../aws/testing.ts'
import { realClock, VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { SqlLeases } from '../../store/leases.sql.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { createS3Room } from './room.ts'
import type { s3Operations } from './service.ts'

type Client = typeof import('@aws-sdk/client-s3')
type Name = keyof typeof s3Operations

export const HERE = { accountId: '111111111111', region: 'us-east-1' }
export const QUEUE = 'arn:aws:sqs:us-east-1:111111111111:q'
export const BUS = 'arn:aws:events:us-east-1:111111111111:event-bus/default'

export interface S3Rig {
  readonly clock: VirtualClock
  /** What the queue and the bus were sent. */
  readonly sent: readonly Sent[]
  readonly faults: readonly unknown[]
  run<Operation extends Name>(
    name: Operation,
    input: Partial<Input<Client, Operation>>,
  ): Promise<Output<Client, Operation>>
  put(key: string, more?: object): Promise<Output<Client, 'PutObject'>>
  /** All versions and delete markers: `key@storage class`, `key@delete marker`. */
  versions(): Promise<string[]>
  /** Stops the room, lets time go by, and starts another on the same data. */
  asleep(ms: number): Promise<void>
  /** Waits for what the room does by itself; fails where that takes long. */
  until(isSo: () => boolean | Promise<boolean>): Promise<void>
}

/** The room with a bucket of the name `bucket`, on an empty database and a clock that stands still. */
export async function s3Rig(t: { after(run: () => Promise<void>): void }): Promise<S3Rig> {
  const database = await openSqlite(':memory:')
  const folder = await mkdtemp(path.join(tmpdir(), 'lambdad-s3-room-'))
  const clock = new VirtualClock(Date.UTC(2026, 0, 1, 10, 30))
  const random = seededRandom('s3')
  const targets = memoryTargets(QUEUE, BUS)
  const faults: unknown[] = []
  const open = () =>
    createS3Room({
      database,
      folder,
      clock,
      random,
      leases: new SqlLeases(database, clock),
      switchboard: createSwitchboard(targets.ports),
      reportFault: (error) => void faults.push(error),
    })
  let room = await open()
  await room.start()
  t.after(async () => {
    await room.stop()
    await database.close()
    await rm(folder, { recursive: true, force: true })
  })
  const run: S3Rig['run'] = (name, input) =>
    room.operations[name]?.({ Bucket: 'bucket', ...input } as never, testCall(HERE)) as Promise<never>
  await run('CreateBucket', {})
  return {
    clock,
    sent: targets.sent,
    faults,
    run,
    put: (Key, more = {}) =>
      run('PutObject', { Key, Body: Readable.from([Buffer.from('x')]) as never, ...more }),
    versions: async () => {
      const { Versions = [], DeleteMarkers = [] } = await run('ListObjectVersions', {})
      const kinds = [
        ...Versions,
        ...DeleteMarkers.map((marker) => ({ ...marker, StorageClass: 'delete marker' })),
      ]
      return kinds.map(({ Key, StorageClass }) => `${Key}@${StorageClass}`).sort()
    },
    asleep: async (ms) => {
      await room.stop()
      await clock.advance(ms)
      room = await open()
      await room.start()
    },
    until: async (isSo) => {
      for (let tries = 0; !(await isSo()); tries++) {
        if (tries === 2000) throw new Error('it does not come to be')
        await clock.advance(1)
        await realClock.sleep(1)
      }
    },
  }
}
