import { invalidParameter } from './errors.ts'

// Amazon SNS Developer Guide, "Amazon SNS message delivery retries": what a delivery policy of HTTP endpoints may say.

export interface RetryPolicy {
  /** Seconds. */
  readonly minDelayTarget: number
  readonly maxDelayTarget: number
  readonly numRetries: number
  readonly numMaxDelayRetries: number
  readonly numNoDelayRetries: number
  readonly numMinDelayRetries: number
  readonly backoffFunction: BackoffFunction
}

export type BackoffFunction = 'arithmetic' | 'exponential' | 'geometric' | 'linear'

/** What counts for one endpoint. */
export interface EffectivePolicy {
  readonly retry: RetryPolicy
  /** Messages a second; as many as there are where absent. */
  readonly maxReceivesPerSecond?: number
  readonly contentType: string
}

const DEFAULT_CONTENT_TYPE = 'text/plain; charset=UTF-8'

const DEFAULT_RETRY: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: 'linear',
}

/** What counts where nobody has said anything. */
export const DEFAULT_POLICY: EffectivePolicy = { retry: DEFAULT_RETRY, contentType: DEFAULT_CONTENT_TYPE }

const DELAY_MAX = 3600
const RETRIES_MAX = 100
const TOTAL_SECONDS_MAX = 3600
const BACKOFF = ['arithmetic', 'exponential', 'geometric', 'linear']
const CONTENT_TYPES = new Set([
  'application/atom+xml',
  'application/json',
  'application/octet-stream',
  'application/soap+xml',
  'application/x-www-form-urlencoded',
  'application/xhtml+xml',
  'application/xml',
  'text/css',
  'text/csv',
  'text/html',
  'text/plain',
  'text/xml',
])

type Json = Readonly<Record<string, unknown>>

/** A topic's policy as it is kept and shown: what is null is left out. Undefined where the text takes it away. */
export function readTopicPolicy(text: string): string | undefined {
  if (text.trim() === '') return undefined
  const { http = {}, ...others } = objectOf(parsed(text), '')
  refuseOthers(others, [], '')
  const given = withoutNulls(objectOf(http, 'http'))
  const { disableSubscriptionOverrides: isClosed = false, ...policies } = given
  if (typeof isClosed !== 'boolean') throw refused('http.disableSubscriptionOverrides must be true or false')
  const known = ['defaultHealthyRetryPolicy', 'defaultThrottlePolicy', 'defaultRequestPolicy']
  refuseOthers(policies, known, 'http.')
  checkPolicies(policies, { prefix: 'http.default', nameOf: (name) => `default${name}` })
  const { defaultHealthyRetryPolicy, ...behind } = policies
  const first = defaultHealthyRetryPolicy === undefined ? {} : { defaultHealthyRetryPolicy }
  return JSON.stringify({ http: { ...first, disableSubscriptionOverrides: isClosed, ...behind } })
}

/** A subscription's policy as it is kept and shown: all its members, null where they are not set. */
export function readSubscriptionPolicy(text: string): string | undefined {
  if (text.trim() === '') return undefined
  const given = withoutNulls(objectOf(parsed(text), ''))
  const { healthyRetryPolicy, throttlePolicy, requestPolicy, guaranteed, ...others } = given
  if (guaranteed !== undefined && guaranteed !== false) throw refused('guaranteed must be false')
  refuseOthers(others, [], '')
  checkPolicies(given, { prefix: '', nameOf: (name) => name.charAt(0).toLowerCase() + name.slice(1) })
  return JSON.stringify({
    healthyRetryPolicy: healthyRetryPolicy === undefined ? null : filled(healthyRetryPolicy as Json),
    sicklyRetryPolicy: null,
    throttlePolicy: throttlePolicy ?? null,
    requestPolicy: requestPolicy ?? null,
    guaranteed: false,
  })
}

