import type { Operation } from '../../aws/operation.ts'
import type { Input, Output } from '../../aws/sdk-types.ts'
import type { Switchboard } from '../../aws/switchboard.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Announce } from './announce.ts'
import type { ObjectFiles } from './files.ts'
import type { S3Store } from './store.ts'

/** What the operations are given. */
export interface S3Deps {
  readonly store: S3Store
  readonly files: ObjectFiles
  readonly clock: Clock
  readonly random: Random
  readonly switchboard: Switchboard
  readonly announce: Announce
  /** Has lifecycle rules carried out soon. */
  readonly ageObjects: () => void
}

type Client = typeof import('@aws-sdk/client-s3')

export type S3Input<Name extends string> = Input<Client, Name>

/** An operation by its name, with the SDK client's types for input and output. */
export type S3Operation<Name extends string> = Operation<S3Deps, Input<Client, Name>, Output<Client, Name>>
