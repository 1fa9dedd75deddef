import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  effectivePolicy,
  effectiveSubscriptionPolicy,
  effectiveTopicPolicy,
  type RetryPolicy,
  readSubscriptionPolicy,
  readTopicPolicy,
  waitBefore,
} from './delivery-policy.ts'

const DEFAULT: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: 'linear',
}
const PLAIN = { headerContentType: 'text/plain; charset=UTF-8' }
const JSON_TYPE = { headerContentType: 'application/json' }
const text = (value: object) => JSON.stringify(value)
const ofTopic = (http: object) => readTopicPolicy(text({ http })) ?? ''
const ofSubscription = (policy: object) => readSubscriptionPolicy(text(policy)) ?? ''

// As recorded on AWS: what is set, and what GetTopicAttributes then shows.
for (const [set, kept, effective] of [
  [
    { defaultRequestPolicy: JSON_TYPE },
    { disableSubscriptionOverrides: false, defaultRequestPolicy: JSON_TYPE },
    {
      defaultHealthyRetryPolicy: DEFAULT,
      disableSubscriptionOverrides: false,
      defaultRequestPolicy: JSON_TYPE,
    },
  ],
  [
    { defaultHealthyRetryPolicy: { minDelayTarget: 5, maxDelayTarget: 6, numRetries: 1 } },
    {
      defaultHealthyRetryPolicy: { minDelayTarget: 5, maxDelayTarget: 6, numRetries: 1 },
      disableSubscriptionOverrides: false,
    },
    {
      defaultHealthyRetryPolicy: { ...DEFAULT, minDelayTarget: 5, maxDelayTarget: 6, numRetries: 1 },
      disableSubscriptionOverrides: false,
      defaultRequestPolicy: PLAIN,
    },
  ],
  [
    { defaultHealthyRetryPolicy: null, defaultRequestPolicy: null },
    { disableSubscriptionOverrides: false },
    { defaultHealthyRetryPolicy: DEFAULT, disableSubscriptionOverrides: false, defaultRequestPolicy: PLAIN },
  ],
] as const) {
  test(`a topic’s ${text(set)} is shown as AWS shows it`, () => {
    assert.deepEqual(JSON.parse(ofTopic(set)), { http: kept })
    assert.deepEqual(effectiveTopicPolicy(ofTopic(set)), { http: effective })
  })
}

test('a subscription’s policy is shown with all its members, over what the topic has', () => {
  const own = ofSubscription({ throttlePolicy: { maxReceivesPerSecond: 1000 } })
  assert.deepEqual(JSON.parse(own), {
    healthyRetryPolicy: null,
    sicklyRetryPolicy: null,
    throttlePolicy: { maxReceivesPerSecond: 1000 },
    requestPolicy: null,
    guaranteed: false,
  })
  assert.deepEqual(effectiveSubscriptionPolicy(ofTopic({ defaultRequestPolicy: JSON_TYPE }), own), {
    healthyRetryPolicy: DEFAULT,
    sicklyRetryPolicy: null,
    throttlePolicy: { maxReceivesPerSecond: 1000 },
    requestPolicy: JSON_TYPE,
    guaranteed: false,
  })
  // What was shown can be set again.
  assert.equal(readSubscriptionPolicy(own), own)
})

test('a topic may forbid subscriptions to differ', () => {
  const topic = ofTopic({
    defaultThrottlePolicy: { maxReceivesPerSecond: 5 },
    disableSubscriptionOverrides: true,
  })
  const own = ofSubscription({ healthyRetryPolicy: { numRetries: 9 }, requestPolicy: JSON_TYPE })
  assert.deepEqual(effectivePolicy(topic, own), {
    retry: DEFAULT,
    maxReceivesPerSecond: 5,
    contentType: PLAIN.headerContentType,
  })
})

test('nothing takes a policy away', () => {
  assert.deepEqual([readTopicPolicy(''), readSubscriptionPolicy(' ')], [undefined, undefined])
})

const waits = (policy: Partial<RetryPolicy>) =>
  Array.from({ length: 10 }, (_, retries) => waitBefore({ ...DEFAULT, ...policy }, retries)).filter(
    (ms) => ms !== undefined,
  )

test('four phases: at once, soon, backing off, late', () => {
  const phases = { numRetries: 8, numNoDelayRetries: 2, numMinDelayRetries: 2, numMaxDelayRetries: 1 }
  const delays = { minDelayTarget: 10, maxDelayTarget: 40 }
  assert.deepEqual(waits({ ...phases, ...delays }), [0, 0, 10_000, 10_000, 20_000, 30_000, 40_000, 40_000])
  assert.deepEqual(waits({ numRetries: 0 }), [])
})

for (const backoffFunction of ['linear', 'arithmetic', 'geometric', 'exponential'] as const) {
  test(`${backoffFunction}: waits grow from the shortest to the longest`, () => {
    const grown = waits({ backoffFunction, minDelayTarget: 1, maxDelayTarget: 100, numRetries: 10 })
    assert.deepEqual(
      grown,
      grown.toSorted((a, b) => a - b),
    )
    assert.equal(new Set(grown).size, 10)
    assert.deepEqual([(grown[0] ?? 0) > 1000, grown.at(-1)], [true, 100_000])
  })
}

const retry = (policy: object) => ({ healthyRetryPolicy: policy })
for (const [why, policy] of [
  ['a member that it does not have', { color: 'red' }],
  ['a retry policy that is none', retry([])],
  ['a member that retry policies do not have', retry({ numRetry: 1 })],
  ['a shortest wait of nothing', retry({ minDelayTarget: 0 })],
  ['a shortest wait above the longest', retry({ minDelayTarget: 30 })],
  ['a longest wait above an hour', retry({ maxDelayTarget: 3601 })],
  ['more than 100 retries', retry({ numRetries: 101, minDelayTarget: 1, maxDelayTarget: 1 })],
  ['half a retry', retry({ numRetries: 1.5 })],
  ['more retries in phases than there are', retry({ numRetries: 1, numNoDelayRetries: 2 })],
  ['retries for more than an hour', retry({ numRetries: 2, maxDelayTarget: 3600, numMaxDelayRetries: 2 })],
  ['an unknown curve', retry({ backoffFunction: 'steep' })],
  ['no message a second', { throttlePolicy: { maxReceivesPerSecond: 0 } }],
  ['an unknown content type', { requestPolicy: { headerContentType: 'image/png' } }],
  ['a content type of two lines', { requestPolicy: { headerContentType: 'text/plain;\nx: y' } }],
  ['a guarantee', { guaranteed: true }],
] as const) {
  test(`refused: ${why}`, () =>
    assert.throws(() => readSubscriptionPolicy(text(policy)), {
      code: 'InvalidParameterException',
      message: /^Invalid parameter: DeliveryPolicy: /,
    }))
}

for (const policy of [
  '{',
  '[]',
  '{"https":{}}',
  '{"http":{"healthyRetryPolicy":{}}}',
  '{"http":{"disableSubscriptionOverrides":1}}',
]) {
  test(`refused of a topic: ${policy}`, () =>
    assert.throws(() => readTopicPolicy(policy), { message: /^Invalid parameter: DeliveryPolicy: / }))
}
