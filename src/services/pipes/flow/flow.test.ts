import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeliveryError } from '../../../aws/ports/delivery.ts'
import { BUS, ENRICHMENT, FUNCTION, GROUP, pipesRig, QUEUE, ROLE, SOURCE, TOPIC } from '../testing.ts'

const THROTTLED = new DeliveryError('Throttled', 'TooManyRequestsException', 'not now')
const GONE = new DeliveryError('NotFound', 'NotFound', 'gone')

test('a message goes to the target as the source has it, and leaves the source', async (t) => {
  const { pipe, source, sent, pass, faults } = await pipesRig(t)
  await pipe()
  source.send('text')
  await pass(3000)
  const [one, ...others] = sent
  assert(one?.service === 'sqs')
  assert.deepEqual(others, [])
  assert.equal(one.to, QUEUE)
  assert.deepEqual(JSON.parse(one.what.body), {
    messageId: 'text',
    receiptHandle: 'text',
    body: 'text',
    attributes: { SenderId: 'somebody' },
    messageAttributes: {},
    md5OfBody: 'md5',
    eventSource: 'aws:sqs',
    eventSourceARN: SOURCE,
    awsRegion: 'us-east-1',
  })
  assert.deepEqual(one.sender, {
    principal: 'pipes.amazonaws.com',
    accountId: '111111111111',
    sourceArn: 'arn:aws:pipes:us-east-1:111111111111:pipe/p',
    roleArn: ROLE,
  })
  assert.deepEqual(source.messages, [])
  assert.deepEqual(faults, [])
})

test('filters see a body’s JSON, and what they turn away is gone', async (t) => {
  const { pipe, source, sent, pass } = await pipesRig(t)
  const Filters = [{ Pattern: JSON.stringify({ body: { ip: [{ cidr: '10.0.0.0/8' }] } }) }]
  await pipe({ SourceParameters: { FilterCriteria: { Filters } } })
  source.send('{"ip":"10.1.2.3"}', '{"ip":"11.1.2.3"}', 'text')
  await pass(3000)
  assert.equal(sent.length, 1)
  assert.deepEqual(source.messages, [])
})

test('templates name parts of the event, of its body, and of the pipe', async (t) => {
  const { pipe, source, sent, pass } = await pipesRig(t)
  const InputTemplate =
    '{"n": <$.body.n>, "list": <$.body.list[1]>, "who": "by <$.attributes.SenderId>", "pipe": "<aws.pipes.pipe-name>", "at": <aws.pipes.event.ingestion-time>, "none": <$.none>}'
  await pipe({ TargetParameters: { InputTemplate } })
  source.send('{"n":1,"list":["a",{"b":2}]}')
  await pass(3000)
  const [one] = sent
  assert(one?.service === 'sqs')
  const { at, ...rest } = JSON.parse(one.what.body)
  assert.deepEqual(rest, { n: 1, list: { b: 2 }, who: 'by somebody', pipe: 'p', none: null })
  assert.match(at, /^2026-01-01T00:00:0/)
})

test('a template that is the body alone gives the original payload', async (t) => {
  const { pipe, source, sent, pass } = await pipesRig(t)
  await pipe({ TargetParameters: { InputTemplate: '<$.body>' } })
  source.send('plain', '{"a":"b"}')
  await pass(3000)
  assert.deepEqual(
    sent.map((one) => one.service === 'sqs' && one.what.body),
    ['plain', '{"a":"b"}'],
  )
})

test('a function is sent the batch as an array, and what it says it could not do comes again', async (t) => {
  const { pipe, source, functions, pass } = await pipesRig(t)
  const batches: unknown[] = []
  functions.set(FUNCTION, (events) => {
    batches.push(events)
    return batches.length === 1 ? { batchItemFailures: [{ itemIdentifier: 'b' }] } : null
  })
  await pipe({ Target: FUNCTION, TargetParameters: { InputTemplate: '{"id": <$.messageId>}' } })
  source.send('a', 'b')
  await pass(3000)
  assert.deepEqual(batches, [[{ id: 'a' }, { id: 'b' }]])
  assert.deepEqual(
    source.messages.map(({ id }) => id),
    ['b'],
  )
  await pass(32_000)
  assert.deepEqual(batches[1], [{ id: 'b' }])
  assert.deepEqual(source.messages, [])
})

test('a function that fails leaves its batch in the source; FIRE_AND_FORGET does not wait', async (t) => {
  const { pipe, run, source, functions, sent, pass } = await pipesRig(t)
  functions.set(FUNCTION, () => ({ functionError: 'Unhandled' }))
  await pipe({ Target: FUNCTION })
  source.send('a')
  await pass(3000)
  assert.equal(source.messages.length, 1)
  functions.clear()
  const LambdaFunctionParameters = { InvocationType: 'FIRE_AND_FORGET' as const }
  await run('UpdatePipe', { Name: 'p', RoleArn: ROLE, TargetParameters: { LambdaFunctionParameters } })
  await pass(32_000)
  assert.deepEqual(source.messages, [])
  assert.deepEqual(
    sent.map((one) => one.service === 'lambda' && one.what.type),
    ['RequestResponse', 'Event'],
  )
})

