import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { memoryTargets } from '../../../aws/ports/testing.ts'
import { ACCOUNT, arnOf, REGION, refusal, SCOPE, testLambda } from '../testing.ts'

const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`
const QUEUE = arn('sqs', 'q')
const TOPIC = arn('sns', 't')
const BUS = arn('events', 'event-bus/b')
const BUCKET = 'arn:aws:s3:::b'

async function withTargets(t: TestContext) {
  const { ports } = memoryTargets(QUEUE, TOPIC, BUS, BUCKET, arn('sqs', 'q.fifo'), arn('sns', 't.fifo'))
  const lambda = await testLambda(t, { ports })
  await lambda.create('f')
  await lambda.create('g')
  return lambda
}

const destinations = (onSuccess: string | undefined, onFailure?: string) => ({
  DestinationConfig: { OnSuccess: { Destination: onSuccess }, OnFailure: { Destination: onFailure } },
})

test('Put replaces, Update changes what it names, and both show the qualified ARN', async (t) => {
  const { call } = await withTargets(t)
  const first = await call('PutFunctionEventInvokeConfig', {
    FunctionName: 'f',
    MaximumRetryAttempts: 1,
    ...destinations(TOPIC, QUEUE),
  })
  const { LastModified, ...shown } = first
  assert(LastModified instanceof Date)
  assert.deepEqual(shown, {
    FunctionArn: arnOf('f:$LATEST'),
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnSuccess: { Destination: TOPIC }, OnFailure: { Destination: QUEUE } },
  })

  const updated = await call('UpdateFunctionEventInvokeConfig', {
    FunctionName: 'f',
    MaximumEventAgeInSeconds: 60,
  })
  assert.equal(updated.MaximumRetryAttempts, 1)
  assert.equal(updated.MaximumEventAgeInSeconds, 60)
  assert.deepEqual(updated.DestinationConfig, first.DestinationConfig)
  assert.deepEqual(await call('GetFunctionEventInvokeConfig', { FunctionName: 'f' }), updated)

  const put = await call('PutFunctionEventInvokeConfig', { FunctionName: 'f', MaximumRetryAttempts: 0 })
  assert.equal(put.MaximumEventAgeInSeconds, undefined)
  assert.equal(put.MaximumRetryAttempts, 0)
  assert.deepEqual(put.DestinationConfig, { OnSuccess: {}, OnFailure: {} })
})

test('an Update with destinations replaces both, and an empty one takes its own away', async (t) => {
  const { call } = await withTargets(t)
  await call('PutFunctionEventInvokeConfig', { FunctionName: 'f', ...destinations(TOPIC, QUEUE) })
  const { DestinationConfig } = await call('UpdateFunctionEventInvokeConfig', {
    FunctionName: 'f',
    ...destinations('', BUCKET),
  })
  assert.deepEqual(DestinationConfig, { OnSuccess: {}, OnFailure: { Destination: BUCKET } })
})

test('versions and aliases have their own, which go with them', async (t) => {
  const { call, settled, lambda } = await withTargets(t)
  await call('PublishVersion', { FunctionName: 'f' })
  await settled('f', '1')
  await call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' })
  for (const [Qualifier, MaximumRetryAttempts] of [
    ['1', 0],
    ['live', 1],
  ] as const) {
    await call('PutFunctionEventInvokeConfig', { FunctionName: 'f', Qualifier, MaximumRetryAttempts })
  }
  await call('PutFunctionEventInvokeConfig', { FunctionName: 'f', MaximumEventAgeInSeconds: 90 })
  const list = async () =>
    (await call('ListFunctionEventInvokeConfigs', { FunctionName: 'f' })).FunctionEventInvokeConfigs?.map(
      ({ FunctionArn }) => FunctionArn,
    )
  assert.deepEqual(await list(), ['f:$LATEST', 'f:1', 'f:live'].map(arnOf))

  const settings = async (name: string) => (await lambda.directory.resolve(SCOPE, name)).eventSettings
  assert.deepEqual(await settings('f'), { retriesMax: 2, ageMaxSeconds: 90 })
  assert.deepEqual(await settings('f:1'), { retriesMax: 0, ageMaxSeconds: 21_600 })
  assert.deepEqual(await settings('f:live'), { retriesMax: 1, ageMaxSeconds: 21_600 })

  await call('DeleteAlias', { FunctionName: 'f', Name: 'live' })
  await call('DeleteFunction', { FunctionName: 'f', Qualifier: '1' })
  assert.deepEqual(await list(), [arnOf('f:$LATEST')])
  assert.deepEqual(await call('DeleteFunctionEventInvokeConfig', { FunctionName: 'f' }), {})
  assert.deepEqual(await list(), [])
  assert.deepEqual(await settings('f'), { retriesMax: 2, ageMaxSeconds: 21_600 })
})

test('a list comes in pages', async (t) => {
  const { call } = await withTargets(t)
  for (const Name of ['a', 'b', 'c']) {
    await call('CreateAlias', { FunctionName: 'f', Name, FunctionVersion: '$LATEST' })
    await call('PutFunctionEventInvokeConfig', {
      FunctionName: 'f',
      Qualifier: Name,
      MaximumRetryAttempts: 0,
    })
  }
  const first = await call('ListFunctionEventInvokeConfigs', { FunctionName: 'f', MaxItems: 2 })
  assert.equal(first.FunctionEventInvokeConfigs?.length, 2)
  const second = await call('ListFunctionEventInvokeConfigs', { FunctionName: 'f', Marker: first.NextMarker })
  assert.deepEqual(
    second.FunctionEventInvokeConfigs?.map(({ FunctionArn }) => FunctionArn),
    [arnOf('f:c')],
  )
  assert.equal(second.NextMarker, undefined)
})

test('destinations of every kind that AWS takes are taken', async (t) => {
  const { call } = await withTargets(t)
  for (const target of [QUEUE, TOPIC, BUS, arnOf('g')]) {
    await call('PutFunctionEventInvokeConfig', { FunctionName: 'f', ...destinations(target, target) })
  }
  await call('PutFunctionEventInvokeConfig', { FunctionName: 'f', ...destinations(undefined, BUCKET) })
})

const INVALID = 'InvalidParameterValueException'
for (const [what, given, message] of [
  ['nothing', {}, 'You must specify at least one of error handling or destination setting.'],
  ['itself', destinations(arnOf('f')), "You can't specify the function as a destination for itself."],
  [
    'a function that is not there',
    destinations(undefined, arnOf('h')),
    `The destination ARN ${arnOf('h')} is invalid.`,
  ],
  [
    'a queue that is not there',
    destinations(arn('sqs', 'none')),
    `The destination ARN ${arn('sqs', 'none')} is invalid.`,
  ],
  [
    'a bucket that is not there',
    destinations(undefined, 'arn:aws:s3:::none'),
    'The destination ARN arn:aws:s3:::none is invalid.',
  ],
  [
    'a FIFO queue',
    destinations(arn('sqs', 'q.fifo')),
    `The destination ARN ${arn('sqs', 'q.fifo')} is invalid.`,
  ],
  [
    'a FIFO topic',
    destinations(arn('sns', 't.fifo')),
    `The destination ARN ${arn('sns', 't.fifo')} is invalid.`,
  ],
  [
    'a bucket for successes',
    destinations(BUCKET),
    `The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=${BUCKET}), onFailure=null) is invalid.`,
  ],
  [
    'a table',
    destinations(QUEUE, arn('dynamodb', 'table/t')),
    `The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=${QUEUE}), onFailure=OnFailure(destination=${arn('dynamodb', 'table/t')})) is invalid.`,
  ],
] as const) {
  test(`refused: ${what}`, async (t) => {
    const { call } = await withTargets(t)
    const input = { FunctionName: 'f', ...given } as { FunctionName: string }
    await assert.rejects(call('PutFunctionEventInvokeConfig', input), refusal(INVALID, message, 400))
    await assert.rejects(call('UpdateFunctionEventInvokeConfig', input), refusal(INVALID, message, 400))
  })
}

test('a destination in a service that is not in lambdad is refused', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await assert.rejects(
    call('PutFunctionEventInvokeConfig', { FunctionName: 'f', ...destinations(QUEUE) }),
    refusal(INVALID, 'The destination cannot be used: Amazon SQS is not in lambdad yet.', 400),
  )
})

test('what is not there is not found, in the words of AWS', async (t) => {
  const { call } = await withTargets(t)
  const none = refusal('ResourceNotFoundException', "The function doesn't exist.", 404)
  const input = { FunctionName: 'h', MaximumRetryAttempts: 1 }
  await assert.rejects(call('PutFunctionEventInvokeConfig', input), none)
  await assert.rejects(call('PutFunctionEventInvokeConfig', { ...input, FunctionName: 'f:7' }), none)
  await assert.rejects(call('PutFunctionEventInvokeConfig', { ...input, FunctionName: 'f:live' }), none)
  await assert.rejects(call('UpdateFunctionEventInvokeConfig', input), none)
  await assert.rejects(call('ListFunctionEventInvokeConfigs', { FunctionName: 'h' }), none)

  const unset = (name: string) =>
    refusal('ResourceNotFoundException', `The function ${arnOf(name)} doesn't have an EventInvokeConfig`, 404)
  await assert.rejects(
    call('UpdateFunctionEventInvokeConfig', { FunctionName: 'f', MaximumRetryAttempts: 1 }),
    unset('f:$LATEST'),
  )
  await assert.rejects(call('DeleteFunctionEventInvokeConfig', { FunctionName: 'f:1' }), unset('f:1'))
  await assert.rejects(call('GetFunctionEventInvokeConfig', { FunctionName: 'f' }), unset('f:$LATEST'))
  await assert.rejects(call('GetFunctionEventInvokeConfig', { FunctionName: 'h' }), unset('h:$LATEST'))
})

