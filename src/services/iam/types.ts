import type { Operation } from '../../aws/operation.ts'
import type { Input, OperationName, Output } from '../../aws/sdk-types.ts'
import type { IamDeps } from './deps.ts'

type Client = typeof import('@aws-sdk/client-iam')

export type IamOperationName = OperationName<Client>
export type IamInput<Name extends IamOperationName> = Input<Client, Name>
export type IamOutput<Name extends IamOperationName> = Output<Client, Name>
export type IamOperation<Name extends IamOperationName> = Operation<IamDeps, IamInput<Name>, IamOutput<Name>>
