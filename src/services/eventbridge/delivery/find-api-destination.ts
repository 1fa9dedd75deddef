import { parseArn } from '../../../aws/arn.ts'
import { connectionArn, destinationArn } from '../connection.ts'
import type { ResourceReader } from '../store.ts'
import type { CallApi } from './api-destination.ts'

/** Only the one with that id: another may have its name since. */
export async function findApiDestination(store: ResourceReader, text: string): ReturnType<CallApi> {
  const arn = parseArn(text)
  const name = arn?.resource.match(/^api-destination\/([^/]+)\//)?.[1]
  if (arn === undefined || name === undefined) return undefined
  const destination = await store.find(arn, 'destination', name)
  if (destination === undefined || destinationArn(arn, destination) !== text) return undefined
  const connectionName = destination.connectionArn.match(/:connection\/([^/]+)\//)?.[1] ?? ''
  const connection = await store.find(arn, 'connection', connectionName)
  if (connection === undefined || connectionArn(arn, connection) !== destination.connectionArn)
    return undefined
  return { destination, connection }
}
