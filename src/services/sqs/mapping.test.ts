import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Mapping } from '../../invoke/mappings/mapping.ts'
import { Mappings } from '../../invoke/mappings/mappings.ts'
import { mappingOf, returned, ScriptedFunction, ScriptedMappings } from '../../invoke/mappings/testing.ts'
import { SqlLeases } from '../../store/leases.sql.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { type SqsRig, sqsRig } from './testing.ts'

// Queues that feed a function: the real queue, the real mapping, and a function that does what the test says.

interface Rig extends SqsRig {
  readonly url: string
  readonly fn: ScriptedFunction
  readonly mappings: ScriptedMappings
  readonly pollers: Mappings
  /** Moves time on in small steps, since much waits for the database in between. */
  pass(ms: number, step?: number): Promise<void>
  /** Until `done`, without letting time go by. */
  until(done: () => boolean): Promise<void>
  count(kind?: string): Promise<string | undefined>
}

async function rig(
  t: Parameters<typeof sqsRig>[0],
  attributes: Record<string, string> = {},
  mapping: Partial<Mapping> | undefined = {},
): Promise<Rig> {
  const database = await openSqlite(':memory:')
  const sqs = await sqsRig(t, async () => database)
  const { clock, faults } = sqs
  const name = attributes.FifoQueue ? 'q.fifo' : 'q'
  const url = await sqs.queue(name, attributes)
  const fn = new ScriptedFunction()
  const mappings = new ScriptedMappings()
  const pollers = new Mappings({
    mappings,
    functions: fn,
    sqs: sqs.room.port,
    leases: new SqlLeases(database, clock),
    owner: 'this',
    clock,
    reportFault: (error) => void faults.push(error),
  })
  const sourceArn = `arn:aws:sqs:us-east-1:111111111111:${name}`
  mappings.set(mappingOf({ sourceArn, ...mapping }))
  await pollers.start()
  t.after(async () => {
    await pollers.stop()
    assert.deepEqual(faults, [])
  })
  const until = async (done: () => boolean) => {
    for (let tries = 0; !done(); tries++) {
      assert(tries < 500, 'it never came')
      await clock.advance(0)
    }
  }
  const pass = async (ms: number, step = 50) => {
    for (let passed = 0; passed < ms; passed += step) await clock.advance(Math.min(step, ms - passed))
  }
  const count = async (kind = '') => {
    const { Attributes } = await sqs.run('GetQueueAttributes', { QueueUrl: url, AttributeNames: ['All'] })
    return Attributes?.[`ApproximateNumberOfMessages${kind}` as 'QueueArn']
  }
  return { ...sqs, url, fn, mappings, pollers, pass, until, count }
}

test('a message goes to the function as AWS writes it, and is deleted', async (t) => {
  const { send, url, fn, until, pass, count } = await rig(t)
  const MessageAttributes = {
    k: { DataType: 'String', StringValue: 'v' },
    b: { DataType: 'Binary', BinaryValue: Buffer.from('x') },
  }
  const MessageSystemAttributes = { AWSTraceHeader: { DataType: 'String' as const, StringValue: 'Root=1-x' } }
  const { MessageId, MD5OfMessageAttributes } = await send(url, 'text', {
    MessageAttributes,
    MessageSystemAttributes,
  })
  await until(() => fn.batches.length === 1)
  const [{ records: [record = {}] = [], traceHeader } = {}] = fn.batches
  assert.deepEqual(record, {
    messageId: MessageId,
    receiptHandle: record.receiptHandle,
    body: 'text',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '1767225600000',
      SenderId: '111111111111',
      ApproximateFirstReceiveTimestamp: '1767225600000',
      AWSTraceHeader: 'Root=1-x',
    },
    messageAttributes: {
      k: { stringValue: 'v', stringListValues: [], binaryListValues: [], dataType: 'String' },
      b: { binaryValue: 'eA==', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
    },
    md5OfMessageAttributes: MD5OfMessageAttributes,
    md5OfBody: '1cb251ec0d568de6a929b520c4aed8d1',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:111111111111:q',
    awsRegion: 'us-east-1',
  })
  assert.equal(traceHeader, 'Root=1-x')
  await pass(60_000, 5000)
  assert.equal(fn.batches.length, 1)
  assert.deepEqual([await count(), await count('NotVisible')], ['0', '0'])
})

test('a batch that failed comes again after the visibility timeout, whole', async (t) => {
  const { run, url, fn, until, pass } = await rig(t, { VisibilityTimeout: '30' })
  fn.handle = () => ({ kind: 'failed' })
  await run('SendMessageBatch', { QueueUrl: url, Entries: ['a', 'b'].map((Id) => ({ Id, MessageBody: Id })) })
  await until(() => fn.batches.length === 1)
  await pass(29_000, 1000)
  assert.equal(fn.batches.length, 1)
  fn.handle = () => returned('fine')
  await pass(2000)
  assert.deepEqual(
    fn.batches.slice(1).flatMap(({ bodies }) => bodies),
    ['a', 'b'],
  )
  assert.equal(fn.batches[1]?.records[0].attributes.ApproximateReceiveCount, '2')
})

