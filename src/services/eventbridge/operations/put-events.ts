import { AwsError } from '../../../aws/error.ts'
import type { Call } from '../../../aws/operation.ts'
import type { Input, Output } from '../../../aws/sdk-types.ts'
import { busAddress } from '../bus.ts'
import { busAccess } from '../bus-access.ts'
import type { EventBridgeDeps, EventBridgeOperation } from '../deps.ts'
import { validationError } from '../errors.ts'
import { makeEvent } from '../event.ts'
import type { Incoming } from '../intake.ts'

type Client = typeof import('@aws-sdk/client-eventbridge')
type Entry = NonNullable<Input<Client, 'PutEvents'>['Entries']>[number]
type ResultEntry = NonNullable<Output<Client, 'PutEvents'>['Entries']>[number]

/** Amazon EventBridge User Guide, "PutEvents event entry size": 1 MiB for all entries together. */
const SIZE_MAX = 2 ** 20

export const putEvents: EventBridgeOperation<'PutEvents'> = async (deps, input, call) => {
  const entries = input.Entries ?? []
  if (input.EndpointId !== undefined) throw validationError('Global endpoints are not supported by lambdad.')
  if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) >= SIZE_MAX) {
    throw validationError(`Total size of the entries in the request is over the limit.`)
  }
  const incoming: Incoming[] = []
  const results: ResultEntry[] = []
  for (const entry of entries) {
    const read = await readEntry(deps, entry, call)
    if ('event' in read) incoming.push(read)
    results.push('event' in read ? { EventId: read.event.id } : read)
  }
  await deps.takeIn(incoming)
  return { FailedEntryCount: entries.length - incoming.length, Entries: results }
}

type Refusal = Required<Pick<ResultEntry, 'ErrorCode' | 'ErrorMessage'>>

async function readEntry(deps: EventBridgeDeps, entry: Entry, call: Call): Promise<Incoming | Refusal> {
  const { Source = '', DetailType = '', Detail = '' } = entry
  const missing =
    Source === '' ? 'Source' : DetailType === '' ? 'DetailType' : Detail === '' ? 'Detail' : undefined
  if (missing !== undefined) {
    return invalid(`Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`)
  }
  if (Source.startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' }
  }
  const detail = jsonObject(Detail)
  if (detail === undefined) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }
  const bus = busAddress(entry.EventBusName, call)
  await refuseStrangers(deps, bus, call)
  const event = makeEvent({
    id: deps.random.uuid(),
    source: Source,
    detailType: DetailType,
    detail,
    resources: entry.Resources ?? [],
    accountId: call.accountId,
    region: bus.region,
    time: entry.Time?.getTime() ?? deps.clock.now(),
  })
  const traceHeader = entry.TraceHeader ?? call.traceHeader
  return { bus, event, hops: 0, ...(traceHeader !== undefined && { traceHeader }) }
}

/** A bus of another account takes what its policy lets in. */
async function refuseStrangers({ store }: EventBridgeDeps, bus: Incoming['bus'], call: Call): Promise<void> {
  if (bus.accountId === call.accountId) return
  if ((await busAccess(store, bus, call.accountId)) !== 'no') return
  throw new AwsError(
    'AccessDeniedException',
    `User: ${call.principalArn} is not authorized to perform: events:PutEvents on resource: arn:aws:events:${bus.region}:${bus.accountId}:event-bus/${bus.name} because no resource-based policy allows the events:PutEvents action`,
    { status: 400 },
  )
}

function invalid(ErrorMessage: string): Refusal {
  return { ErrorCode: 'InvalidArgument', ErrorMessage }
}

function jsonObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** As the guide reckons it: 14 bytes for a time, and the texts in UTF-8. */
function sizeOf({ Time, Source = '', DetailType = '', Detail = '', Resources = [] }: Entry): number {
  const texts = [Source, DetailType, Detail, ...Resources]
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), Time === undefined ? 0 : 14)
}
