import { DeliveryError, type Sender } from '../../../aws/ports/delivery.ts'
import type { QueueMessage } from '../../../aws/ports/sqs.ts'
import type { Switchboard } from '../../../aws/switchboard.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Item } from '../../../store/outbox/outbox.ts'
import type { Verdict } from '../../../store/outbox/runner.ts'
import { queueAttributes } from '../message-attributes.ts'
import type { Delivery } from './delivery.ts'
import { envelope, functionEvent } from './envelope.ts'
import { post } from './http.ts'

export interface DeliverDeps {
  readonly switchboard: Switchboard
  readonly clock: Clock
  readonly reportFault: (error: unknown) => void
}

/** Delivers what the outbox holds: tries again where that may help, then hands over to the dead-letter queue. */
export async function deliver(deps: DeliverDeps, item: Item, signal: AbortSignal): Promise<Verdict> {
  const delivery = JSON.parse(item.body) as Delivery
  try {
    await SENDERS[delivery.protocol](deps, delivery, signal)
    return 'done'
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    const wait = error.isTransient ? waitBeforeRetry(item.attempts, delivery.protocol) : undefined
    if (wait !== undefined) return { retryAt: deps.clock.now() + wait }
    return giveUp(deps, delivery)
  }
}

const SENDERS: Readonly<
  Record<
    Delivery['protocol'],
    (deps: DeliverDeps, delivery: Delivery, signal: AbortSignal) => Promise<unknown>
  >
> = {
  sqs: ({ switchboard }, delivery) =>
    switchboard.sqs.send(delivery.endpoint, queueMessage(delivery, delivery.endpoint), senderOf(delivery)),
  lambda: ({ switchboard }, delivery) =>
    switchboard.lambda.invoke(
      delivery.endpoint,
      { payload: Buffer.from(functionEvent(delivery)), type: 'Event', ...traceOf(delivery) },
      senderOf(delivery),
    ),
  http: ({ clock }, delivery, signal) => post(clock, delivery, signal),
  https: ({ clock }, delivery, signal) => post(clock, delivery, signal),
}

/** Of what is no queue: a function's in the envelope, an endpoint's as it would have been posted. */
function deadLetter(delivery: Delivery): QueueMessage {
  return { body: delivery.isRaw ? delivery.text : envelope(delivery) }
}

function queueMessage(delivery: Delivery, queue: string): QueueMessage {
  const { isRaw, text, attributes, groupId, deduplicationId } = delivery
  return {
    body: isRaw ? text : envelope(delivery),
    ...(isRaw && { attributes: queueAttributes(attributes) }),
    ...(groupId !== undefined && { groupId }),
    ...(deduplicationId !== undefined && queue.endsWith('.fifo') && { deduplicationId }),
    ...traceOf(delivery),
  }
}

function senderOf({ accountId, topicArn }: Delivery): Sender {
  return { principal: 'sns.amazonaws.com', accountId, sourceArn: topicArn }
}

function traceOf({ traceHeader }: Delivery): { traceHeader?: string } {
  return traceHeader === undefined ? {} : { traceHeader }
}

// Amazon SNS Developer Guide, "Amazon SNS message delivery retries", for endpoints that AWS manages.
const RETRIES_AT_ONCE = 3
const RETRIES_AFTER_A_SECOND = 2
const RETRIES_BACKING_OFF = 10
const RETRIES_MAX = 100_015
const LONGEST_WAIT_MS = 20_000
// The same page's default delivery policy of HTTP endpoints.
const HTTP_RETRIES_MAX = 3
const HTTP_WAIT_MS = 20_000

/** Milliseconds before the next attempt after so many retries, or undefined where there is none. */
export function waitBeforeRetry(retries: number, protocol: Delivery['protocol']): number | undefined {
  if (protocol === 'http' || protocol === 'https') {
    return retries < HTTP_RETRIES_MAX ? HTTP_WAIT_MS : undefined
  }
  if (retries >= RETRIES_MAX) return undefined
  if (retries < RETRIES_AT_ONCE) return 0
  const step = retries - RETRIES_AT_ONCE - RETRIES_AFTER_A_SECOND
  if (step < 0) return 1000
  return Math.round(Math.min(LONGEST_WAIT_MS, 1000 * 20 ** ((step + 1) / RETRIES_BACKING_OFF)))
}

async function giveUp(deps: DeliverDeps, delivery: Delivery): Promise<Verdict> {
  const { deadLetterQueue: queue } = delivery
  if (queue === undefined) return 'done'
  const message = delivery.protocol === 'sqs' ? queueMessage(delivery, queue) : deadLetter(delivery)
  try {
    await deps.switchboard.sqs.send(queue, message, senderOf(delivery))
  } catch (failure) {
    // AWS drops what its dead-letter queue does not take; here somebody hears of it.
    deps.reportFault(failure)
  }
  return 'done'
}
