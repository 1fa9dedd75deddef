import type { QueueMessageAttribute } from '../../aws/ports/sqs.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Condition } from './after-run.ts'
import { newEntryId, type QueueEntry } from './entry.ts'
import type { AsyncEvent, EventTarget } from './event.ts'
import { deadLetterAttributes, destinationRecord } from './record.ts'
import type { EventSettings } from './settings.ts'

/** What an event leaves to a destination or a dead-letter queue, as it is kept between attempts. */
export interface Delivery extends EventTarget {
  readonly kind: 'destination' | 'dead-letter'
  readonly targetArn: string
  readonly isSuccess: boolean
  /** The function's role, which AWS sends as. */
  readonly roleArn: string
  readonly traceHeader: string
  /** Of dead letters. */
  readonly attributes?: Readonly<Record<string, QueueMessageAttribute>>
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly failures: number
}

interface Ended {
  readonly event: AsyncEvent
  readonly payload: Uint8Array
  readonly condition: Condition
  /** What the function got, or what came with the event where it did not run. */
  readonly traceHeader: string
  readonly roleArn: string
}

/** Both a destination and a dead-letter queue get what failed: the one does not know of the other. */
export function deliveriesOf(
  ended: Ended,
  settings: EventSettings,
  sources: { readonly clock: Clock; readonly random: Random },
): QueueEntry[] {
  const { event, payload, condition } = ended
  const isSuccess = condition === 'Success'
  const now = sources.clock.now()
  const entry = (kind: Delivery['kind'], targetArn: string, body: Uint8Array): QueueEntry => ({
    id: newEntryId(sources),
    lane: `to:${targetArn}`,
    dueAt: now,
    payload: body,
    detail: JSON.stringify({
      kind,
      targetArn,
      isSuccess,
      accountId: event.accountId,
      region: event.region,
      functionName: event.functionName,
      ...(event.qualifier !== undefined && { qualifier: event.qualifier }),
      roleArn: ended.roleArn,
      traceHeader: ended.traceHeader,
      ...(kind === 'dead-letter' && { attributes: deadLetterAttributes(event) }),
      since: now,
      failures: 0,
    } satisfies Delivery),
  })

  const destination = isSuccess ? settings.onSuccess : settings.onFailure
  const deadLetterArn = isSuccess ? undefined : settings.deadLetterArn
  const record = () => Buffer.from(destinationRecord(event, payload, condition, now))
  return [
    ...(destination ? [entry('destination', destination, record())] : []),
    ...(deadLetterArn ? [entry('dead-letter', deadLetterArn, payload)] : []),
  ]
}

export function readDelivery({ detail }: Pick<QueueEntry, 'detail'>): Delivery {
  return JSON.parse(detail)
}
