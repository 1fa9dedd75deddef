import type { Call } from '../../../aws/operation.ts'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import type { Output } from '../../../aws/sdk-types.ts'
import { type AuthParameters, type Connection, connectionArn } from '../connection.ts'
import type { EventBridgeOperation } from '../deps.ts'
import {
  alreadyExists,
  connectionNotFound,
  invalidNextToken,
  unsupported,
  validationError,
} from '../errors.ts'
import type { ResourceReader } from '../store.ts'

type Described = Output<typeof import('@aws-sdk/client-eventbridge'), 'DescribeConnection'>

export const createConnection: EventBridgeOperation<'CreateConnection'> = async (deps, input, call) => {
  refuseUnsupported(input)
  const {
    Name: name = '',
    AuthorizationType: authorization = 'BASIC',
    AuthParameters: parameters = {},
  } = input
  checkParameters(authorization, parameters)
  const now = deps.clock.now()
  const connection: Connection = {
    name,
    id: deps.random.uuid(),
    authorization,
    parameters,
    createdAt: now,
    modifiedAt: now,
    ...(input.Description !== undefined && { description: input.Description }),
  }
  await deps.store.change(async (editor) => {
    if ((await editor.find(call, 'connection', name)) !== undefined) throw alreadyExists('Connection', name)
    await editor.save(call, 'connection', connection)
  })
  return changed(call, connection)
}

export const updateConnection: EventBridgeOperation<'UpdateConnection'> = async (deps, input, call) => {
  refuseUnsupported(input)
  const connection = await deps.store.change(async (editor) => {
    const before = await existingConnection(editor, call, input.Name)
    const after: Connection = {
      ...before,
      authorization: input.AuthorizationType ?? before.authorization,
      parameters: { ...before.parameters, ...(input.AuthParameters as AuthParameters | undefined) },
      modifiedAt: deps.clock.now(),
      ...(input.Description !== undefined && { description: input.Description }),
    }
    checkParameters(after.authorization, after.parameters)
    await editor.save(call, 'connection', after)
    return after
  })
  return changed(call, connection)
}

export const deleteConnection: EventBridgeOperation<'DeleteConnection'> = async ({ store }, input, call) => {
  const connection = await store.change(async (editor) => {
    const found = await existingConnection(editor, call, input.Name)
    await editor.remove(call, 'connection', found.name)
    return found
  })
  return { ...changed(call, connection), ConnectionState: 'DELETING' }
}

export const describeConnection: EventBridgeOperation<'DescribeConnection'> = async (
  { store },
  input,
  call,
) => {
  const connection = await existingConnection(store, call, input.Name)
  return {
    ...shown(call, connection),
    AuthParameters: withoutSecrets(connection.parameters),
    ...(connection.description !== undefined && { Description: connection.description }),
  }
}

export const listConnections: EventBridgeOperation<'ListConnections'> = async ({ store }, input, call) => {
  const { limit, after } = pageStart(input, invalidNextToken)
  const all = await store.list(call, 'connection', {
    ...(input.NamePrefix !== undefined && { prefix: input.NamePrefix }),
    ...(after !== undefined && { after }),
  })
  const wanted = all.filter(
    () => input.ConnectionState === undefined || input.ConnectionState === 'AUTHORIZED',
  )
  const { shown: page, rest } = pageOf(wanted, limit, ({ name }) => name)
  return { Connections: page.map((connection) => shown(call, connection)), ...rest }
}

function refuseUnsupported(input: {
  readonly AuthorizationType?: string | undefined
  readonly KmsKeyIdentifier?: string | undefined
  readonly InvocationConnectivityParameters?: object | undefined
  readonly AuthParameters?: { readonly ConnectivityParameters?: object | undefined } | undefined
}): void {
  if (input.AuthorizationType === 'OAUTH_CLIENT_CREDENTIALS') throw unsupported('Authorization by OAuth')
  if (input.KmsKeyIdentifier) throw unsupported('Encryption with a KMS key (KmsKeyIdentifier)')
  if (input.InvocationConnectivityParameters ?? input.AuthParameters?.ConnectivityParameters) {
    throw unsupported('A private connection (ConnectivityParameters)')
  }
}

function checkParameters(authorization: Connection['authorization'], parameters: AuthParameters): void {
  const needed = authorization === 'API_KEY' ? 'ApiKeyAuthParameters' : 'BasicAuthParameters'
  if (parameters[needed] === undefined) {
    throw validationError(
      `Authorization type ${authorization} requires the parameter AuthParameters.${needed}.`,
    )
  }
}

export async function existingConnection(
  store: ResourceReader,
  call: Call,
  name: string | undefined,
): Promise<Connection> {
  const connection = await store.find(call, 'connection', name ?? '')
  if (connection === undefined) throw connectionNotFound(name ?? '')
  return connection
}

function changed(call: Call, connection: Connection) {
  return {
    ConnectionArn: connectionArn(call, connection),
    ConnectionState: 'AUTHORIZED' as const,
    CreationTime: new Date(connection.createdAt),
    LastModifiedTime: new Date(connection.modifiedAt),
    LastAuthorizedTime: new Date(connection.modifiedAt),
  }
}

function shown(call: Call, connection: Connection) {
  return {
    ...changed(call, connection),
    Name: connection.name,
    AuthorizationType: connection.authorization,
  }
}

/** What was given, but for what nobody else is to see. */
function withoutSecrets({
  BasicAuthParameters,
  ApiKeyAuthParameters,
  InvocationHttpParameters,
}: AuthParameters): NonNullable<Described['AuthParameters']> {
  return {
    ...(BasicAuthParameters && { BasicAuthParameters: { Username: BasicAuthParameters.Username } }),
    ...(ApiKeyAuthParameters && { ApiKeyAuthParameters: { ApiKeyName: ApiKeyAuthParameters.ApiKeyName } }),
    ...(InvocationHttpParameters && {
      InvocationHttpParameters: withoutSecretValues(InvocationHttpParameters),
    }),
  }
}

type HttpParameters = NonNullable<AuthParameters['InvocationHttpParameters']>

function withoutSecretValues(parameters: HttpParameters): HttpParameters {
  const shownOf = <One extends { IsValueSecret?: boolean | undefined; Value?: string | undefined }>(
    all: One[] | undefined,
  ) =>
    all?.map((one) => {
      const { Value: _, ...rest } = one
      return one.IsValueSecret ? (rest as One) : one
    })
  const { HeaderParameters, QueryStringParameters, BodyParameters } = parameters
  return {
    ...(HeaderParameters && { HeaderParameters: shownOf(HeaderParameters) }),
    ...(QueryStringParameters && { QueryStringParameters: shownOf(QueryStringParameters) }),
    ...(BodyParameters && { BodyParameters: shownOf(BodyParameters) }),
  } as HttpParameters
}
