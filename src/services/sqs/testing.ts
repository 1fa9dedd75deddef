import type { Call } from '../../aws/operation.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import { testCall } from '../../aws/testing.ts'
import { VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { MemoryChanges } from '../../store/changes.memory.ts'
import type { Database } from '../../store/database.ts'
import { SqlLeases } from '../../store/leases.sql.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { createSqsRoom, type SqsRoom } from './room.ts'
import type { sqsOperations } from './service.ts'

type Client = typeof import('@aws-sdk/client-sqs')
type Name = keyof typeof sqsOperations

export const HERE = { accountId: '111111111111', region: 'us-east-1' }

interface Test {
  after(run: () => Promise<void>): void
}

/** The service on an empty database and a clock that stands still. */
export interface SqsRig {
  readonly room: SqsRoom
  readonly clock: VirtualClock
  readonly faults: unknown[]
  run<N extends Name>(name: N, input: Input<Client, N>, call?: Partial<Call>): Promise<Output<Client, N>>
  /** Makes a queue and returns its URL. */
  queue(name: string, attributes?: Readonly<Record<string, string>>): Promise<string>
  send(url: string, body: string, more?: object): Promise<Output<Client, 'SendMessage'>>
  /** The bodies of what is received at once. */
  receive(url: string, more?: object): Promise<string[]>
}

export async function sqsRig(t: Test, open?: () => Promise<Database>): Promise<SqsRig> {
  const database = await (open ?? (() => openSqlite(':memory:')))()
  const clock = new VirtualClock()
  const faults: unknown[] = []
  const room = createSqsRoom({
    database,
    changes: new MemoryChanges(),
    leases: new SqlLeases(database, clock),
    clock,
    random: seededRandom('sqs'),
    reportFault: (error) => void faults.push(error),
  })
  await room.start()
  t.after(async () => {
    await room.stop()
    await database.close()
  })
  return { room, clock, faults, ...callsOf(room) }
}

/** What tests ask of a room. */
export function callsOf(room: SqsRoom): Pick<SqsRig, 'run' | 'queue' | 'send' | 'receive'> {
  const run: SqsRig['run'] = (name, input, call = {}) =>
    room.operations[name]?.(input as never, { ...testCall(HERE), ...call }) as Promise<never>
  return {
    run,
    queue: async (QueueName, Attributes) => {
      const { QueueUrl = '' } = await run('CreateQueue', { QueueName, Attributes: Attributes as never })
      return QueueUrl
    },
    send: (QueueUrl, MessageBody, more) => run('SendMessage', { QueueUrl, MessageBody, ...more }),
    receive: async (QueueUrl, more) => {
      const { Messages = [] } = await run('ReceiveMessage', { QueueUrl, ...more })
      return Messages.map(({ Body = '' }) => Body)
    },
  }
}
