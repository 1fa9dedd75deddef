import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { GroupKey } from '../group.ts'

export interface DeliveredEvent {
  readonly id: string
  readonly timestamp: number
  readonly message: string
}

export interface About {
  readonly group: GroupKey
  readonly stream: string
  /** The subscription filter's name. */
  readonly filter: string
}

/** What a function takes as one asynchronous event (Lambda quotas). */
const PAYLOAD_BYTES_MAX = 1024 * 1024

const compress = promisify(gzip)

/**
 * The events as functions get them (CloudWatch Logs User Guide, "Example 2: Subscription filters with AWS Lambda"):
 * one payload, or as many as its limit asks for. An event that is too large by itself is left out: it has close to
 * 1 MiB that cannot be compressed.
 */
export async function payloadsOf(about: About, events: readonly DeliveredEvent[]): Promise<Buffer[]> {
  if (events.length === 0) return []
  const payload = await payloadOf(about, events)
  if (payload.length <= PAYLOAD_BYTES_MAX) return [payload]
  if (events.length === 1) return []
  const half = events.length >> 1
  return [
    ...(await payloadsOf(about, events.slice(0, half))),
    ...(await payloadsOf(about, events.slice(half))),
  ]
}

async function payloadOf(
  { group, stream, filter }: About,
  logEvents: readonly DeliveredEvent[],
): Promise<Buffer> {
  const message = {
    messageType: 'DATA_MESSAGE',
    owner: group.accountId,
    logGroup: group.name,
    logStream: stream,
    subscriptionFilters: [filter],
    logEvents,
  }
  const data = (await compress(JSON.stringify(message))).toString('base64')
  return Buffer.from(JSON.stringify({ awslogs: { data } }))
}
