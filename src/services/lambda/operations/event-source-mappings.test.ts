import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DeliveryError } from '../../../aws/ports/delivery.ts'
import type { SqsPort } from '../../../aws/ports/sqs.ts'
import { realClock, VirtualClock } from '../../../base/clock.ts'
import { ACCOUNT, arnOf, functionInput, REGION, refusal, testLambda } from '../testing.ts'
import type { LambdaInput } from '../types.ts'

const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:q`
const FIFO = `${QUEUE}.fifo`
const INVALID = 'InvalidParameterValueException'
const NOT_THERE = refusal('ResourceNotFoundException', 'The resource you requested does not exist.', 404)

type Create = LambdaInput<'CreateEventSourceMapping'>
const mapping: Create = { FunctionName: 'f', EventSourceArn: QUEUE }

/** Queues that are there: one standard, one FIFO. */
const sqs = {
  describe: async (arn: string) =>
    arn.startsWith(QUEUE) && !arn.includes('none')
      ? { arn, isFifo: arn.endsWith('.fifo'), visibilityTimeoutSeconds: 30 }
      : undefined,
} as unknown as SqsPort

async function withFunction(t: TestContext) {
  const test = await testLambda(t, { ports: { sqs: async () => sqs } })
  await test.create('f')
  const settled = async (UUID: string | undefined) => {
    for (;;) {
      const shown = await test.call('GetEventSourceMapping', { UUID })
      if (shown.State === 'Enabled' || shown.State === 'Disabled') return shown
      await realClock.sleep(1)
    }
  }
  return { ...test, settled }
}

test('the answer is a mapping that is Creating, and is Enabled moments later', async (t) => {
  const { call, lambda, settled } = await withFunction(t)
  const created = await call('CreateEventSourceMapping', mapping)
  const { UUID, LastModified, ...rest } = created
  assert.match(UUID ?? '', /^[0-9a-f-]{36}$/)
  assert.ok(LastModified instanceof Date)
  assert.deepEqual(rest, {
    BatchSize: 10,
    MaximumBatchingWindowInSeconds: 0,
    EventSourceArn: QUEUE,
    FunctionArn: arnOf('f'),
    FunctionResponseTypes: [],
    State: 'Creating',
    StateTransitionReason: 'USER_INITIATED',
    EventSourceMappingArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:event-source-mapping:${UUID}`,
  })
  assert.deepEqual(await settled(UUID), { ...created, State: 'Enabled' })
  assert.deepEqual(
    (await lambda.mappings.polled('sqs')).map(({ uuid }) => uuid),
    [UUID],
  )
})

test('all settings of a queue’s mapping are kept and shown', async (t) => {
  const { call, settled } = await withFunction(t)
  const Filters = [{ Pattern: '{"body":{"a":[1]}}' }, { Pattern: '{"body":["x"]}' }]
  const { UUID } = await call('CreateEventSourceMapping', {
    ...mapping,
    BatchSize: 100,
    MaximumBatchingWindowInSeconds: 5,
    FilterCriteria: { Filters },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ScalingConfig: { MaximumConcurrency: 7 },
  })
  const shown = await settled(UUID)
  assert.equal(shown.BatchSize, 100)
  assert.equal(shown.MaximumBatchingWindowInSeconds, 5)
  assert.deepEqual(shown.FilterCriteria, { Filters })
  assert.deepEqual(shown.FunctionResponseTypes, ['ReportBatchItemFailures'])
  assert.deepEqual(shown.ScalingConfig, { MaximumConcurrency: 7 })

  const update = { UUID, FilterCriteria: {}, ScalingConfig: {}, FunctionResponseTypes: [] }
  assert.equal((await call('UpdateEventSourceMapping', update)).State, 'Updating')
  const after = await settled(UUID)
  assert.equal(after.FilterCriteria, undefined)
  assert.equal(after.ScalingConfig, undefined)
  assert.deepEqual(after.FunctionResponseTypes, [])
  assert.equal(after.BatchSize, 100)
  await call('UpdateEventSourceMapping', { UUID, ProvisionedPollerConfig: { MinimumPollers: 5 } })
  const { ProvisionedPollerConfig } = await settled(UUID)
  assert.deepEqual(ProvisionedPollerConfig, { MinimumPollers: 5, MaximumPollers: 200 })
})