test('a dead-letter queue is shown, locked in by a version, and taken away by an empty ARN', async (t) => {
  const { call, create, settled, lambda } = await withTargets(t)
  await create('d', { DeadLetterConfig: { TargetArn: QUEUE } })
  const shown = async (FunctionName: string) =>
    (await call('GetFunctionConfiguration', { FunctionName })).DeadLetterConfig
  assert.deepEqual(await shown('d'), { TargetArn: QUEUE })
  await call('PublishVersion', { FunctionName: 'd' })
  await settled('d', '1')
  await call('UpdateFunctionConfiguration', { FunctionName: 'd', DeadLetterConfig: { TargetArn: TOPIC } })
  await settled('d')
  await call('UpdateFunctionConfiguration', { FunctionName: 'd', Timeout: 4 })
  await settled('d')
  assert.deepEqual(await shown('d'), { TargetArn: TOPIC })
  assert.deepEqual(await shown('d:1'), { TargetArn: QUEUE })
  const { eventSettings } = await lambda.directory.resolve(SCOPE, 'd:1')
  assert.equal(eventSettings.deadLetterArn, QUEUE)
  await call('UpdateFunctionConfiguration', { FunctionName: 'd', DeadLetterConfig: { TargetArn: '' } })
  await settled('d')
  assert.equal(await shown('d'), undefined)
})

