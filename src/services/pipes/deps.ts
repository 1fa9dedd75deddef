import type { Operation } from '../../aws/operation.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Changes } from '../../store/changes.ts'
import type { PipesStore } from './store.ts'

/** What the operations are given. */
export interface PipesDeps {
  readonly store: PipesStore
  readonly changes: Changes
  readonly clock: Clock
  readonly random: Random
}

/** A pipe was made, changed or deleted; the key is its ARN. */
export const PIPE_CHANGED = 'pipes.pipe'

type Client = typeof import('@aws-sdk/client-pipes')

/** An operation by its name, with the SDK client's types for input and output. */
export type PipesOperation<Name extends string> = Operation<
  PipesDeps,
  Input<Client, Name>,
  Output<Client, Name>
>