test('a mapping is disabled, enabled and deleted', async (t) => {
  const { call, lambda, settled } = await withFunction(t)
  const { UUID, State } = await call('CreateEventSourceMapping', { ...mapping, Enabled: false })
  assert.equal(State, 'Disabled')
  assert.deepEqual(await lambda.mappings.polled('sqs'), [])
  assert.equal((await call('UpdateEventSourceMapping', { UUID, BatchSize: 5 })).State, 'Disabled')
  assert.equal((await call('UpdateEventSourceMapping', { UUID, Enabled: true })).State, 'Enabling')
  assert.equal((await settled(UUID)).State, 'Enabled')
  assert.equal((await call('UpdateEventSourceMapping', { UUID, Enabled: false })).State, 'Disabling')
  assert.equal((await settled(UUID)).State, 'Disabled')
  assert.equal((await call('DeleteEventSourceMapping', { UUID })).State, 'Deleting')
  while ((await call('ListEventSourceMappings', {})).EventSourceMappings?.length) await realClock.sleep(1)
  await assert.rejects(call('GetEventSourceMapping', { UUID }), NOT_THERE)
})

test('while it is on its way into a state a mapping can neither be changed nor deleted', async (t) => {
  const clock = new VirtualClock()
  const { call } = await testLambda(t, { clock, ports: { sqs: async () => sqs } })
  await call('CreateFunction', functionInput('f'))
  const { UUID } = await call('CreateEventSourceMapping', mapping)
  const inUse = { code: 'ResourceInUseException', status: 400 }
  await assert.rejects(call('UpdateEventSourceMapping', { UUID, BatchSize: 5 }), inUse)
  await assert.rejects(call('DeleteEventSourceMapping', { UUID }), inUse)
})

test('what a node that died left on its way is brought to its end by the next', async (t) => {
  const first = await testLambda(t, { clock: new VirtualClock(), ports: { sqs: async () => sqs } })
  await first.call('CreateFunction', functionInput('f'))
  const { UUID } = await first.call('CreateEventSourceMapping', mapping)
  const { database, blobs } = first
  const second = await testLambda(t, { database, blobs, ports: { sqs: async () => sqs } })
  assert.equal((await second.call('GetEventSourceMapping', { UUID })).State, 'Enabled')
})

test('the qualifier is kept as it was given, and another one is another target', async (t) => {
  const { call, settled } = await withFunction(t)
  await call('PublishVersion', { FunctionName: 'f' })
  const { UUID } = await call('CreateEventSourceMapping', { ...mapping, FunctionName: arnOf('f:1') })
  assert.equal((await settled(UUID)).FunctionArn, arnOf('f:1'))
  const latest = await call('CreateEventSourceMapping', { ...mapping, FunctionName: 'f:$LATEST' })
  assert.equal(latest.FunctionArn, arnOf('f:$LATEST'))
  const list = async (FunctionName: string) =>
    (await call('ListEventSourceMappings', { FunctionName })).EventSourceMappings?.length
  assert.deepEqual([await list('f'), await list('f:1'), await list('g')], [2, 1, 0])
  await call('UpdateEventSourceMapping', { UUID, FunctionName: 'f' })
  assert.equal((await settled(UUID)).FunctionArn, arnOf('f'))
})

test('a mapping outlives its function', async (t) => {
  const { call, settled } = await withFunction(t)
  const { UUID } = await call('CreateEventSourceMapping', mapping)
  await settled(UUID)
  await call('DeleteFunction', { FunctionName: 'f' })
  assert.equal((await settled(UUID)).State, 'Enabled')
  await call('UpdateEventSourceMapping', { UUID, Enabled: false })
  await settled(UUID)
  await call('DeleteEventSourceMapping', { UUID })
})