test('with ReportBatchItemFailures only what was named comes again', async (t) => {
  const { run, url, fn, until, pass, count } = await rig(
    t,
    { VisibilityTimeout: '30' },
    { reportsItemFailures: true },
  )
  fn.handle = ({ records }) =>
    returned({
      batchItemFailures: records
        .filter(({ body }) => body === 'bad')
        .map(({ messageId }) => ({ itemIdentifier: messageId })),
    })
  const Entries = ['good', 'bad', 'fine'].map((Id) => ({ Id, MessageBody: Id }))
  await run('SendMessageBatch', { QueueUrl: url, Entries })
  await until(() => fn.batches.length === 1)
  await pass(100)
  assert.equal(await count('NotVisible'), '1')
  await pass(31_000, 1000)
  assert.deepEqual(
    fn.batches.map(({ bodies }) => bodies),
    [['good', 'bad', 'fine'], ['bad']],
  )
})

test('a function that always fails: its messages end in the dead-letter queue, and hold nobody up', async (t) => {
  const r = await rig(t, { VisibilityTimeout: '5' })
  const dead = await r.queue('dead')
  const policy = { deadLetterTargetArn: 'arn:aws:sqs:us-east-1:111111111111:dead', maxReceiveCount: 3 }
  const Attributes = { RedrivePolicy: JSON.stringify(policy) }
  await r.run('SetQueueAttributes', { QueueUrl: r.url, Attributes })
  r.fn.handle = ({ bodies }) => (bodies.includes('bad') ? { kind: 'failed' } : returned(null))
  await r.send(r.url, 'bad')
  await r.until(() => r.fn.batches.length === 1)
  for (let n = 0; n < 5; n++) {
    await r.send(r.url, 'good')
    await r.pass(5000, 250)
  }
  assert.deepEqual(await r.receive(dead), ['bad'])
  const bodies = r.fn.batches.flatMap((batch) => batch.bodies)
  assert.deepEqual(
    [bodies.filter((body) => body === 'bad').length, bodies.filter((body) => body === 'good').length],
    [3, 5],
  )
})

test('filters: what matches none is deleted and never seen', async (t) => {
  const filters = ['{"body":{"kind":["order"]}}', '{"messageAttributes":{"k":{"stringValue":["v"]}}}']
  const { send, url, fn, pass, count } = await rig(t, {}, { filters })
  for (const body of ['{"kind":"order","n":1}', '{"kind":"other"}', 'plain', '["order"]'])
    await send(url, body)
  await send(url, 'by attribute', { MessageAttributes: { k: { DataType: 'String', StringValue: 'v' } } })
  await pass(1000)
  const bodies = fn.batches.flatMap((batch) => batch.bodies)
  assert.deepEqual(bodies.sort(), ['by attribute', '{"kind":"order","n":1}'])
  assert.deepEqual([await count(), await count('NotVisible')], ['0', '0'])
})

test('a window collects until the batch is full or the window over; hidden for long enough', async (t) => {
  const { send, url, fn, pass, count } = await rig(
    t,
    { VisibilityTimeout: '5' },
    { batchSize: 25, windowMs: 20_000 },
  )
  for (let n = 0; n < 12; n++) await send(url, `${n}`)
  await pass(19_000, 500)
  assert.equal(fn.batches.length, 0)
  assert.equal(await count('NotVisible'), '12')
  await pass(1500)
  // Five lanes share what comes: together they have all, each message once.
  assert.equal(fn.batches.flatMap(({ bodies }) => bodies).length, 12)
  await pass(60_000, 1000)
  assert.equal(fn.batches.flatMap(({ bodies }) => bodies).length, 12)
})

test('an event has 6 MB at most: more makes several events of one batch', async (t) => {
  const { send, url, fn, pass } = await rig(t)
  for (let n = 0; n < 8; n++) await send(url, `${n}`.repeat(1_000_000))
  await pass(500)
  assert(fn.batches.every(({ payload }) => payload.length <= 6_291_456))
  assert.equal(fn.batches.flatMap(({ bodies }) => bodies).length, 8)
})

test('five batches at once at first, and five more a second while all are busy', async (t) => {
  const { run, url, fn, pass, pollers } = await rig(t, {}, { batchSize: 1, maximumConcurrency: 12 })
  const held = Promise.withResolvers<void>()
  fn.handle = async () => {
    await held.promise
    return returned(null)
  }
  for (let n = 0; n < 4; n++) {
    const Entries = Array.from({ length: 10 }, (_, i) => ({ Id: `${i}`, MessageBody: 'm' }))
    await run('SendMessageBatch', { QueueUrl: url, Entries })
  }
  await pass(900)
  assert.equal(fn.running, 5)
  await pass(1000)
  assert.equal(fn.running, 10)
  await pass(5000)
  assert.equal(fn.running, 12)
  held.resolve()
  await pass(25_000, 250)
  assert.equal(fn.batches.length, 40)
  assert.equal(fn.mostRunning, 12)
  // Where nothing comes any more, five are left.
  await pass(25_000, 250)
  assert.equal(pollers.counts().lanes, 5)
})

