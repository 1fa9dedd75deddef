import type { Clock } from '../../base/clock.ts'
import { createSwitchboard, type PortSources, type Switchboard } from '../switchboard.ts'
import { DeliveryError, type DeliveryFault, type Sender } from './delivery.ts'
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
  | { readonly service: 'logs'; readonly what: { readonly stream: string; readonly message: string } }
  | { readonly service: 's3'; readonly what: { readonly key: string; readonly body: string } }
)

export interface MemoryTargets {
  readonly sent: Sent[]
  /** What `fail` has refused so far. */
  readonly refused: Sent[]
  readonly ports: PortSources
  /** From now on the target answers with the error; with `undefined` it takes what it is sent again. */
  fail(arn: string, error: DeliveryError | undefined): void
}

/** Queues, topics, buses, buckets, log groups and functions in memory. Those that are not named are not there. */
export function memoryTargets(...arns: string[]): MemoryTargets {
  const sent: Sent[] = []
  const refused: Sent[] = []
  const failures = new Map<string, DeliveryError>()
  const isThere = (arn: string) => arns.includes(arn)
  const take = (one: Sent) => {
    const failure = failures.get(one.to)
    if (failure !== undefined) {
      refused.push(one)
      throw failure
    }
    if (!isThere(one.to)) throw new DeliveryError('NotFound', 'NotFound', `${one.to} is not there`)
    return `m${sent.push(one)}`
  }
  return {
    sent,
    refused,
    ports: portsInto(take, isThere),
    fail: (arn, error) => {
      if (error === undefined) failures.delete(arn)
      else failures.set(arn, error)
    },
  }
}

/** What a target was sent, as text. */
export interface Told extends Pick<Sent, 'sender'> {
  readonly arn: string
  readonly body: string
  readonly at: number
  /** Of queues' messages. */
  readonly attributes?: Readonly<Record<string, string | undefined>>
  readonly groupId?: string
}

export interface OpenTargets {
  readonly sent: Told[]
  readonly switchboard: Switchboard
  /** What a target answers instead of taking what it is sent. */
  readonly failing: Map<string, DeliveryFault>
}

/** Whatever target is named is there, and takes what it is sent. */
export function openTargets(clock: Clock): OpenTargets {
  const sent: Told[] = []
  const failing = new Map<string, DeliveryFault>()
  const take = (one: Sent) => {
    const fault = failing.get(one.to)
    if (fault !== undefined) throw new DeliveryError(fault, `Test.${fault}`, `${one.to} does not take it`)
    return `m${sent.push({ arn: one.to, at: clock.now(), sender: one.sender, ...textOf(one) })}`
  }
  return { sent, failing, switchboard: createSwitchboard(portsInto(take, () => true)) }
}

function textOf({ service, what }: Sent): Pick<Told, 'body' | 'attributes' | 'groupId'> {
  switch (service) {
    case 'sqs': {
      const { body, attributes, groupId } = what
      const values = Object.entries(attributes ?? {}).map(([name, { stringValue }]) => [name, stringValue])
      return {
        body,
        ...(attributes && { attributes: Object.fromEntries(values) }),
        ...(groupId !== undefined && { groupId }),
      }
    }
    case 'events':
      return { body: JSON.stringify(what) }
    case 'lambda':
      return { body: Buffer.from(what.payload).toString() }
    case 's3':
      return { body: what.body }
    case 'sns':
    case 'logs':
      return { body: what.message }
  }
}

/** Ports that hand on what they are given. `take` returns an id. */
function portsInto(take: (one: Sent) => string, isThere: (arn: string) => boolean): PortSources {
  const ports: Partial<{ [Name in keyof Switchboard]: Partial<Switchboard[Name]> }> = {
    sqs: {
      send: async (to, what, sender) => ({ messageId: take({ service: 'sqs', to, what, sender }) }),
      describe: async (arn) =>
        isThere(arn) ? { arn, isFifo: arn.endsWith('.fifo'), visibilityTimeoutSeconds: 30 } : undefined,
    },
    sns: {
      publish: async (to, what, sender) => ({ messageId: take({ service: 'sns', to, what, sender }) }),
      exists: async (arn) => isThere(arn),
    },
    events: {
      put: async (to, what, sender) => ({ eventId: take({ service: 'events', to, what, sender }) }),
      busExists: async (arn) => isThere(arn),
    },
    lambda: {
      invoke: async (to, what, sender) => ({ requestId: take({ service: 'lambda', to, what, sender }) }),
      check: async (arn) => (isThere(arn) ? 'ok' : 'NotFound'),
    },
    logs: {
      put: async (to, stream, events, sender) => {
        for (const { message } of events) take({ service: 'logs', to, what: { stream, message }, sender })
      },
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
  return Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [name, async () => port]),
  ) as PortSources
}
