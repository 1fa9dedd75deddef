import { DeliveryError } from '../../aws/ports/delivery.ts'
import type { FunctionAnswer, FunctionCall } from '../../aws/ports/lambda.ts'
import type { ReceivedQueueMessage, SqsPort } from '../../aws/ports/sqs.ts'
import { memoryTargets } from '../../aws/ports/testing.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import { createSwitchboard } from '../../aws/switchboard.ts'
import { testCall } from '../../aws/testing.ts'
import { VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { MemoryChanges } from '../../store/changes.memory.ts'
import { SqlLeases } from '../../store/leases.sql.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { createPipesRoom } from './room.ts'
import type { pipesOperations } from './service.ts'

type Client = typeof import('@aws-sdk/client-pipes')
type Name = keyof typeof pipesOperations

export const HERE = { accountId: '111111111111', region: 'us-east-1' }
export const SOURCE = 'arn:aws:sqs:us-east-1:111111111111:source'
export const QUEUE = 'arn:aws:sqs:us-east-1:111111111111:target'
export const TOPIC = 'arn:aws:sns:us-east-1:111111111111:topic'
export const BUS = 'arn:aws:events:us-east-1:111111111111:event-bus/bus'
export const GROUP = 'arn:aws:logs:us-east-1:111111111111:log-group:group'
export const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:f'
export const ENRICHMENT = 'arn:aws:lambda:us-east-1:111111111111:function:enrich'
export const ROLE = 'arn:aws:iam::111111111111:role/pipes'

const HIDDEN_MS = 30_000

/** A source in memory: what is read is hidden for 30 seconds, and gone once it is deleted. */
class Source {
  readonly messages: { id: string; body: string; hiddenUntil: number; reads: number }[] = []
  readonly #clock: VirtualClock

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  send(...bodies: string[]): void {
    for (const body of bodies) {
      this.messages.push({ id: body.slice(0, 20), body, hiddenUntil: 0, reads: 0 })
    }
  }

  readonly port: Pick<SqsPort, 'receive' | 'delete'> = {
    receive: async (_, { max, waitMs, signal }) => {
      if (this.#ready().length === 0) await this.#clock.sleep(Math.min(waitMs, 1000), signal).catch(() => {})
      if (signal?.aborted) return []
      return this.#ready()
        .slice(0, max)
        .map((message) => {
          message.hiddenUntil = this.#clock.now() + HIDDEN_MS
          message.reads++
          return received(message.id, message.body)
        })
    },
    delete: async (_, handles) => {
      for (const handle of handles) {
        this.messages.splice(
          this.messages.findIndex(({ id }) => id === handle),
          1,
        )
      }
    },
  }

  #ready() {
    return this.messages.filter(({ hiddenUntil }) => hiddenUntil <= this.#clock.now())
  }
}

function received(id: string, body: string): ReceivedQueueMessage {
  return {
    messageId: id,
    receiptHandle: id,
    body,
    md5OfBody: 'md5',
    systemAttributes: { SenderId: 'somebody' },
    attributes: {},
  }
}

type Handler = (events: unknown, call: FunctionCall) => Partial<FunctionAnswer> | unknown

export interface PipesRig {
  readonly clock: VirtualClock
  readonly source: Source
  readonly faults: unknown[]
  readonly sent: ReturnType<typeof memoryTargets>['sent']
  readonly logged: { readonly stream: string; readonly timestamp: number; readonly message: string }[]
  /** What functions do, by ARN: what they return is the answer's payload. */
  readonly functions: Map<string, Handler>
  /** Messages that the log does not take, once. */
  readonly refused: Set<string>
  fail(arn: string, error: DeliveryError | undefined): void
  run<N extends Name>(name: N, input: Input<Client, N>): Promise<Output<Client, N>>
  /** A pipe from the source to the queue. */
  pipe(more?: object): Promise<Output<Client, 'CreatePipe'>>
  /** Lets time go by, in steps of a second. */
  pass(ms: number): Promise<void>
}

/** The room on an empty database, a source in memory, and targets that remember what they were sent. */
export async function pipesRig(t: { after(run: () => Promise<void>): void }): Promise<PipesRig> {
  const database = await openSqlite(':memory:')
  const clock = new VirtualClock()
  const source = new Source(clock)
  const faults: unknown[] = []
  const functions = new Map<string, Handler>()
  const logged: PipesRig['logged'] = []
  const refused = new Set<string>()
  const targets = memoryTargets(SOURCE, `${SOURCE}.fifo`, QUEUE, TOPIC, BUS, FUNCTION, ENRICHMENT)
  const { ports } = targets
  const room = createPipesRoom({
    database,
    changes: new MemoryChanges(),
    leases: new SqlLeases(database, clock),
    switchboard: createSwitchboard({
      ...ports,
      sqs: async () => ({ ...((await ports.sqs?.()) as SqsPort), ...source.port }),
      lambda: async () => ({
        invoke: async (arn, call, sender) => {
          await (await ports.lambda?.())?.invoke(arn, call, sender)
          const answer = await functions.get(arn)?.(JSON.parse(Buffer.from(call.payload).toString()), call)
          if (typeof answer === 'object' && answer !== null && 'functionError' in answer) {
            return { requestId: 'r', functionError: 'Unhandled' }
          }
          return { requestId: 'r', payload: Buffer.from(JSON.stringify(answer ?? null)) }
        },
        check: async () => 'ok',
      }),
      logs: async () => ({
        put: async (_, stream, events) => {
          for (const event of events) {
            if (refused.delete(event.message)) throw new DeliveryError('Unavailable', 'Test', 'not this one')
            logged.push({ stream, ...event })
          }
        },
      }),
    }),
    clock,
    random: seededRandom('pipes'),
    reportFault: (error) => void faults.push(error),
  })
  await room.start()
  t.after(async () => {
    await room.stop()
    await database.close()
  })
  const run: PipesRig['run'] = (name, input) =>
    room.operations[name]?.(input as never, testCall(HERE)) as Promise<never>
  return {
    clock,
    source,
    faults,
    functions,
    logged,
    refused,
    sent: targets.sent,
    fail: (arn, error) => targets.fail(arn, error),
    run,
    pipe: (more = {}) =>
      run('CreatePipe', { Name: 'p', Source: SOURCE, Target: QUEUE, RoleArn: ROLE, ...more }),
    pass: async (ms) => {
      for (let passed = 0; passed < ms; passed += 1000) {
        for (let turn = 0; turn < 20; turn++) await clock.advance(0)
        await clock.advance(1000)
      }
    },
  }
}
