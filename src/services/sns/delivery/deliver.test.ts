import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEAD_LETTERS, FUNCTION, QUEUE, snsRig, TOPIC } from '../testing.ts'
import { waitBeforeRetry } from './deliver.ts'

const SQS = { protocol: 'sqs' } as const
const REDRIVE = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: DEAD_LETTERS }) }

test('a queue that fails for an hour gets its message afterwards', async (t) => {
  const { run, subscribe, fail, sent, until, clock } = await snsRig(t)
  await subscribe(QUEUE)
  fail(QUEUE, 'Unavailable')
  await run('Publish', { TopicArn: TOPIC, Message: 'm' })
  const began = clock.now()
  await until(() => clock.now() > began + 3_600_000, 20_000)
  assert.deepEqual(sent, [])
  fail(QUEUE)
  await until(() => sent.length === 1)
})

test('what will not pass by itself goes to the dead-letter queue at once, as it would have been sent', async (t) => {
  const { run, subscribe, fail, sent, bodies, until } = await snsRig(t)
  await subscribe(QUEUE, { ...REDRIVE, RawMessageDelivery: 'true' })
  await subscribe(FUNCTION, REDRIVE)
  fail(QUEUE, 'AccessDenied')
  fail(FUNCTION, 'NotFound')
  const MessageAttributes = { a: { DataType: 'String', StringValue: 'x' } }
  await run('Publish', { TopicArn: TOPIC, Message: 'm', MessageAttributes })
  await until(() => sent.length === 2)
  assert.ok(sent.every(({ to, sender }) => to === DEAD_LETTERS && sender.sourceArn === TOPIC))
  const [raw] = sent.filter((one) => one.service === 'sqs' && one.what.body === 'm')
  assert.deepEqual(raw?.service === 'sqs' && raw.what.attributes, {
    a: { dataType: 'String', stringValue: 'x' },
  })
  const other = bodies().find((body) => body !== 'm')
  assert.equal(JSON.parse(other ?? '').Message, 'm')
})

test('a subscriber that fails holds up no other, and a broken dead-letter queue is heard of', async (t) => {
  const { run, subscribe, fail, sent, until, faults } = await snsRig(t)
  await subscribe(FUNCTION, REDRIVE)
  await subscribe(QUEUE)
  fail(FUNCTION, 'AccessDenied')
  fail(DEAD_LETTERS, 'NotFound')
  await run('Publish', { TopicArn: TOPIC, Message: 'm' })
  await until(() => sent.length === 1 && faults.length === 1)
  assert.equal(sent[0]?.to, QUEUE)
})

test('retries: three at once, two after a second, ten that back off, then every 20 s up to 100,015', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((retries) => waitBeforeRetry(retries, SQS)),
    [0, 0, 0, 1000, 1000],
  )
  const backingOff = Array.from({ length: 10 }, (_, index) => waitBeforeRetry(5 + index, SQS) ?? 0)
  assert.deepEqual(
    backingOff.toSorted((a, b) => a - b),
    backingOff,
  )
  assert.ok((backingOff[0] ?? 0) > 1000)
  assert.deepEqual(
    [0, 2, 3].map((retries) => waitBeforeRetry(retries, { protocol: 'http' })),
    [20_000, 20_000, undefined],
  )
  assert.deepEqual(
    [14, 15, 100_014, 100_015].map((retries) => waitBeforeRetry(retries, SQS)),
    [20_000, 20_000, 20_000, undefined],
  )
})
