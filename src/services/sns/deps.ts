import type { Operation } from '../../aws/operation.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import type { Random } from '../../base/random.ts'
import type { PublishDeps } from './publish.ts'
import type { SnsStore } from './store.ts'

/** What the operations are given. */
export interface SnsDeps extends PublishDeps {
  readonly store: SnsStore
  readonly random: Random
}

type Client = typeof import('@aws-sdk/client-sns')

/** An operation by its name, with the SDK client's types for input and output. */
export type SnsOperation<Name extends string> = Operation<SnsDeps, Input<Client, Name>, Output<Client, Name>>