test('the same queue and function again is a conflict that names the first', async (t) => {
  const { call } = await withFunction(t)
  const { UUID } = await call('CreateEventSourceMapping', mapping)
  await assert.rejects(
    call('CreateEventSourceMapping', mapping),
    refusal(
      'ResourceConflictException',
      `An event source mapping with SQS arn (" ${QUEUE} ") and function (" f ") already exists. ` +
        `Please update or delete the existing mapping with UUID ${UUID}`,
      409,
    ),
  )
})

const REFUSED: [string, Partial<Create>, string][] = [
  ['a function that is not there', { FunctionName: 'g' }, 'Function does not exist'],
  ['a version that is not there', { FunctionName: 'f:7' }, 'Function does not exist'],
  ['an alias that is not there', { FunctionName: 'f:live' }, 'Function does not exist'],
  ['no source', { EventSourceArn: undefined }, 'Unrecognized event source.'],
  ['neither', { EventSourceArn: undefined, FunctionName: 'g' }, 'Unrecognized event source.'],
  ['a topic', { EventSourceArn: `arn:aws:sns:${REGION}:${ACCOUNT}:t` }, 'Unrecognized event source.'],
  [
    'a queue that is not there',
    { EventSourceArn: `${QUEUE}-none` },
    'Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.',
  ],
  [
    'a queue of another region',
    { EventSourceArn: QUEUE.replace(REGION, 'us-west-2') },
    `The queue ${QUEUE.replace(REGION, 'us-west-2')} is not in the region of the function, ${REGION}.`,
  ],
  [
    'a stream',
    { EventSourceArn: `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/s`, StartingPosition: 'LATEST' },
    'Amazon Kinesis as an event source is not supported by lambdad yet.',
  ],
  [
    'a broker of one’s own',
    { EventSourceArn: undefined, SelfManagedEventSource: { Endpoints: {} } },
    'Self-managed Apache Kafka as an event source is not supported by lambdad yet.',
  ],
  [
    'a starting position',
    { StartingPosition: 'LATEST' },
    `Unsupported starting position for arn type: ${QUEUE}`,
  ],
  [
    'a destination',
    { DestinationConfig: { OnFailure: { Destination: QUEUE } } },
    'Unsupported DestinationConfig parameter for given event source mapping type.',
  ],
  [
    'retries',
    { MaximumRetryAttempts: 3 },
    'Unsupported MaximumRetryAttempts parameter for given event source mapping type.',
  ],
  ['topics', { Topics: ['t'] }, 'Unsupported Topics parameter for given event source mapping type.'],
  [
    'a large batch without a window',
    { BatchSize: 11 },
    'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
  ],
  [
    'a large batch of a FIFO queue',
    { EventSourceArn: FIFO, BatchSize: 11, MaximumBatchingWindowInSeconds: 1 },
    'Batch size must be between 1 and 10 for the given event source mapping type.',
  ],
  [
    'a window for a FIFO queue',
    { EventSourceArn: FIFO, MaximumBatchingWindowInSeconds: 1 },
    'Batching window is not supported for FIFO queues.',
  ],
  [
    'fewer pollers than there may be',
    { ProvisionedPollerConfig: { MinimumPollers: 1 } },
    'MinimumPollers and MaximumPollers must be at least 2.',
  ],
  [
    'more pollers at least than at most',
    { ProvisionedPollerConfig: { MinimumPollers: 5, MaximumPollers: 4 } },
    'MinimumPollers cannot be greater than MaximumPollers.',
  ],
  [
    'two ways of scaling',
    { ProvisionedPollerConfig: { MinimumPollers: 5 }, ScalingConfig: { MaximumConcurrency: 5 } },
    'ScalingConfig and ProvisionedPollerConfig cannot be used together.',
  ],
  [
    'metrics',
    { MetricsConfig: { Metrics: ['EventCount'] } },
    'MetricsConfig is not supported by lambdad yet.',
  ],
  [
    'a key for the filters',
    { KMSKeyArn: 'arn:aws:kms:us-east-1:1:key/k' },
    'KMSKeyArn is not supported by lambdad yet.',
  ],
  ...['null', '"text"', '{"body":"x"}', '{"body":[]}', '{"body":[{"wildcard":"a*"}]}', '{'].map(
    (Pattern): [string, Partial<Create>, string] => [
      `the filter ${Pattern}`,
      { FilterCriteria: { Filters: [{ Pattern }] } },
      'Invalid filter pattern definition.',
    ],
  ),
]

