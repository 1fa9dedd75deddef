import type { PortSources, Switchboard } from '../switchboard.ts'
import { DeliveryError, type Sender } from './delivery.ts'
import type { BusEvent } from './events.ts'
import type { FunctionCall } from './lambda.ts'
import type { TopicMessage } from './sns.ts'
import type { QueueMessage } from './sqs.ts'

/** Something that was sent to a target in memory. */
export type Sent = { readonly to: string; readonly sender: Sender } & (
  | { readonly service: 'sqs'; readonly what: QueueMessage }
  | { readonly service: 'sns'; readonly what: TopicMessage }
  | { readonly service: 'events'; readonly what: BusEvent }
  | { readonly service: 'lambda'; readonly what: FunctionCall }
  | { readonly service: 's3'; readonly what: { readonly key: string; readonly body: string } }
)

export interface MemoryTargets {
  readonly sent: Sent[]
  readonly ports: PortSources
  /** From now on the target answers with the error; with `undefined` it takes what it is sent again. */
  fail(arn: string, error: DeliveryError | undefined): void
}

/** Queues, topics, buses, buckets and functions in memory. Those that are not named are not there. */
export function memoryTargets(...arns: string[]): MemoryTargets {
  const sent: Sent[] = []
  const failures = new Map<string, DeliveryError>()
  const isThere = (arn: string) => arns.includes(arn)
  const take = (one: Sent) => {
    const failure = failures.get(one.to)
    if (failure !== undefined) throw failure
    if (!isThere(one.to)) throw new DeliveryError('NotFound', 'NotFound', `${one.to} is not there`)
    sent.push(one)
  }
  const id = () => `m${sent.length}`
  const switchboard: Partial<{ [Name in keyof Switchboard]: Partial<Switchboard[Name]> }> = {
    sqs: {
      send: async (to, what, sender) => {
        take({ service: 'sqs', to, what, sender })
        return { messageId: id() }
      },
      describe: async (arn) =>
        isThere(arn) ? { arn, isFifo: arn.endsWith('.fifo'), visibilityTimeoutSeconds: 30 } : undefined,
    },
    sns: {
      publish: async (to, what, sender) => {
        take({ service: 'sns', to, what, sender })
        return { messageId: id() }
      },
      exists: async (arn) => isThere(arn),
    },
    events: {
      put: async (to, what, sender) => {
        take({ service: 'events', to, what, sender })
        return { eventId: id() }
      },
      busExists: async (arn) => isThere(arn),
    },
    lambda: {
      invoke: async (to, what, sender) => {
        take({ service: 'lambda', to, what, sender })
        return { requestId: id() }
      },
      check: async (arn) => (isThere(arn) ? 'ok' : 'NotFound'),
    },
    s3: {
      put: async (bucket, key, body, { sender }) => {
        const what = { key, body: Buffer.from(body).toString('utf8') }
        take({ service: 's3', to: `arn:aws:s3:::${bucket}`, what, sender })
        return {}
      },
      bucketExists: async (bucket) => isThere(`arn:aws:s3:::${bucket}`),
    },
  }
  const ports = Object.fromEntries(
    Object.entries(switchboard).map(([name, port]) => [name, async () => port]),
  )
  return {
    sent,
    ports: ports as PortSources,
    fail: (arn, error) => {
      if (error === undefined) failures.delete(arn)
      else failures.set(arn, error)
    },
  }
}
