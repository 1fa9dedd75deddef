import { DeliveryError } from './ports/delivery.ts'
import type { EventsPort } from './ports/events.ts'
import type { LambdaPort } from './ports/lambda.ts'
import type { LogsPort } from './ports/logs.ts'
import type { S3Port } from './ports/s3.ts'
import type { SnsPort } from './ports/sns.ts'
import type { SqsPort } from './ports/sqs.ts'

/** What each service lets the others do, whether or not it has been loaded yet. */
export interface Switchboard {
  readonly sqs: SqsPort
  readonly sns: SnsPort
  readonly lambda: LambdaPort
  readonly events: EventsPort
  readonly s3: S3Port
  readonly logs: LogsPort
}

const NAMES: { readonly [Name in keyof Switchboard]: string } = {
  sqs: 'Amazon SQS',
  sns: 'Amazon SNS',
  lambda: 'AWS Lambda',
  events: 'Amazon EventBridge',
  s3: 'Amazon S3',
  logs: 'CloudWatch Logs',
}

/** Where the port of a service comes from: its room may have to be loaded first. */
export type PortSources = { readonly [Name in keyof Switchboard]?: () => Promise<Switchboard[Name]> }

/** Through which services reach one another, so that none imports another. A service without a source refuses. */
export function createSwitchboard(sources: PortSources): Switchboard {
  return {
    sqs: lazyPort('sqs', sources),
    sns: lazyPort('sns', sources),
    lambda: lazyPort('lambda', sources),
    events: lazyPort('events', sources),
    s3: lazyPort('s3', sources),
    logs: lazyPort('logs', sources),
  }
}

/** All that ports have are methods that return promises: each first waits for its room. */
function lazyPort<Name extends keyof Switchboard>(name: Name, sources: PortSources): Switchboard[Name] {
  const source = sources[name] ?? (() => Promise.reject(notThere(name)))
  const handler: ProxyHandler<object> = {
    get: (_, method) => {
      // A port is no promise: whoever awaits one must not find that it can be waited for.
      if (typeof method === 'symbol' || method === 'then') return undefined
      return async (...given: unknown[]) => {
        const port = (await source()) as unknown as Record<string, (...given: unknown[]) => unknown>
        return port[method]?.(...given)
      }
    },
  }
  return new Proxy({}, handler) as Switchboard[Name]
}

function notThere(name: keyof Switchboard): DeliveryError {
  return new DeliveryError('Unavailable', 'ServiceUnavailable', `${NAMES[name]} is not in lambdad yet`)
}
