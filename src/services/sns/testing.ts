import type { Call } from '../../aws/operation.ts'
import { DeliveryError, type DeliveryFault } from '../../aws/ports/delivery.ts'
import { type MemoryTargets, memoryTargets } from '../../aws/ports/testing.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import { createSwitchboard } from '../../aws/switchboard.ts'
import { testCall } from '../../aws/testing.ts'
import { realClock, VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import type { KeptValues } from '../../store/kept-values.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { createSnsRoom, type SnsRoom } from './room.ts'
import type { snsOperations } from './service.ts'

type Client = typeof import('@aws-sdk/client-sns')
type Name = keyof typeof snsOperations

export const ACCOUNT = '111111111111'
export const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:q`
export const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`
export const FIFO_QUEUE = `${QUEUE}.fifo`
export const DEAD_LETTERS = `arn:aws:sqs:us-east-1:${ACCOUNT}:dead`
export const LOG_GROUP = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:sns/us-east-1/${ACCOUNT}/t`
export const TOPIC = `arn:aws:sns:us-east-1:${ACCOUNT}:t`

export interface SnsRig {
  readonly clock: VirtualClock
  readonly room: SnsRoom
  readonly sent: MemoryTargets['sent']
  readonly faults: unknown[]
  /** From now on the target answers so; with no fault it takes what it is sent again. */
  fail(arn: string, fault?: DeliveryFault): void
  run<N extends Name>(name: N, input: Input<Client, N>, call?: Partial<Call>): Promise<Output<Client, N>>
  /** Subscribes the endpoint to the topic `t`, which is made where it is missing. */
  subscribe(endpoint: string, attributes?: Record<string, string>): Promise<string>
  /** What queues were sent, as they were, and functions. */
  bodies(): string[]
  /** Lets time go by, in steps, until `isReached`; each waits for so much real time, where real networks are in play. */
  until(isReached: () => boolean, stepMs?: number, realMs?: number): Promise<void>
}

const kept = new Map<string, string>()
/** All rigs of a process have one key to sign with, since making one takes its time. */
const VALUES: KeptValues = {
  find: async (name) => kept.get(name),
  put: async (name, value) => {
    kept.set(name, value)
  },
  putIfAbsent: async (name, value) => {
    if (!kept.has(name)) kept.set(name, value)
    return kept.get(name) ?? value
  },
}

/** The room on an empty database, a clock that stands still, and targets in memory. */
export async function snsRig(t: { after(run: () => Promise<void>): void }): Promise<SnsRig> {
  const database = await openSqlite(':memory:')
  const clock = new VirtualClock()
  const faults: unknown[] = []
  const targets = memoryTargets(QUEUE, FIFO_QUEUE, FUNCTION, DEAD_LETTERS, LOG_GROUP, `${LOG_GROUP}/Failure`)
  const room = createSnsRoom({
    database,
    values: VALUES,
    clock,
    random: seededRandom('sns'),
    reportFault: (error) => faults.push(error),
    switchboard: createSwitchboard(targets.ports),
  })
  await room.start()
  t.after(async () => {
    await room.stop()
    await database.close()
  })
  const run: SnsRig['run'] = (name, input, call = {}) =>
    room.operations[name]?.(input as never, { ...CALL, ...call }) as Promise<never>
  return {
    clock,
    room,
    sent: targets.sent,
    faults,
    fail: (arn, fault) =>
      targets.fail(arn, fault && new DeliveryError(fault, `Test.${fault}`, `${arn} does not take it`)),
    run,
    subscribe: async (Endpoint, Attributes) => {
      await run('CreateTopic', { Name: 't' })
      const Protocol = Endpoint.split(':')[2]
      const { SubscriptionArn = '' } = await run('Subscribe', {
        TopicArn: TOPIC,
        Protocol,
        Endpoint,
        Attributes,
      })
      return SubscriptionArn
    },
    bodies: () =>
      targets.sent.map((one) => {
        if (one.service === 'sqs') return one.what.body
        return one.service === 'lambda' ? Buffer.from(one.what.payload).toString() : ''
      }),
    until: async (isReached, stepMs = 1000, realMs = 0) => {
      for (let steps = 0; !isReached(); steps++) {
        if (steps > 2000) throw new Error('it never came to that')
        await clock.advance(stepMs)
        await realClock.sleep(realMs)
      }
    },
  }
}

const CALL = testCall({ accountId: ACCOUNT, region: 'us-east-1' })
