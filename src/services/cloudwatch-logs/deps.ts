import type { Call, Operation } from '../../aws/operation.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { LogIngest } from './ingest.ts'
import type { LiveTails } from './live-tail.ts'
import type { LogStore } from './store.ts'
import type { Subscriptions } from './subscriptions/subscriptions.ts'

/** What the operations are given. */
export interface LogsDeps {
  readonly store: LogStore
  readonly ingest: LogIngest
  readonly liveTails: LiveTails
  readonly subscriptions: Subscriptions
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly random: Random
}

type Client = typeof import('@aws-sdk/client-cloudwatch-logs')

/** An operation by its name, with the SDK client's types for input and output. */
export type LogsOperation<Name extends string> = Operation<
  LogsDeps,
  Input<Client, Name>,
  Output<Client, Name>
>

export type { Call }
