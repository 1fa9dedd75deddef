import { parseArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/error.ts'
import { readSubscriptionPolicy } from './delivery-policy.ts'
import { invalidParameter, unsupported } from './errors.ts'
import { type FilterScope, parseFilterPolicy, SCOPES } from './filter-policy.ts'
import type { Protocol, Subscription } from './subscription.ts'

export type SubscriptionAttributes = Subscription['attributes']

const KNOWN = new Set([
  'DeliveryPolicy',
  'FilterPolicy',
  'FilterPolicyScope',
  'RawMessageDelivery',
  'RedrivePolicy',
])
const UNSUPPORTED = new Set(['SubscriptionRoleArn', 'ReplayPolicy'])

/** What an attribute is held against. */
export interface Subscribed {
  readonly protocol: Protocol
  readonly endpoint: string
}

/** Those of a new subscription. What is wrong with their values is said to be in `Attributes`. */
export function newAttributes(
  given: Readonly<Record<string, string>>,
  subscribed: Subscribed,
): SubscriptionAttributes {
  for (const name of Object.keys(given)) checkName(name)
  try {
    return withAttributes({}, given, subscribed)
  } catch (error) {
    const [, reason] = /^Invalid parameter: (.*)/s.exec(error instanceof AwsError ? error.message : '') ?? []
    if (reason === undefined || reason.startsWith('Attributes Reason')) throw error
    throw invalidParameter(`Attributes Reason: ${reason}`)
  }
}

/** The attributes as they are with some set anew; empty policies are taken away. */
export function withAttributes(
  before: SubscriptionAttributes,
  given: Readonly<Record<string, string>>,
  subscribed: Subscribed,
): SubscriptionAttributes {
  for (const name of Object.keys(given)) checkName(name)
  const entries = Object.entries({ ...before, ...given }).filter(([name, value]) => !isEmpty(name, value))
  const attributes: Record<string, string> = Object.fromEntries(entries)
  const { RawMessageDelivery: raw } = attributes
  if (raw !== undefined) attributes.RawMessageDelivery = readRaw(raw, subscribed.protocol)
  if (attributes.RedrivePolicy !== undefined) checkRedrivePolicy(attributes.RedrivePolicy, subscribed)
  const scope = scopeOf(attributes)
  if (attributes.FilterPolicy !== undefined) parseFilterPolicy(attributes.FilterPolicy, scope)
  const { DeliveryPolicy, ...others } = attributes
  if (DeliveryPolicy === undefined) return others
  if (!isHttp(subscribed.protocol)) {
    throw invalidParameter(`Delivery protocol [${subscribed.protocol}] does not support a delivery policy.`)
  }
  const policy = readSubscriptionPolicy(DeliveryPolicy)
  return policy === undefined ? others : { ...others, DeliveryPolicy: policy }
}

export function isHttp(protocol: Protocol): protocol is 'http' | 'https' {
  return protocol === 'http' || protocol === 'https'
}

function checkName(name: string): void {
  if (UNSUPPORTED.has(name)) throw unsupported(`The subscription attribute ${name}`)
  if (!KNOWN.has(name)) throw invalidParameter('AttributeName')
}

function isEmpty(name: string, value: string): boolean {
  return name.endsWith('Policy') && /^\s*(\{\s*\})?\s*$/.test(value)
}

/** Amazon SNS Developer Guide, "Amazon SNS raw message delivery": queues and HTTP endpoints have it. */
function readRaw(value: string, protocol: Protocol): string {
  if (!/^(true|false)$/i.test(value)) {
    throw invalidParameter(`RawMessageDelivery: Invalid value [${value}]. Must be true or false.`)
  }
  const isRaw = value.toLowerCase()
  if (isRaw === 'true' && protocol !== 'sqs' && !isHttp(protocol)) {
    throw invalidParameter(`Delivery protocol [${protocol}] does not support raw message delivery.`)
  }
  return isRaw
}

function checkRedrivePolicy(text: string, { endpoint }: Subscribed): void {
  const arn = parseArn(deadLetterTarget(text) ?? '')
  if (arn === undefined) {
    throw invalidParameter('RedrivePolicy: deadLetterTargetArn is an invalid arn')
  }
  if (arn.service !== 'sqs') {
    throw invalidParameter('RedrivePolicy: deadLetterTargetArn must be the ARN of an Amazon SQS queue')
  }
  // Only a FIFO topic can have a FIFO queue for its subscriber.
  if (endpoint.endsWith('.fifo') && !arn.resource.endsWith('.fifo')) {
    throw invalidParameter(
      'RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.',
    )
  }
}

function deadLetterTarget(text: string): string | undefined {
  try {
    const { deadLetterTargetArn } = JSON.parse(text)
    return typeof deadLetterTargetArn === 'string' ? deadLetterTargetArn : undefined
  } catch {
    throw invalidParameter('RedrivePolicy: failed to parse JSON.')
  }
}

function scopeOf({ FilterPolicyScope: scope = 'MessageAttributes' }: SubscriptionAttributes): FilterScope {
  const found = SCOPES.find((one) => one === scope)
  if (found !== undefined) return found
  throw invalidParameter(
    `FilterPolicyScope: Invalid value [${scope}]. Please use either MessageBody or MessageAttributes`,
  )
}
