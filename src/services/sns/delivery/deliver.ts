import { DeliveryError, type Sender } from '../../../aws/ports/delivery.ts'
import type { QueueMessage } from '../../../aws/ports/sqs.ts'
import type { Item } from '../../../store/outbox/outbox.ts'
import type { Verdict } from '../../../store/outbox/runner.ts'
import { DEFAULT_POLICY, waitBefore } from '../delivery-policy.ts'
import { queueAttributes } from '../message-attributes.ts'
import type { Seal, Signer } from '../signing/signer.ts'
import { isOptedOut } from '../sms.ts'
import type { SnsStore } from '../store.ts'
import { isHttp } from '../subscription-attributes.ts'
import type { Delivery } from './delivery.ts'
import { envelope, functionEvent, stringToSign } from './envelope.ts'
import { post } from './http.ts'
import { emailOf, pushOf, smsOf } from './mail.ts'
import { type Answer, logStatus, refusalOf, type StatusDeps } from './status.ts'
import type { Throttle } from './throttle.ts'

export interface DeliverDeps extends StatusDeps {
  readonly store: SnsStore
  readonly signer: Pick<Signer, 'sign'>
  readonly throttle: Throttle
}

/** Delivers what the outbox holds: tries again where that may help, then hands over to the dead-letter queue. */
export async function deliver(deps: DeliverDeps, item: Item, signal: AbortSignal): Promise<Verdict> {
  const delivery = JSON.parse(item.body) as Delivery
  const { subscriptionArn, policy } = delivery
  const perSecond = policy?.maxReceivesPerSecond
  const notBefore = perSecond && deps.throttle.postponedUntil(subscriptionArn, perSecond)
  if (notBefore !== undefined) return { notBefore }
  const seal = await sealOf(deps, delivery)
  const tried = { attempts: item.attempts + 1, handedOverAt: deps.clock.now() }
  try {
    const answer = await SENDERS[delivery.protocol](deps, delivery, seal, signal)
    await logStatus(deps, delivery, { ...tried, ...answer, status: 'SUCCESS' })
    return 'done'
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    const wait = error.isTransient ? waitBeforeRetry(item.attempts, delivery) : undefined
    if (wait !== undefined) return { retryAt: deps.clock.now() + wait }
    await logStatus(deps, delivery, { ...tried, ...refusalOf(error), status: 'FAILURE' })
    return giveUp(deps, delivery, seal)
  }
}

type Send = (
  deps: DeliverDeps,
  delivery: Delivery,
  seal: Seal | undefined,
  signal: AbortSignal,
) => Promise<Answer>

const SENDERS: Readonly<Record<Delivery['protocol'], Send>> = {
  sqs: async ({ switchboard }, delivery, seal) => {
    const { endpoint } = delivery
    const message = queueMessage(delivery, seal, endpoint)
    const { messageId } = await switchboard.sqs.send(endpoint, message, senderOf(delivery))
    return { statusCode: 200, providerResponse: JSON.stringify({ sqsMessageId: messageId }) }
  },
  lambda: async ({ switchboard }, delivery, seal) => {
    const payload = Buffer.from(functionEvent(delivery, seal))
    const call = { payload, type: 'Event' as const, ...traceOf(delivery) }
    const { requestId } = await switchboard.lambda.invoke(delivery.endpoint, call, senderOf(delivery))
    return { statusCode: 202, providerResponse: JSON.stringify({ lambdaRequestId: requestId }) }
  },
  http: ({ clock }, delivery, seal, signal) => post(clock, delivery, seal, signal),
  https: ({ clock }, delivery, seal, signal) => post(clock, delivery, seal, signal),
  email: sendEmail,
  'email-json': sendEmail,
  sms: sendText,
  application: push,
}

async function sendEmail(
  { store }: DeliverDeps,
  delivery: Delivery,
  seal: Seal | undefined,
): Promise<Answer> {
  await store.change((editor) => editor.keepMail(delivery, emailOf(delivery, seal)))
  return KEPT
}

/** What is kept instead of being handed to somebody. */
const KEPT: Answer = { statusCode: 200, providerResponse: 'kept in the outbox' }

/** Who has opted out gets nothing, and nobody is told. */
async function sendText({ store }: DeliverDeps, delivery: Delivery): Promise<Answer> {
  await store.change(async (editor) => {
    const settings = await editor.accountSettings(delivery)
    if (isOptedOut(settings, delivery.endpoint)) return
    await editor.keepMail(delivery, smsOf(delivery, settings))
  })
  return KEPT
}

/** To a device that is gone or disabled nothing is sent: its subscription's dead-letter queue hears of it. */
async function push({ store }: DeliverDeps, delivery: Delivery): Promise<Answer> {
  await store.change(async (editor) => {
    const endpoint = await editor.findEndpoint(delivery.endpoint)
    if (endpoint === undefined) throw new DeliveryError('NotFound', 'NotFound', 'Endpoint does not exist')
    if (!endpoint.isEnabled) throw new DeliveryError('Invalid', 'EndpointDisabled', 'Endpoint is disabled')
    await editor.keepMail(delivery, pushOf(delivery, endpoint))
  })
  return KEPT
}

/** What people read. */
const UNSIGNED: readonly Delivery['protocol'][] = ['email', 'sms', 'application']

/** A message's signature is the same for all its subscribers; one that asks for consent is for one of them. */
async function sealOf({ signer }: DeliverDeps, delivery: Delivery): Promise<Seal | undefined> {
  const { signatureVersion: version, isRaw, messageId, protocol } = delivery
  if (version === undefined || isRaw || UNSIGNED.includes(protocol)) return undefined
  return signer.sign(`${messageId}/${protocol}`, stringToSign(delivery), version)
}

/** Of what is no queue: a function's in the envelope, an endpoint's as it would have been posted. */
function deadLetter(delivery: Delivery, seal: Seal | undefined): QueueMessage {
  return { body: delivery.isRaw ? delivery.text : envelope(delivery, seal) }
}

function queueMessage(delivery: Delivery, seal: Seal | undefined, queue: string): QueueMessage {
  const { isRaw, text, attributes, groupId, deduplicationId } = delivery
  return {
    body: isRaw ? text : envelope(delivery, seal),
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

/** Milliseconds before the next attempt after so many retries, or undefined where there is none. */
export function waitBeforeRetry(
  retries: number,
  { protocol, policy = DEFAULT_POLICY }: Pick<Delivery, 'protocol' | 'policy'>,
): number | undefined {
  if (isHttp(protocol)) return waitBefore(policy.retry, retries)
  if (retries >= RETRIES_MAX) return undefined
  if (retries < RETRIES_AT_ONCE) return 0
  const step = retries - RETRIES_AT_ONCE - RETRIES_AFTER_A_SECOND
  if (step < 0) return 1000
  return Math.round(Math.min(LONGEST_WAIT_MS, 1000 * 20 ** ((step + 1) / RETRIES_BACKING_OFF)))
}

async function giveUp(deps: DeliverDeps, delivery: Delivery, seal: Seal | undefined): Promise<Verdict> {
  const { deadLetterQueue: queue } = delivery
  if (queue === undefined) return 'done'
  const message =
    delivery.protocol === 'sqs' ? queueMessage(delivery, seal, queue) : deadLetter(delivery, seal)
  try {
    await deps.switchboard.sqs.send(queue, message, senderOf(delivery))
  } catch (failure) {
    // AWS drops what its dead-letter queue does not take; here somebody hears of it.
    deps.reportFault(failure)
  }
  return 'done'
}