test("a function's own concurrency bounds it, and provisioned pollers have ten batches each", async (t) => {
  const { mappings, fn, pollers, until } = await rig(
    t,
    {},
    { provisionedPollers: { minimum: 2, maximum: 3 } },
  )
  assert.equal(pollers.counts().lanes, 20)
  fn.concurrencyMax = 3
  mappings.set(mappingOf())
  await until(() => pollers.counts().lanes === 3)
})

test('throttled, a batch is tried again while it is hidden; after that it comes as new', async (t) => {
  const { send, url, fn, pass, count } = await rig(t, { VisibilityTimeout: '30' })
  let left = 3
  fn.handle = () => (left-- > 0 ? { kind: 'throttled' } : returned(null))
  await send(url, 'a')
  await pass(10_000)
  assert.equal(fn.batches.length, 4)
  assert.equal(fn.batches[3]?.records[0].attributes.ApproximateReceiveCount, '1')
  fn.handle = () => ({ kind: 'throttled' })
  await send(url, 'b')
  await pass(20_000)
  const tries = fn.batches.length
  assert.equal(await count('NotVisible'), '1')
  await pass(9000)
  assert.equal(fn.batches.length, tries)
  fn.handle = () => returned(null)
  await pass(2000)
  assert.equal(fn.batches.at(-1)?.records[0].attributes.ApproximateReceiveCount, '2')
})

test('FIFO: one batch of a group at a time, in order, also after failures', async (t) => {
  const { send, url, fn, pass } = await rig(
    t,
    {
      FifoQueue: 'true',
      ContentBasedDeduplication: 'true',
      VisibilityTimeout: '5',
    },
    { batchSize: 2 },
  )
  const handled: string[] = []
  let failures = 4
  const running = new Set<string>()
  fn.handle = async ({ records }) => {
    const groups = new Set(records.map(({ attributes }) => attributes.MessageGroupId as string))
    for (const group of groups) {
      assert(!running.has(group), `two batches of ${group} at once`)
      running.add(group)
    }
    await new Promise((resolve) => setImmediate(resolve))
    for (const group of groups) running.delete(group)
    if (records.some(({ body }) => body === 'a2') && failures-- > 0) return { kind: 'failed' }
    handled.push(...records.map(({ body }) => body))
    return returned(null)
  }
  for (let n = 0; n < 6; n++)
    for (const group of ['a', 'b', 'c']) await send(url, `${group}${n}`, { MessageGroupId: group })
  await pass(60_000, 100)
  for (const group of ['a', 'b', 'c'])
    assert.deepEqual(
      handled.filter((body) => body.startsWith(group)),
      [0, 1, 2, 3, 4, 5].map((n) => `${group}${n}`),
    )
})

test('a mapping that is gone takes no more; one that is changed goes on as changed', async (t) => {
  const { send, url, fn, pass, until, mappings, count } = await rig(t)
  mappings.set()
  await pass(100)
  await send(url, 'a')
  await pass(5000, 500)
  assert.equal(fn.batches.length, 0)
  assert.equal(await count(), '1')
  mappings.set(mappingOf({ filters: ['{"body":["a"]}'] }))
  await until(() => fn.batches.length === 1)
  mappings.set(mappingOf({ filters: ['{"body":["b"]}'] }))
  await pass(100)
  await send(url, 'a')
  await send(url, 'b')
  await until(() => fn.batches.length === 2)
  assert.deepEqual(fn.batches[1]?.bodies, ['b'])
})

test('a mapping outlives its queue, and goes on with the one that is made in its place', async (t) => {
  const { run, queue, send, url, fn, pass, until } = await rig(t)
  fn.handle = async () => {
    if (fn.batches.length === 1) await run('DeleteQueue', { QueueUrl: url })
    return returned(null)
  }
  await send(url, 'a')
  await until(() => fn.batches.length === 1)
  await pass(30_000, 1000)
  await queue('q')
  await send(url, 'b')
  await pass(11_000, 1000)
  assert.deepEqual(
    fn.batches.map(({ bodies }) => bodies),
    [['a'], ['b']],
  )
})

test('one node runs a mapping; another takes it once its lease has run out', async (t) => {
  const r = await rig(t, {}, undefined)
  const database = await openSqlite(':memory:')
  t.after(() => database.close())
  const nodes = ['one', 'two'].map((owner) => {
    const mappings = new ScriptedMappings()
    mappings.set(mappingOf({ uuid: 'shared' }))
    return new Mappings({
      mappings,
      functions: r.fn,
      sqs: r.room.port,
      leases: new SqlLeases(database, r.clock),
      owner,
      clock: r.clock,
      reportFault: (error) => void r.faults.push(error),
    })
  })
  for (const node of nodes) await node.start()
  const running = () => nodes.map((node) => node.counts().mappings)
  assert.deepEqual(running(), [1, 0])
  await r.pass(35_000, 1000)
  assert.deepEqual(running(), [1, 0])
  await nodes[0]?.stop()
  await r.pass(11_000, 1000)
  assert.deepEqual(running(), [0, 1])
  await nodes[1]?.stop()
})