function checkPolicies(
  given: Json,
  { prefix, nameOf }: { readonly prefix: string; readonly nameOf: (name: string) => string },
): void {
  const checks = {
    HealthyRetryPolicy: checkRetryPolicy,
    ThrottlePolicy: checkThrottlePolicy,
    RequestPolicy: checkRequestPolicy,
  }
  for (const [name, check] of Object.entries(checks)) {
    const policy = given[nameOf(name)]
    const path = prefix === '' ? nameOf(name) : `${prefix}${name}`
    if (policy !== undefined) check(objectOf(policy, path), path)
  }
}

function checkRetryPolicy(given: Json, path: string): void {
  refuseOthers(given, Object.keys(DEFAULT_RETRY), `${path}.`)
  const policy = filled(given)
  const { backoffFunction, ...numbers } = policy
  for (const [name, value] of Object.entries(numbers)) checkCount(`${path}.${name}`, value)
  if (!BACKOFF.includes(backoffFunction))
    throw refused(`${path}.backoffFunction must be one of ${BACKOFF.join(', ')}`)
  const { minDelayTarget: min, maxDelayTarget: max, numRetries } = policy
  if (min < 1 || min > max) throw refused(`${path}.minDelayTarget must be between 1 and maxDelayTarget`)
  if (max > DELAY_MAX) throw refused(`${path}.maxDelayTarget must be at most ${DELAY_MAX}`)
  if (numRetries > RETRIES_MAX) throw refused(`${path}.numRetries must be at most ${RETRIES_MAX}`)
  if (phasesOf(policy).backingOff < 0) {
    throw refused(`${path}.numRetries must not be less than the retries of all its phases`)
  }
  const waits = Array.from({ length: numRetries }, (_, index) => waitBefore(policy, index) ?? 0)
  if (waits.reduce((sum, ms) => sum + ms, 0) > TOTAL_SECONDS_MAX * 1000) {
    throw refused(`${path} must not retry for longer than ${TOTAL_SECONDS_MAX} seconds`)
  }
}

function checkThrottlePolicy(given: Json, path: string): void {
  refuseOthers(given, ['maxReceivesPerSecond'], `${path}.`)
  const { maxReceivesPerSecond } = given
  checkCount(`${path}.maxReceivesPerSecond`, maxReceivesPerSecond)
  if (maxReceivesPerSecond === 0) throw refused(`${path}.maxReceivesPerSecond must be at least 1`)
}

function checkRequestPolicy(given: Json, path: string): void {
  refuseOthers(given, ['headerContentType'], `${path}.`)
  const { headerContentType } = given
  const [type = ''] = String(headerContentType).split(';')
  if (typeof headerContentType === 'string' && CONTENT_TYPES.has(type.trim()) && isHeader(headerContentType))
    return
  throw refused(`${path}.headerContentType is not one of those that Amazon SNS supports`)
}

function isHeader(text: string): boolean {
  return /^[ -~]+$/.test(text)
}

function checkCount(path: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw refused(`${path} must be a whole number that is not negative`)
  }
}

function filled(given: Json): RetryPolicy {
  return { ...DEFAULT_RETRY, ...withoutNulls(given) } as RetryPolicy
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refused('failed to parse JSON.')
  }
}

function objectOf(value: unknown, path: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw refused(path === '' ? 'it must be a JSON object' : `${path} must be an object`)
}

function withoutNulls(given: Json): Json {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
}

function refuseOthers(given: Json, known: readonly string[], path: string): void {
  const other = Object.keys(given).find((name) => !known.includes(name))
  if (other !== undefined) throw refused(`Unexpected JSON member: ${path}${other}`)
}

function refused(reason: string) {
  return invalidParameter(`DeliveryPolicy: ${reason}`)
}

interface TopicPolicy {
  readonly http?: {
    readonly defaultHealthyRetryPolicy?: Partial<RetryPolicy>
    readonly disableSubscriptionOverrides?: boolean
    readonly defaultThrottlePolicy?: ThrottlePolicy
    readonly defaultRequestPolicy?: RequestPolicy
  }
}

interface ThrottlePolicy {
  readonly maxReceivesPerSecond: number
}

interface RequestPolicy {
  readonly headerContentType: string
}

