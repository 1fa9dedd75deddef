import { isDeepStrictEqual } from 'node:util'
import { parseArn } from '../../../aws/arn.ts'
import type { Call } from '../../../aws/operation.ts'
import { confirmationFor } from '../delivery/delivery.ts'
import type { SnsDeps, SnsOperation } from '../deps.ts'
import { invalidParameter, subscriptionLimitExceeded, unsupported } from '../errors.ts'
import { isFifo } from '../fifo.ts'
import { checkSmsEndpoint } from '../phone-number.ts'
import { isEndpointArn } from '../platform.ts'
import { existingTopic } from '../resolve.ts'
import type { SnsEditor } from '../store.ts'
import { isPending, newToken, type Protocol, type Subscription, subscriptionArn } from '../subscription.ts'
import { isHttp, newAttributes } from '../subscription-attributes.ts'
import { SUBSCRIPTIONS_MAX } from '../subscription-limits.ts'
import type { Topic } from '../topic.ts'

/** What an endpoint of each protocol must look like. */
const CHECKS: Readonly<Record<Protocol, (endpoint: string, call: Call) => void>> = {
  sqs: (endpoint) => {
    if (parseArn(endpoint)?.service !== 'sqs') throw invalidParameter('SQS endpoint ARN')
  },
  lambda: checkFunction,
  http: (endpoint) => checkUrl('http:', endpoint),
  https: (endpoint) => checkUrl('https:', endpoint),
  email: checkAddress,
  'email-json': checkAddress,
  sms: checkSmsEndpoint,
  application: (endpoint) => {
    if (!isEndpointArn(endpoint)) throw invalidParameter(`Application endpoint arn invalid:${endpoint}`)
  },
}
const PROTOCOLS_TO_COME = ['firehose']

/** Queues and functions of the caller's own account, and phones, are subscribed at once; others are asked to confirm. */
export const subscribe: SnsOperation<'Subscribe'> = async (deps, input, call) => {
  const { store, random, clock } = deps
  const protocol = protocolOf(input.Protocol)
  const endpoint = input.Endpoint ?? ''
  CHECKS[protocol](endpoint, call)
  const attributes = newAttributes(input.Attributes ?? {}, { protocol, endpoint })
  const id = random.uuid()
  const token = newToken(id, random)
  const SubscriptionArn = await store.change(async (editor) => {
    const found = await existingTopic(editor, input.TopicArn, call, 'Subscribe')
    checkFit(found, protocol, endpoint)
    const { accountId, region, name } = found
    const topic = { accountId, region, name }
    const before = await editor.findByEndpoint(topic, { protocol, endpoint })
    if (before !== undefined) {
      refuseOtherwise(before, attributes)
      // AWS asks once more who has not answered.
      if (before.consent?.isPending) await ask(deps, editor, found, before)
      return shownArn(before, input.ReturnSubscriptionArn)
    }
    if ((await editor.countSubscriptions(topic)) >= SUBSCRIPTIONS_MAX) throw subscriptionLimitExceeded()
    const { accountId: owner, principalArn, endpoint: callback } = call
    const subscription = { topic, id, owner, principalArn, protocol, endpoint, attributes, callback }
    if (!isAskedFirst(protocol, endpoint, call)) {
      await editor.saveSubscription(subscription)
      return subscriptionArn(subscription)
    }
    const consent = { token, askedAt: clock.now(), isPending: true, needsAuthentication: false }
    await editor.saveSubscription({ ...subscription, consent })
    await ask(deps, editor, found, { ...subscription, consent })
    return shownArn({ ...subscription, consent }, input.ReturnSubscriptionArn)
  })
  return { SubscriptionArn }
}

function ask(
  { random, addToOutbox }: SnsDeps,
  { transaction }: SnsEditor,
  topic: Topic,
  { consent, ...subscription }: Subscription,
): Promise<void> {
  const { token = '', askedAt: at = 0 } = consent ?? {}
  const message = confirmationFor(topic, subscription, { token, at }, random.uuid())
  return addToOutbox(transaction, [message])
}

/** That of one that is not confirmed is shown to those who ask for it. */
function shownArn(subscription: Subscription, isWanted: boolean | undefined): string {
  return isPending(subscription) && !isWanted ? 'pending confirmation' : subscriptionArn(subscription)
}

function protocolOf(protocol = ''): Protocol {
  if (isProtocol(protocol)) return protocol
  if (PROTOCOLS_TO_COME.includes(protocol)) throw unsupported(`The protocol ${protocol}`)
  throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`)
}

function isProtocol(text: string): text is Protocol {
  return Object.hasOwn(CHECKS, text)
}

/** Amazon SNS Developer Guide, "Sending messages to an SQS queue in a different account": its owner must agree. */
function isAskedFirst(protocol: Protocol, endpoint: string, call: Call): boolean {
  if (protocol === 'sqs') return parseArn(endpoint)?.accountId !== call.accountId
  return isHttp(protocol) || protocol.startsWith('email')
}

function checkFunction(endpoint: string, call: Call): void {
  const arn = parseArn(endpoint)
  if (arn?.service !== 'lambda') throw invalidParameter('Lambda endpoint ARN')
  if (arn.accountId !== call.accountId) {
    throw unsupported('A function of another account, which would have to confirm the subscription,')
  }
}

function checkUrl(scheme: 'http:' | 'https:', endpoint: string): void {
  if (!URL.canParse(endpoint) || new URL(endpoint).protocol !== scheme) {
    throw invalidParameter('Endpoint must match the specified protocol')
  }
}

function checkAddress(endpoint: string): void {
  if (!/^[^@\s]+@[^@\s]+$/.test(endpoint)) throw invalidParameter('Email address')
}

function checkFit(topic: Topic, protocol: Protocol, endpoint: string): void {
  if (isFifo(topic) && protocol !== 'sqs') {
    throw invalidParameter(`Protocol Reason: FIFO topics deliver to SQS queues only, not to ${protocol}`)
  }
  if (!isFifo(topic) && protocol === 'sqs' && endpoint.endsWith('.fifo')) {
    throw invalidParameter(
      'Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics',
    )
  }
}

function refuseOtherwise(found: Subscription, wanted: Subscription['attributes']): void {
  const isSame = Object.entries(wanted).every(([name, value]) =>
    isDeepStrictEqual(found.attributes[name], value),
  )
  if (!isSame) {
    throw invalidParameter('Attributes Reason: Subscription already exists with different attributes')
  }
}
