import type { Input, Output } from '../../aws/sdk-types.ts'

type Client = typeof import('@aws-sdk/client-lambda')

/** What the operation of this name is given, and what it answers, as the SDK's client has them. */
export type LambdaInput<Name extends string> = Input<Client, Name>
export type LambdaOutput<Name extends string> = Output<Client, Name>
