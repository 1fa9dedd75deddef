import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DeliveryError } from '../../aws/ports/delivery.ts'
import {
  answered,
  arnOf,
  BUCKET,
  BUS,
  DEAD,
  failed,
  looping,
  OTHER,
  QUEUE,
  rig,
  TOPIC,
  throttled,
} from './testing.ts'

const HOUR_MS = 3600_000

describe('an event', () => {
  test('runs once where the function succeeds, with the id that was acknowledged', async (t) => {
    const r = await rig(t, { f: { behaviour: () => answered('done') } })
    const requestId = await r.accept('f', { a: 1 }, { tenantId: 'blue' })
    await r.pass(HOUR_MS, 60_000)
    assert.equal(r.runs.length, 1)
    const { request } = r.runs[0] as (typeof r.runs)[0]
    assert.equal(request.requestId, requestId)
    assert.equal(request.tenantId, 'blue')
    assert.equal(Buffer.from(request.payload).toString(), '{"a":1}')
    assert.equal(await r.left(), 0)
    assert.equal(r.count('AsyncEventsReceived'), 1)
    assert.equal(r.count('AsyncEventAge'), 1)
    assert.equal(r.count('AsyncEventsDropped'), 0)
    assert.deepEqual(r.faults, [])
  })

  test('is tried again after 1 and 2 minutes where the function fails, as one request in one trace', async (t) => {
    const r = await rig(t, { f: { behaviour: () => failed('no') } })
    await r.accept('f', {})
    await r.pass(HOUR_MS)
    assert.deepEqual(
      r.runs.map(({ at }) => at),
      [0, 60_000, 180_000],
    )
    assert.equal(new Set(r.runs.map(({ request }) => request.requestId)).size, 1)
    assert.equal(new Set(r.runs.map(({ request }) => request.traceHeader)).size, 1)
    assert.equal(r.count('AsyncEventsDropped'), 1)
    assert.equal(await r.left(), 0)
  })

  test('is tried as often as it was set', async (t) => {
    for (const retriesMax of [0, 1]) {
      const r = await rig(t, { f: { behaviour: () => failed('no'), settings: { retriesMax } } })
      await r.accept('f', {})
      await r.pass(HOUR_MS, 10_000)
      assert.equal(r.runs.length, retriesMax + 1)
    }
  })

  test('that is throttled comes again, later and later, and is given up after six hours', async (t) => {
    const r = await rig(t, { f: { behaviour: throttled, settings: { onFailure: QUEUE } } })
    await r.accept('f', {})
    await r.pass(6 * HOUR_MS - 1000)
    assert.equal(r.targets.sent.length, 0)
    const waits = r.runs.map(({ at }, i) => at - (r.runs[i - 1]?.at ?? 0)).slice(1)
    assert((waits[0] ?? 0) >= 1000 && (waits[0] ?? 0) <= 2000, `first after ${waits[0]} ms`)
    assert(
      Math.max(...waits) > 200_000 && Math.max(...waits) <= 301_000,
      `then up to ${Math.max(...waits)} ms`,
    )
    await r.pass(2000)
    const [record] = r.targets.sent.map(({ what }) => JSON.parse((what as { body: string }).body))
    assert.equal(record.requestContext.condition, 'EventAgeExceeded')
    assert.equal(record.requestContext.approximateInvokeCount, 0)
    assert.equal('responseContext' in record, false)
    assert.equal(await r.left(), 0)
    assert.equal(r.count('AsyncEventsDropped'), 1)
  })

  test('is not charged for throttles: its retries are still there', async (t) => {
    const r = await rig(t, { f: { behaviour: (_, run) => (run % 2 ? throttled() : failed('no')) } })
    await r.accept('f', {})
    await r.pass(HOUR_MS)
    assert.equal(r.runs.length, 6, 'three throttles and three runs')
  })

  test('whose environment could not be made counts as throttled', async (t) => {
    const platform = { kind: 'platform-error', code: 'ServiceException', message: 'none' } as const
    const r = await rig(t, { f: { behaviour: (_, run) => (run < 4 ? platform : answered(1)) } })
    await r.accept('f', {})
    await r.pass(60_000)
    assert.equal(r.runs.length, 4)
    assert.equal(r.count('AsyncEventsDropped'), 0)
  })

  test('that gets too old between two runs is over, with what it answered last', async (t) => {
    const settings = { ageMaxSeconds: 100, onFailure: QUEUE }
    const r = await rig(t, { f: { behaviour: () => failed('no'), settings } })
    await r.accept('f', {})
    await r.pass(99_000)
    assert.equal(r.runs.length, 2)
    assert.equal(r.targets.sent.length, 0)
    await r.pass(2000)
    assert.equal(r.runs.length, 2)
    const [record] = r.targets.sent.map(({ what }) => JSON.parse((what as { body: string }).body))
    assert.equal(record.requestContext.condition, 'EventAgeExceeded')
    assert.equal(record.requestContext.approximateInvokeCount, 2)
    assert.equal(record.responsePayload.errorMessage, 'no')
  })

  test('for a function without concurrency goes to the failure destination at once', async (t) => {
    const settings = { onFailure: QUEUE, deadLetterArn: DEAD }
    const r = await rig(t, { f: { behaviour: () => answered(1), reserved: 0, settings } })
    await r.accept('f', { a: 1 })
    await r.pass(1000)
    assert.equal(r.runs.length, 0)
    assert.deepEqual(r.targets.sent.map(({ to }) => to).sort(), [DEAD, QUEUE])
    const record = r.targets.sent.find(({ to }) => to === QUEUE)?.what as { body: string } | undefined
    const { requestContext, ...rest } = JSON.parse(record?.body ?? '')
    assert.equal(requestContext.condition, 'ZeroReservedConcurrency')
    assert.equal(requestContext.approximateInvokeCount, 0)
    assert.deepEqual(Object.keys(rest), ['version', 'timestamp', 'requestPayload'])
    assert.equal(r.count('AsyncEventsDropped'), 1)
  })

  test('in a loop is stopped, and goes where failures go', async (t) => {
    const r = await rig(t, { f: { behaviour: looping, settings: { deadLetterArn: DEAD } } })
    await r.accept('f', {})
    await r.pass(HOUR_MS, 60_000)
    assert.equal(r.runs.length, 1)
    assert.equal(r.targets.sent.length, 1)
    assert.equal(r.count('AsyncEventsDropped'), 1)
  })

  test('for a function that is gone goes with it, and so do those that wait', async (t) => {
    const r = await rig(t, { f: { behaviour: () => failed('no'), settings: { onFailure: QUEUE } } })
    await r.accept('f', {})
    await r.pass(0)
    await r.invocations.forget({ accountId: '123456789012', region: 'eu-central-1', functionName: 'f' })
    assert.equal(await r.left(), 0)
    r.functions.set('f', { behaviour: () => answered('another function of that name') })
    await r.pass(HOUR_MS, 60_000)
    assert.equal(r.runs.length, 1)
    r.functions.delete('f')
    await r.accept('f', {})
    await r.pass(1000)
    assert.equal(await r.left(), 0)
    assert.equal(r.count('AsyncEventsDropped'), 1)
    assert.deepEqual(r.targets.sent, [])
  })
})

