import { parseArn } from '../../aws/arn.ts'
import { invalidParameter, unsupported } from './errors.ts'
import { type FilterScope, parseFilterPolicy, SCOPES } from './filter-policy.ts'
import type { Subscription } from './subscription.ts'

export type SubscriptionAttributes = Subscription['attributes']

const KNOWN = new Set(['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery', 'RedrivePolicy'])
const UNSUPPORTED = new Set(['DeliveryPolicy', 'SubscriptionRoleArn', 'ReplayPolicy'])

/** The attributes as they are with some set anew; empty filter and redrive policies are taken away. */
export function withAttributes(
  before: SubscriptionAttributes,
  given: Readonly<Record<string, string>>,
  protocol: Subscription['protocol'],
): SubscriptionAttributes {
  for (const name of Object.keys(given)) checkName(name)
  const entries = Object.entries({ ...before, ...given }).filter(([name, value]) => !isEmpty(name, value))
  const attributes: Record<string, string> = Object.fromEntries(entries)
  checkRaw(attributes.RawMessageDelivery, protocol)
  if (attributes.RedrivePolicy !== undefined) checkRedrivePolicy(attributes.RedrivePolicy)
  const scope = scopeOf(attributes)
  if (attributes.FilterPolicy !== undefined) parseFilterPolicy(attributes.FilterPolicy, scope)
  return attributes
}

function checkName(name: string): void {
  if (UNSUPPORTED.has(name)) throw unsupported(`The subscription attribute ${name}`)
  if (!KNOWN.has(name)) throw invalidParameter('AttributeName')
}

function isEmpty(name: string, value: string): boolean {
  return name.endsWith('Policy') && /^\s*(\{\s*\})?\s*$/.test(value)
}

function checkRaw(value: string | undefined, protocol: string): void {
  if (value === undefined) return
  if (!/^(true|false)$/i.test(value)) {
    throw invalidParameter(`RawMessageDelivery Reason: Invalid value [${value}]. Must be true or false.`)
  }
  if (value.toLowerCase() === 'true' && protocol === 'lambda') {
    throw invalidParameter(
      `Attributes Reason: Delivery protocol [${protocol}] does not support raw message delivery.`,
    )
  }
}

function checkRedrivePolicy(text: string): void {
  const arn = parseArn(deadLetterTarget(text) ?? '')
  if (arn === undefined) {
    throw invalidParameter('RedrivePolicy: deadLetterTargetArn is an invalid arn')
  }
  if (arn.service !== 'sqs') {
    throw invalidParameter('RedrivePolicy: deadLetterTargetArn must be the ARN of an Amazon SQS queue')
  }
}

function deadLetterTarget(text: string): string | undefined {
  try {
    const { deadLetterTargetArn } = JSON.parse(text)
    return typeof deadLetterTargetArn === 'string' ? deadLetterTargetArn : undefined
  } catch {
    throw invalidParameter('RedrivePolicy: failed to parse JSON')
  }
}

function scopeOf({ FilterPolicyScope: scope = 'MessageAttributes' }: SubscriptionAttributes): FilterScope {
  const found = SCOPES.find((one) => one === scope)
  if (found !== undefined) return found
  throw invalidParameter(
    `FilterPolicyScope: Invalid value [${scope}]. Please use either MessageBody or MessageAttributes`,
  )
}
