import type { Operation } from '../../aws/operation.ts'
import type { Input, OperationName, Output } from '../../aws/sdk-types.ts'
import type { StsDeps } from './deps.ts'

type Client = typeof import('@aws-sdk/client-sts')

export type StsOperationName = OperationName<Client>
export type StsOperation<Name extends StsOperationName> = Operation<
  StsDeps,
  Input<Client, Name>,
  Output<Client, Name>
>
