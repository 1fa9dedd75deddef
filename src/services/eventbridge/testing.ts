import type { Call } from '../../aws/operation.ts'
import { DeliveryError, type DeliveryFault } from '../../aws/ports/delivery.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import { createSwitchboard } from '../../aws/switchboard.ts'
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

/** Something that a target was sent. */
export interface Sent {
  readonly arn: string
  readonly body: string
  readonly at: number
  readonly attributes?: Readonly<Record<string, string | undefined>>
  readonly groupId?: string
  readonly principal: string
  readonly sourceArn: string
}

export interface EventBridgeRig {
  readonly clock: VirtualClock
  readonly sent: Sent[]
  readonly faults: unknown[]
  /** What a target answers instead of taking what it is sent. */
  readonly failing: Map<string, DeliveryFault>
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
  const sent: Sent[] = []
  const faults: unknown[] = []
  const failing = new Map<string, DeliveryFault>()
  const take = (arn: string, one: Omit<Sent, 'arn' | 'at'>) => {
    const fault = failing.get(arn)
    if (fault !== undefined) throw new DeliveryError(fault, `Test.${fault}`, `${arn} does not take it`)
    sent.push({ arn, at: clock.now(), ...one })
  }
  const deps = {
    database,
    changes: new MemoryChanges(),
    clock,
    random: seededRandom('eventbridge'),
    reportFault: (error: unknown) => void faults.push(error),
    switchboard: createSwitchboard({
      sqs: async () => ({
        send: async (arn, { body, attributes, groupId }, { principal, sourceArn }) => {
          const values = Object.entries(attributes ?? {}).map(([name, { stringValue }]) => [
            name,
            stringValue,
          ])
          take(arn, {
            body,
            principal,
            sourceArn,
            ...(attributes && { attributes: Object.fromEntries(values) }),
            ...(groupId !== undefined && { groupId }),
          })
          return { messageId: 'm' }
        },
        describe: async () => undefined,
        receive: async () => [],
        delete: async () => {},
        changeVisibility: async () => {},
      }),
      lambda: async () => ({
        invoke: async (arn, { payload }, { principal, sourceArn }) => {
          take(arn, { body: Buffer.from(payload).toString(), principal, sourceArn })
          return { requestId: 'r' }
        },
        check: async () => 'ok',
      }),
      logs: async () => ({
        put: async (arn, _stream, events, { principal, sourceArn }) => {
          take(arn, { body: events[0]?.message ?? '', principal, sourceArn })
        },
      }),
    }),
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