interface SubscriptionPolicy {
  readonly healthyRetryPolicy?: RetryPolicy | null
  readonly throttlePolicy?: ThrottlePolicy | null
  readonly requestPolicy?: RequestPolicy | null
}

/** A topic's EffectiveDeliveryPolicy: its own over AWS's. */
export function effectiveTopicPolicy(topicPolicy: string | undefined): object {
  const { http = {} } = JSON.parse(topicPolicy ?? '{}') as TopicPolicy
  const { defaultHealthyRetryPolicy = {}, disableSubscriptionOverrides = false } = http
  return {
    http: {
      defaultHealthyRetryPolicy: filled(defaultHealthyRetryPolicy),
      disableSubscriptionOverrides,
      ...(http.defaultThrottlePolicy && { defaultThrottlePolicy: http.defaultThrottlePolicy }),
      defaultRequestPolicy: http.defaultRequestPolicy ?? { headerContentType: DEFAULT_CONTENT_TYPE },
    },
  }
}

/** A subscription's EffectiveDeliveryPolicy: its own over the topic's, unless the topic forbids that. */
export function effectiveSubscriptionPolicy(
  topicPolicy: string | undefined,
  subscriptionPolicy: string | undefined,
): object {
  const policy = effectivePolicy(topicPolicy, subscriptionPolicy)
  const { maxReceivesPerSecond } = policy
  return {
    healthyRetryPolicy: policy.retry,
    sicklyRetryPolicy: null,
    throttlePolicy: maxReceivesPerSecond === undefined ? null : { maxReceivesPerSecond },
    requestPolicy: { headerContentType: policy.contentType },
    guaranteed: false,
  }
}

export function effectivePolicy(
  topicPolicy: string | undefined,
  subscriptionPolicy: string | undefined,
): EffectivePolicy {
  const { http = {} } = JSON.parse(topicPolicy ?? '{}') as TopicPolicy
  const isOwn = http.disableSubscriptionOverrides !== true
  const own = (isOwn ? JSON.parse(subscriptionPolicy ?? '{}') : {}) as SubscriptionPolicy
  const throttle = own.throttlePolicy ?? http.defaultThrottlePolicy
  const request = own.requestPolicy ?? http.defaultRequestPolicy
  return {
    retry: own.healthyRetryPolicy ?? filled(http.defaultHealthyRetryPolicy ?? {}),
    ...(throttle && { maxReceivesPerSecond: throttle.maxReceivesPerSecond }),
    contentType: request?.headerContentType ?? DEFAULT_CONTENT_TYPE,
  }
}

function phasesOf(policy: RetryPolicy) {
  const { numRetries, numNoDelayRetries: atOnce, numMinDelayRetries: soon, numMaxDelayRetries: late } = policy
  return { atOnce, soon, late, backingOff: numRetries - atOnce - soon - late }
}

/** Milliseconds before the next attempt after so many retries, or undefined where there is none. */
export function waitBefore(policy: RetryPolicy, retries: number): number | undefined {
  const { minDelayTarget: min, maxDelayTarget: max, numRetries, backoffFunction } = policy
  if (retries >= numRetries) return undefined
  const { atOnce, soon, backingOff } = phasesOf(policy)
  if (retries < atOnce) return 0
  const step = retries - atOnce - soon
  if (step < 0) return min * 1000
  if (step >= backingOff) return max * 1000
  return Math.round(GROWTH[backoffFunction](min, max, (step + 1) / backingOff) * 1000)
}

/** From `min` to `max` by the share of the phase that is over. AWS names and draws the curves, but gives no formulas. */
const GROWTH: Readonly<Record<BackoffFunction, (min: number, max: number, share: number) => number>> = {
  linear: (min, max, share) => min + (max - min) * share,
  arithmetic: (min, max, share) => min + (max - min) * share ** 2,
  geometric: (min, max, share) => min * (max / min) ** share,
  exponential: (min, max, share) => min + (max - min) * ((2 ** (10 * share) - 1) / (2 ** 10 - 1)),
}
