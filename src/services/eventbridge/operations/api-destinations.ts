import type { Call } from '../../../aws/operation.ts'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import { type ApiDestination, connectionArn, destinationArn } from '../connection.ts'
import type { EventBridgeOperation } from '../deps.ts'
import { alreadyExists, connectionNotFound, destinationNotFound, invalidNextToken } from '../errors.ts'
import type { ResourceReader } from '../store.ts'
import { existingConnection } from './connections.ts'

const RATE_DEFAULT = 300

export const createApiDestination: EventBridgeOperation<'CreateApiDestination'> = async (
  deps,
  input,
  call,
) => {
  const { Name: name = '' } = input
  const now = deps.clock.now()
  const destination: ApiDestination = {
    name,
    id: deps.random.uuid(),
    connectionArn: input.ConnectionArn ?? '',
    endpoint: input.InvocationEndpoint ?? '',
    method: input.HttpMethod ?? 'POST',
    ratePerSecond: input.InvocationRateLimitPerSecond ?? RATE_DEFAULT,
    createdAt: now,
    modifiedAt: now,
    ...(input.Description !== undefined && { description: input.Description }),
  }
  await deps.store.change(async (editor) => {
    if ((await editor.find(call, 'destination', name)) !== undefined)
      throw alreadyExists('ApiDestination', name)
    await checkConnection(editor, call, destination)
    await editor.save(call, 'destination', destination)
  })
  return changed(call, destination)
}

export const updateApiDestination: EventBridgeOperation<'UpdateApiDestination'> = async (
  deps,
  input,
  call,
) => {
  const destination = await deps.store.change(async (editor) => {
    const before = await existingDestination(editor, call, input.Name)
    const after: ApiDestination = {
      ...before,
      connectionArn: input.ConnectionArn ?? before.connectionArn,
      endpoint: input.InvocationEndpoint ?? before.endpoint,
      method: input.HttpMethod ?? before.method,
      ratePerSecond: input.InvocationRateLimitPerSecond ?? before.ratePerSecond,
      modifiedAt: deps.clock.now(),
      ...(input.Description !== undefined && { description: input.Description }),
    }
    await checkConnection(editor, call, after)
    await editor.save(call, 'destination', after)
    return after
  })
  return changed(call, destination)
}

export const deleteApiDestination: EventBridgeOperation<'DeleteApiDestination'> = async (
  { store },
  input,
  call,
) => {
  await store.change(async (editor) => {
    const { name } = await existingDestination(editor, call, input.Name)
    await editor.remove(call, 'destination', name)
  })
  return {}
}

export const describeApiDestination: EventBridgeOperation<'DescribeApiDestination'> = async (
  { store },
  input,
  call,
) => {
  const destination = await existingDestination(store, call, input.Name)
  return {
    ...shown(call, destination),
    ...(destination.description !== undefined && { Description: destination.description }),
  }
}

export const listApiDestinations: EventBridgeOperation<'ListApiDestinations'> = async (
  { store },
  input,
  call,
) => {
  const { limit, after } = pageStart(input, invalidNextToken)
  const all = await store.list(call, 'destination', {
    ...(input.NamePrefix !== undefined && { prefix: input.NamePrefix }),
    ...(after !== undefined && { after }),
  })
  const wanted = all.filter(
    ({ connectionArn }) => input.ConnectionArn === undefined || connectionArn === input.ConnectionArn,
  )
  const { shown: page, rest } = pageOf(wanted, limit, ({ name }) => name)
  return { ApiDestinations: page.map((destination) => shown(call, destination)), ...rest }
}

async function checkConnection(
  store: ResourceReader,
  call: Call,
  destination: ApiDestination,
): Promise<void> {
  const [, name = ''] = destination.connectionArn.match(/:connection\/([^/]+)\//) ?? []
  const connection = await existingConnection(store, call, name)
  if (connectionArn(call, connection) !== destination.connectionArn) throw connectionNotFound(name)
}

async function existingDestination(
  store: ResourceReader,
  call: Call,
  name: string | undefined,
): Promise<ApiDestination> {
  const destination = await store.find(call, 'destination', name ?? '')
  if (destination === undefined) throw destinationNotFound(name ?? '')
  return destination
}

function changed(call: Call, destination: ApiDestination) {
  return {
    ApiDestinationArn: destinationArn(call, destination),
    ApiDestinationState: 'ACTIVE' as const,
    CreationTime: new Date(destination.createdAt),
    LastModifiedTime: new Date(destination.modifiedAt),
  }
}

function shown(call: Call, destination: ApiDestination) {
  return {
    ...changed(call, destination),
    Name: destination.name,
    ConnectionArn: destination.connectionArn,
    InvocationEndpoint: destination.endpoint,
    HttpMethod: destination.method,
    InvocationRateLimitPerSecond: destination.ratePerSecond,
  }
}
