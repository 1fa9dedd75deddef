import { formatArn } from '../../aws/arn.ts'
import type { Input } from '../../aws/sdk-types.ts'
import type { Scope } from './scope.ts'

type CreateConnection = Input<typeof import('@aws-sdk/client-eventbridge'), 'CreateConnection'>

export type AuthParameters = NonNullable<CreateConnection['AuthParameters']>

export interface Connection {
  readonly name: string
  readonly id: string
  readonly description?: string
  readonly authorization: 'BASIC' | 'API_KEY' | 'OAUTH_CLIENT_CREDENTIALS'
  /** With its secrets. */
  readonly parameters: AuthParameters
  readonly createdAt: number
  readonly modifiedAt: number
}

export interface ApiDestination {
  readonly name: string
  readonly id: string
  readonly description?: string
  readonly connectionArn: string
  readonly endpoint: string
  readonly method: 'POST' | 'GET' | 'HEAD' | 'OPTIONS' | 'PUT' | 'PATCH' | 'DELETE'
  readonly ratePerSecond: number
  readonly createdAt: number
  readonly modifiedAt: number
}

export function connectionArn({ accountId, region }: Scope, { name, id }: Connection): string {
  return formatArn({ service: 'events', region, accountId, resource: `connection/${name}/${id}` })
}

export function destinationArn({ accountId, region }: Scope, { name, id }: ApiDestination): string {
  return formatArn({ service: 'events', region, accountId, resource: `api-destination/${name}/${id}` })
}
