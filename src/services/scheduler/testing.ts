import type { Call } from '../../aws/operation.ts'
import { type OpenTargets, openTargets } from '../../aws/ports/testing.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import { testCall } from '../../aws/testing.ts'
import { realClock, VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { createSchedulerRoom } from './room.ts'
import type { schedulerOperations } from './service.ts'

type Client = typeof import('@aws-sdk/client-scheduler')
type Name = keyof typeof schedulerOperations

export const HERE = { accountId: '111111111111', region: 'us-east-1' }
export const QUEUE = 'arn:aws:sqs:us-east-1:111111111111:q'
export const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:f'
export const ROLE = 'arn:aws:iam::111111111111:role/scheduler'

export interface SchedulerRig extends Pick<OpenTargets, 'sent' | 'failing'> {
  readonly clock: VirtualClock
  readonly faults: unknown[]
  run<N extends Name>(name: N, input: Input<Client, N>, call?: Partial<Call>): Promise<Output<Client, N>>
  /** A schedule for the queue. */
  schedule(Name: string, ScheduleExpression: string, more?: object): Promise<Output<Client, 'CreateSchedule'>>
  /** Stops, lets time go by, and starts again. */
  sleep(ms: number): Promise<void>
  /** Lets time go by, in steps. */
  pass(ms: number, stepMs?: number): Promise<void>
}

/** The room on an empty database, a clock that stands still, and targets that remember what they were sent. */
export async function schedulerRig(t: { after(run: () => Promise<void>): void }): Promise<SchedulerRig> {
  const database = await openSqlite(':memory:')
  const clock = new VirtualClock()
  const { sent, failing, switchboard } = openTargets(clock)
  const faults: unknown[] = []
  const reportFault = (error: unknown) => void faults.push(error)
  const random = seededRandom('scheduler')
  const open = () => createSchedulerRoom({ database, switchboard, clock, random, reportFault })
  let room = open()
  await room.start()
  t.after(async () => {
    await room.stop()
    await database.close()
  })
  const run: SchedulerRig['run'] = (name, input, call = {}) =>
    room.operations[name]?.(input as never, { ...testCall(HERE), ...call }) as Promise<never>
  return {
    clock,
    sent,
    faults,
    failing,
    run,
    schedule: (Name, ScheduleExpression, more = {}) =>
      run('CreateSchedule', {
        Name,
        ScheduleExpression,
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: QUEUE, RoleArn: ROLE, Input: Name },
        ...more,
      }),
    sleep: async (ms) => {
      await room.stop()
      await clock.advance(ms)
      room = open()
      await room.start()
    },
    pass: async (ms, stepMs = ms / 10) => {
      for (let passed = 0; passed < ms; passed += stepMs) {
        await clock.advance(stepMs)
        await realClock.sleep(1)
      }
    },
  }
}