test('a dead-letter queue is a standard queue or topic that is there', async (t) => {
  const { call } = await withTargets(t)
  for (const TargetArn of [arn('sqs', 'none'), arn('sqs', 'q.fifo'), arn('sns', 't.fifo'), BUS, BUCKET]) {
    await assert.rejects(
      call('UpdateFunctionConfiguration', { FunctionName: 'f', DeadLetterConfig: { TargetArn } }),
      refusal(INVALID, /^The dead-letter queue ARN .* is invalid/, 400),
    )
  }
})

test('what is done about loops: Terminate, until it is set', async (t) => {
  const { call, lambda } = await withTargets(t)
  const of = { FunctionName: 'f' }
  assert.deepEqual(await call('GetFunctionRecursionConfig', of), { RecursiveLoop: 'Terminate' })
  const allow = { RecursiveLoop: 'Allow' as const }
  assert.deepEqual(await call('PutFunctionRecursionConfig', { ...of, ...allow }), allow)
  assert.deepEqual(await call('GetFunctionRecursionConfig', of), allow)
  assert.equal((await lambda.directory.resolve(SCOPE, 'f')).recursiveLoop, 'Allow')
  await call('PutFunctionConcurrency', { ...of, ReservedConcurrentExecutions: 5 })
  assert.deepEqual(await call('GetFunctionRecursionConfig', of), allow, 'it outlives other changes')
  await assert.rejects(call('GetFunctionRecursionConfig', { FunctionName: 'h' }), { status: 404 })
  await assert.rejects(call('PutFunctionRecursionConfig', { FunctionName: 'h', ...allow }), { status: 404 })
})

test('a function that is deleted takes its events with it; a version that is, does not', async (t) => {
  const { call, settled, forgotten } = await withTargets(t)
  await call('PublishVersion', { FunctionName: 'f' })
  await settled('f', '1')
  await call('DeleteFunction', { FunctionName: 'f', Qualifier: '1' })
  assert.deepEqual(forgotten, [])
  await call('DeleteFunction', { FunctionName: 'f' })
  assert.deepEqual(forgotten, ['f'])
})
