import type { Operation } from '../../aws/operation.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import type { Clock } from '../../base/clock.ts'
import type { SchedulerStore } from './store.ts'

/** What the operations are given. */
export interface SchedulerDeps {
  readonly store: SchedulerStore
  readonly clock: Clock
  /** A schedule is due then. */
  readonly wake: (at: number) => void
}

type Client = typeof import('@aws-sdk/client-scheduler')

/** An operation by its name, with the SDK client's types for input and output. */
export type SchedulerOperation<Name extends string> = Operation<
  SchedulerDeps,
  Input<Client, Name>,
  Output<Client, Name>
>