test('an enrichment makes other events, none, or fails for all', async (t) => {
  const { pipe, source, functions, sent, pass } = await pipesRig(t)
  const asked: unknown[] = []
  functions.set(ENRICHMENT, (events) => {
    asked.push(events)
    if (asked.length === 1) return [{ price: 1 }, { price: 2 }, { price: 3 }]
    return asked.length === 2 ? [] : { functionError: 'Unhandled' }
  })
  await pipe({
    Enrichment: ENRICHMENT,
    EnrichmentParameters: { InputTemplate: '<$.body>' },
    TargetParameters: { InputTemplate: 'costs <$.price>' },
  })
  source.send('{"a":1}', 'text')
  await pass(2000)
  assert.deepEqual(asked, [[{ a: 1 }, 'text']])
  const bodies = () =>
    sent.filter(({ service }) => service === 'sqs').map((one) => 'body' in one.what && one.what.body)
  assert.deepEqual(bodies(), ['costs 1', 'costs 2', 'costs 3'])
  source.send('{"a":2}')
  await pass(3000)
  assert.deepEqual(source.messages, [])
  source.send('{"a":3}')
  await pass(3000)
  assert.equal(source.messages.length, 1)
  assert.equal(bodies().length, 3)
})

test('an enrichment that makes more than the target takes at once is not passed on', async (t) => {
  const { pipe, source, functions, sent, pass } = await pipesRig(t)
  functions.set(ENRICHMENT, () => Array.from({ length: 11 }, (_, n) => ({ n })))
  await pipe({ Enrichment: ENRICHMENT })
  source.send('a')
  await pass(3000)
  assert.equal(sent.filter(({ service }) => service === 'sqs').length, 0)
  assert.equal(source.messages.length, 1)
})

test('what the target does not take comes again, and goes through the whole pipe', async (t) => {
  const { pipe, source, sent, fail, pass } = await pipesRig(t)
  fail(QUEUE, GONE)
  await pipe()
  source.send('a', 'b')
  await pass(3000)
  assert.equal(source.messages.length, 2)
  fail(QUEUE, undefined)
  await pass(32_000)
  assert.equal(sent.length, 2)
  assert.deepEqual(source.messages, [])
})

test('a throttled function is asked again before the messages come again', async (t) => {
  const { pipe, source, sent, fail, pass } = await pipesRig(t)
  fail(FUNCTION, THROTTLED)
  await pipe({ Target: FUNCTION })
  source.send('a')
  await pass(3000)
  fail(FUNCTION, undefined)
  await pass(8000)
  assert.equal(sent.length, 1)
  assert.deepEqual(source.messages, [])
})

test('topics, buses and log groups are targets, with parameters that may be paths', async (t) => {
  const { pipe, run, source, sent, logged, pass } = await pipesRig(t)
  await pipe({ Target: TOPIC, TargetParameters: { InputTemplate: '<$.body>' } })
  source.send('{"kind":"order","at":5}')
  await pass(2000)
  const update = (more: object) => run('UpdatePipe', { Name: 'p', RoleArn: ROLE, ...more })
  await update({ Target: BUS })
  source.send('{"kind":"bill"}')
  await pass(2000)
  await update({
    TargetParameters: { EventBridgeEventBusParameters: { DetailType: '$.body.kind', Source: 'shop' } },
  })
  source.send('{"kind":"order"}')
  await pass(2000)
  const CloudWatchLogsParameters = { LogStreamName: 's', Timestamp: '$.body.at' }
  await update({ Target: GROUP, TargetParameters: { CloudWatchLogsParameters } })
  source.send('{"at":1767225600000}')
  await pass(2000)
  assert.deepEqual(
    sent.map(({ what }) => what),
    [
      { message: '{"kind":"order","at":5}' },
      { source: 'Pipe p', detailType: 'Event from aws:sqs', detail: '{"kind":"bill"}', resources: [] },
      { source: 'shop', detailType: 'order', detail: '{"kind":"order"}', resources: [] },
    ],
  )
  assert.deepEqual(logged, [{ stream: 's', timestamp: 1767225600000, message: '{"at":1767225600000}' }])
})

test('what a target takes of a batch is done with, and only the rest comes again', async (t) => {
  const { pipe, source, logged, refused, pass } = await pipesRig(t)
  refused.add('a')
  await pipe({ Target: GROUP, TargetParameters: { InputTemplate: '<$.body>' } })
  source.send('a', 'b')
  await pass(3000)
  assert.deepEqual(
    source.messages.map(({ id }) => id),
    ['a'],
  )
  await pass(32_000)
  assert.deepEqual(
    logged.map(({ stream, message }) => `${stream} ${message}`),
    ['p b', 'p a'],
  )
})

test('of ordered messages none overtakes one that failed', async (t) => {
  const { pipe, source, logged, refused, pass } = await pipesRig(t)
  refused.add('a')
  await pipe({
    Source: `${SOURCE}.fifo`,
    Target: GROUP,
    TargetParameters: { InputTemplate: '<$.body>' },
  })
  source.send('a', 'b')
  await pass(35_000)
  assert.deepEqual(
    logged.map(({ message }) => message),
    ['a', 'b'],
  )
})

test('a pipe that is stopped reads no more, until it is started', async (t) => {
  const { pipe, run, source, sent, pass } = await pipesRig(t)
  await pipe({ DesiredState: 'STOPPED' })
  source.send('a')
  await pass(3000)
  assert.equal(sent.length, 0)
  await run('StartPipe', { Name: 'p' })
  await pass(2000)
  assert.equal(sent.length, 1)
  await run('StopPipe', { Name: 'p' })
  await pass(2000)
  source.send('b')
  await pass(3000)
  assert.equal(sent.length, 1)
})
