import type { Call } from '../../aws/operation.ts'
import { type OpenTargets, openTargets } from '../../aws/ports/testing.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import { testCall } from '../../aws/testing.ts'
import { realClock, VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { MemoryChanges } from '../../store/changes.memory.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { createEventBridgeRoom } from './room.ts'
import type { eventBridgeOperations } from './service.ts'

type Client = typeof import('@aws-sdk/client-eventbridge')
type Name = keyof typeof eventBridgeOperations

export const HERE = { accountId: '111111111111', region: 'us-east-1' }
export const QUEUE = 'arn:aws:sqs:us-east-1:111111111111:q'
export const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:f'

export interface EventBridgeRig extends Pick<OpenTargets, 'sent' | 'failing'> {
  readonly clock: VirtualClock
  readonly faults: unknown[]
  run<N extends Name>(name: N, input: Input<Client, N>, call?: Partial<Call>): Promise<Output<Client, N>>
  /** A rule with this pattern and these targets. */
  rule(name: string, pattern: object, ...targets: readonly object[]): Promise<void>
  put(...details: readonly object[]): Promise<Output<Client, 'PutEvents'>>
  /** Stops, lets time go by, and starts again. */
  sleep(ms: number): Promise<void>
  /** Lets time go by, in steps, until `isReached`. */
  until(isReached: () => boolean, stepMs?: number): Promise<void>
}

/** The room on an empty database, a clock that stands still, and targets that remember what they were sent. */
export async function eventBridgeRig(t: { after(run: () => Promise<void>): void }): Promise<EventBridgeRig> {
  const database = await openSqlite(':memory:')
  const clock = new VirtualClock()
  const { sent, failing, switchboard } = openTargets(clock)
  const faults: unknown[] = []
  const deps = {
    database,
    changes: new MemoryChanges(),
    clock,
    random: seededRandom('eventbridge'),
    reportFault: (error: unknown) => void faults.push(error),
    switchboard,
  }
  let room = createEventBridgeRoom(deps)
  await room.start()
  t.after(async () => {
    await room.stop()
    await database.close()
  })
  const run: EventBridgeRig['run'] = (name, input, call = {}) =>
    room.operations[name]?.(input as never, { ...testCall(HERE), ...call }) as Promise<never>
  return {
    clock,
    sent,
    faults,
    failing,
    run,
    rule: async (Name, pattern, ...targets) => {
      await run('PutRule', { Name, EventPattern: JSON.stringify(pattern) })
      const Targets = targets.map((target, index) => ({ Id: String(index + 1), Arn: QUEUE, ...target }))
      await run('PutTargets', { Rule: Name, Targets })
    },
    put: (...details) =>
      run('PutEvents', {
        Entries: details.map((detail) => ({
          Source: 'my.app',
          DetailType: 'order',
          Detail: JSON.stringify(detail),
        })),
      }),
    sleep: async (ms) => {
      await room.stop()
      await clock.advance(ms)
      room = createEventBridgeRoom(deps)
      await room.start()
    },
    until: async (isReached, stepMs = 1000) => {
      for (let steps = 0; !isReached(); steps++) {
        if (steps > 5000) throw new Error('it never came to that')
        await clock.advance(stepMs)
        await realClock.sleep(0)
      }
    },
  }
}