describe('a destination', () => {
  test('gets the record of a failure exactly as AWS writes it, and the dead-letter queue the event', async (t) => {
    const settings = { onSuccess: TOPIC, onFailure: QUEUE, deadLetterArn: DEAD, retriesMax: 1 }
    const r = await rig(t, { f: { behaviour: () => failed('no'), settings } })
    await r.accept(
      'f',
      { big: 1 },
      { payload: Buffer.from('{"big":12345678901234567890}'), qualifier: 'live' },
    )
    await r.pass(61_000)
    const record = r.targets.sent.find(({ to }) => to === QUEUE)
    const text = (record as { what: { body: string } }).what.body
    assert(text.includes('"requestPayload":{"big":12345678901234567890}'), 'no digit is lost')
    const { timestamp, requestPayload: _, ...rest } = JSON.parse(text)
    assert.equal(timestamp, '2026-01-01T00:01:00.000Z')
    assert.deepEqual(rest, {
      version: '1.0',
      requestContext: {
        requestId: 'request-1',
        functionArn: arnOf('lambda', 'function:f:live'),
        condition: 'RetriesExhausted',
        approximateInvokeCount: 2,
      },
      responseContext: { statusCode: 200, executedVersion: 'live', functionError: 'Unhandled' },
      responsePayload: { errorMessage: 'no', errorType: 'Error' },
    })
    assert.deepEqual(record?.sender, {
      principal: 'lambda.amazonaws.com',
      accountId: '123456789012',
      sourceArn: arnOf('lambda', 'function:f:live'),
      roleArn: arnOf('iam', 'role/r'),
    })
    const { traceHeader } = (record as { what: { traceHeader: string } }).what
    assert.match(
      traceHeader,
      /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0$/,
    )

    const dead = r.targets.sent.find(({ to }) => to === DEAD)?.what as { body: string; attributes: unknown }
    assert.equal(dead.body, '{"big":12345678901234567890}')
    assert.deepEqual(dead.attributes, {
      RequestID: { dataType: 'String', stringValue: 'request-1' },
      ErrorCode: { dataType: 'Number', stringValue: '200' },
      ErrorMessage: { dataType: 'String', stringValue: 'no' },
    })
    assert.equal(r.targets.sent.length, 2)
  })

  test('of each kind gets a success, in the form of its service', async (t) => {
    const r = await rig(t, {})
    for (const onSuccess of [QUEUE, TOPIC, BUS, OTHER]) {
      r.functions.set('f', {
        behaviour: () => answered({ x: 1 }),
        settings: { onSuccess, deadLetterArn: DEAD },
      })
      await r.accept('f', {})
      await r.pass(0)
    }
    assert.deepEqual(
      r.targets.sent.map(({ to }) => to),
      [QUEUE, TOPIC, BUS, OTHER],
    )
    const [queue, topic, bus, other] = r.targets.sent.map(({ what }) => what) as [
      { body: string; traceHeader: string },
      { message: string; traceHeader: string },
      { detail: string; resources: string[] },
      { payload: Uint8Array; type: string },
    ]
    const records = [queue.body, topic.message, bus.detail, Buffer.from(other.payload).toString()].map(
      (text) => JSON.parse(text),
    )
    for (const record of records) {
      assert.equal(record.requestContext.condition, 'Success')
      assert.deepEqual(record.responseContext, { statusCode: 200, executedVersion: '$LATEST' })
      assert.deepEqual(record.responsePayload, { x: 1 })
    }
    assert.deepEqual(
      { ...bus, detail: '', traceHeader: '' },
      {
        source: 'lambda',
        detailType: 'Lambda Function Invocation Result - Success',
        detail: '',
        resources: [BUS, arnOf('lambda', 'function:f:$LATEST')],
        traceHeader: '',
      },
    )
    assert.equal(other.type, 'Event')
    // By its lineage a loop is found, whichever way it takes.
    for (const { traceHeader } of [queue, topic]) assert.match(traceHeader, /Lineage=1:[0-9a-f]{8}:0/)
  })

  test('in S3 is an object with a name of the form that AWS gives', async (t) => {
    const settings = { onFailure: BUCKET, retriesMax: 0 }
    const r = await rig(t, { f: { behaviour: () => failed('no'), settings } })
    await r.accept('f', {})
    await r.pass(0)
    const { key, body } = (r.targets.sent[0] as (typeof r.targets.sent)[0]).what as {
      key: string
      body: string
    }
    assert.match(key, /^aws\/lambda\/async\/f\/2026\/01\/01\/2026-01-01T00\.00\.00-[0-9a-f-]{36}$/)
    assert.equal(JSON.parse(body).requestContext.condition, 'RetriesExhausted')
  })

  test('that is gone is tried a few times and given up; other events go on meanwhile', async (t) => {
    const gone = arnOf('sqs', 'gone')
    const settings = { onFailure: gone, deadLetterArn: gone, retriesMax: 0 }
    const r = await rig(t, {
      bad: { behaviour: () => failed('no'), settings },
      good: { behaviour: () => answered(1), settings: { onSuccess: QUEUE } },
    })
    for (let i = 0; i < 40; i++) await r.accept('bad', { i })
    for (let i = 0; i < 10; i++) await r.accept('good', { i })
    await r.pass(0)
    assert.equal(r.targets.sent.length, 10, 'the others have arrived')
    assert.equal(await r.left(), 80)
    await r.pass(60_000)
    assert.equal(await r.left(), 0)
    assert.equal(r.count('DestinationDeliveryFailures'), 40)
    assert.equal(r.count('DeadLetterErrors'), 40)
    assert.deepEqual(r.faults, [])
  })

  test('that is away for an hour gets its record afterwards, once, and the function does not run again', async (t) => {
    const r = await rig(t, { f: { behaviour: () => answered(1), settings: { onSuccess: QUEUE } } })
    r.targets.fail(QUEUE, new DeliveryError('Unavailable', 'ServiceUnavailable', 'away'))
    await r.accept('f', {})
    await r.pass(HOUR_MS, 10_000)
    await r.dieAndRestart()
    r.targets.fail(QUEUE, undefined)
    await r.pass(300_000, 10_000)
    assert.equal(r.targets.sent.length, 1)
    assert.equal(r.runs.length, 1)
    assert.equal(r.count('DestinationDeliveryFailures'), 0)
  })

  test('that does not take such a thing is not asked twice', async (t) => {
    const r = await rig(t, { f: { behaviour: () => answered(1), settings: { onSuccess: QUEUE } } })
    r.targets.fail(QUEUE, new DeliveryError('Invalid', 'InvalidParameterValue', 'too large'))
    await r.accept('f', {})
    await r.pass(0)
    assert.equal(await r.left(), 0)
    assert.equal(r.count('DestinationDeliveryFailures'), 1)
  })
})