for (const [what, input, message] of REFUSED) {
  test(`a mapping with ${what} is refused, and not kept`, async (t) => {
    const { call } = await withFunction(t)
    await assert.rejects(
      call('CreateEventSourceMapping', { ...mapping, ...input } as Create),
      refusal(INVALID, message, 400),
    )
    assert.deepEqual(await call('ListEventSourceMappings', {}), { EventSourceMappings: [] })
  })
}

test('a queue that gives messages out again before the function can end is refused', async (t) => {
  const { call, create } = await withFunction(t)
  await create('slow', { Timeout: 60 })
  await assert.rejects(
    call('CreateEventSourceMapping', { ...mapping, FunctionName: 'slow' }),
    refusal(INVALID, 'Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds', 400),
  )
})

test('where queues cannot be asked for, that is said', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await assert.rejects(
    call('CreateEventSourceMapping', mapping),
    refusal(
      INVALID,
      'Error occurred while ReceiveMessage. SQS Error Code: ServiceUnavailable. SQS Error Message: Amazon SQS is not in lambdad yet',
      400,
    ),
  )
  const denied = {
    describe: () => Promise.reject(new DeliveryError('AccessDenied', 'AccessDenied', 'No.')),
  } as unknown as SqsPort
  const other = await testLambda(t, { ports: { sqs: async () => denied } })
  await other.create('f')
  await assert.rejects(other.call('CreateEventSourceMapping', mapping), {
    message: 'Error occurred while ReceiveMessage. SQS Error Code: AccessDenied. SQS Error Message: No.',
  })
})

test('a mapping that is not there is neither shown nor changed nor deleted', async (t) => {
  const { call } = await withFunction(t)
  const UUID = '14e0db71-5d35-4eb5-b481-8945cf9d10c2'
  await assert.rejects(call('GetEventSourceMapping', { UUID }), NOT_THERE)
  await assert.rejects(call('UpdateEventSourceMapping', { UUID, BatchSize: 5 }), NOT_THERE)
  await assert.rejects(call('DeleteEventSourceMapping', { UUID }), NOT_THERE)
})

test('an update that is refused changes nothing', async (t) => {
  const { call, settled } = await withFunction(t)
  const { UUID } = await call('CreateEventSourceMapping', mapping)
  const before = await settled(UUID)
  await assert.rejects(call('UpdateEventSourceMapping', { UUID, BatchSize: 11 }), { code: INVALID })
  await assert.rejects(call('UpdateEventSourceMapping', { UUID, FunctionName: 'g' }), { code: INVALID })
  await assert.rejects(call('UpdateEventSourceMapping', { UUID, TumblingWindowInSeconds: 3 }), {
    code: INVALID,
  })
  assert.deepEqual(await settled(UUID), before)
})

test('a mapping has tags of its own', async (t) => {
  const { call } = await withFunction(t)
  const created = await call('CreateEventSourceMapping', { ...mapping, Tags: { a: 'b' } })
  const Resource = created.EventSourceMappingArn
  await call('TagResource', { Resource, Tags: { c: 'd' } })
  await call('UntagResource', { Resource, TagKeys: ['a'] })
  assert.deepEqual(await call('ListTags', { Resource }), { Tags: { c: 'd' } })
  const other = Resource?.replace(/[0-9a-f]{12}$/, '000000000000')
  await assert.rejects(
    call('ListTags', { Resource: other }),
    refusal('ResourceNotFoundException', `Event source mapping not found: ${other}`, 404),
  )
})
