import type { Call, Operation } from '../../aws/operation.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { QueueDirectory } from './directory.ts'
import type { Mailbox } from './mailbox.ts'
import type { MoveTaskRunner } from './move-task-runner.ts'
import type { SqsStore } from './store.ts'

/** What the operations are given. */
export interface SqsDeps {
  readonly store: SqsStore
  readonly directory: QueueDirectory
  readonly mailbox: Mailbox
  readonly moveTasks: MoveTaskRunner
  readonly clock: Clock
  readonly random: Random
}

type Client = typeof import('@aws-sdk/client-sqs')

/** An operation by its name, with the SDK client's types for input and output. */
export type SqsOperation<Name extends string> = Operation<SqsDeps, Input<Client, Name>, Output<Client, Name>>
export type SqsInput<Name extends string> = Input<Client, Name>
export type SqsOutput<Name extends string> = Output<Client, Name>

export type { Call }
