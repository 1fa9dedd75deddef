import { parseArn } from '../../aws/arn.ts'
import type { Call } from '../../aws/operation.ts'
import type { LogsDeps } from './deps.ts'
import { groupNotFound, invalidParameter, nameAndIdentifier, streamNotFound } from './errors.ts'
import type { LogGroup } from './group.ts'
import type { LogStream } from './stream.ts'

/** The two ways in which operations name a log group. */
export interface GroupReference {
  readonly logGroupName?: string | undefined
  readonly logGroupIdentifier?: string | undefined
}

export async function findGroup(deps: LogsDeps, reference: GroupReference, call: Call): Promise<LogGroup> {
  return groupNamed(deps, groupNameIn(reference, call), call)
}

export async function groupNamed(
  { store, ingest }: LogsDeps,
  name: string,
  { accountId, region }: Call,
): Promise<LogGroup> {
  const key = { accountId, region, name }
  const found = await store.findGroup(key)
  if (found !== undefined) return found
  // A function's first lines make its group, and may not be kept yet.
  await ingest.flush()
  const group = await store.findGroup(key)
  if (group === undefined) throw groupNotFound()
  return group
}

export async function findStream({ store }: LogsDeps, group: LogGroup, name: string): Promise<LogStream> {
  const [stream] = await store.findStreams(group.id, [name])
  if (stream === undefined) throw streamNotFound()
  return stream
}

function groupNameIn({ logGroupName, logGroupIdentifier }: GroupReference, call: Call): string {
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) throw nameAndIdentifier()
  if (logGroupName !== undefined) return logGroupName
  if (logGroupIdentifier === undefined)
    throw invalidParameter('Either logGroupName or logGroupIdentifier is required.')
  return logGroupIdentifier.startsWith('arn:') ? groupNameOfArn(logGroupIdentifier, call) : logGroupIdentifier
}

/** The name in a log group's ARN, which must be of the caller's account and region: nothing is shared here. */
export function groupNameOfArn(text: string, call: Call): string {
  const arn = parseArn(text)
  const name = arn?.resource.match(/^log-group:([^:*]+)$/)?.[1]
  if (arn?.service !== 'logs' || name === undefined) throw invalidParameter(`Invalid log group ARN: ${text}`)
  if (arn.accountId !== call.accountId || arn.region !== call.region) throw groupNotFound()
  return name
}
