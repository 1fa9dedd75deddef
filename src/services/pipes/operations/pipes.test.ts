import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BUS, ENRICHMENT, FUNCTION, pipesRig, QUEUE, ROLE, SOURCE } from '../testing.ts'

const ARN = 'arn:aws:pipes:us-east-1:111111111111:pipe/p'

test('a pipe is made, shown, changed, stopped and deleted', async (t) => {
  const { run, pipe, clock } = await pipesRig(t)
  const at = new Date(clock.now())
  const identity = { Arn: ARN, Name: 'p', CreationTime: at, LastModifiedTime: at }
  const made = await pipe({ Tags: { k: 'v' }, Description: 'd', DesiredState: 'STOPPED' })
  assert.deepEqual(made, { ...identity, DesiredState: 'STOPPED', CurrentState: 'CREATING' })
  assert.deepEqual(await run('DescribePipe', { Name: 'p' }), {
    ...identity,
    DesiredState: 'STOPPED',
    CurrentState: 'STOPPED',
    Description: 'd',
    Source: SOURCE,
    SourceParameters: { SqsQueueParameters: { BatchSize: 10 } },
    Target: QUEUE,
    TargetParameters: {},
    RoleArn: ROLE,
    Tags: { k: 'v' },
  })
  assert.equal((await run('StartPipe', { Name: 'p' })).CurrentState, 'STARTING')
  assert.equal((await run('DescribePipe', { Name: 'p' })).CurrentState, 'RUNNING')
  const TargetParameters = { InputTemplate: '<$.body>' }
  await run('UpdatePipe', { Name: 'p', RoleArn: ROLE, Enrichment: ENRICHMENT, TargetParameters })
  const changed = await run('DescribePipe', { Name: 'p' })
  assert.deepEqual(
    [changed.Enrichment, changed.TargetParameters, changed.Description],
    [ENRICHMENT, TargetParameters, 'd'],
  )
  await run('UpdatePipe', { Name: 'p', RoleArn: ROLE, Enrichment: '' })
  assert.equal((await run('DescribePipe', { Name: 'p' })).Enrichment, undefined)
  const { DesiredState, CurrentState } = await run('DeletePipe', { Name: 'p' })
  assert.deepEqual([DesiredState, CurrentState], ['DELETED', 'DELETING'])
  await assert.rejects(run('DescribePipe', { Name: 'p' }), { code: 'NotFoundException' })
})

test('names are taken once; what is not there is not found', async (t) => {
  const { run, pipe } = await pipesRig(t)
  await pipe()
  await assert.rejects(pipe(), { code: 'ConflictException' })
  for (const name of ['DeletePipe', 'StartPipe', 'StopPipe'] as const) {
    await assert.rejects(run(name, { Name: 'none' }), { code: 'NotFoundException' })
  }
  await assert.rejects(run('UpdatePipe', { Name: 'none', RoleArn: ROLE }), { code: 'NotFoundException' })
  await assert.rejects(run('ListTagsForResource', { resourceArn: `${ARN}none` }), {
    code: 'NotFoundException',
  })
})

test('what cannot be, or is not there, is refused in words', async (t) => {
  const { run, pipe } = await pipesRig(t)
  const refused = (more: object, message: RegExp) =>
    assert.rejects(pipe(more), { code: 'ValidationException', message })
  const stream = 'arn:aws:kinesis:us-east-1:111111111111:stream/s'
  const destination = 'arn:aws:events:us-east-1:111111111111:api-destination/d/1'
  await refused({ Source: stream }, /The source .* is not supported by lambdad yet/)
  await refused({ Target: stream }, /The target .* is not supported by lambdad yet/)
  await refused({ Target: destination }, /The target .* is not supported/)
  await refused({ Target: 'arn:aws:sns:us-east-1:111111111111:t.fifo' }, /The target .* is not supported/)
  await refused({ Enrichment: destination }, /The enrichment .* is not supported/)
  await refused({ LogConfiguration: { Level: 'ERROR' } }, /LogConfiguration/)
  await refused({ KmsKeyIdentifier: 'k' }, /KMS/)
  await refused({ Target: `${QUEUE}.fifo` }, /MessageGroupId is required/)
  await refused({ TargetParameters: { LambdaFunctionParameters: {} } }, /LambdaFunctionParameters/)
  await refused({ SourceParameters: { KinesisStreamParameters: {} } }, /KinesisStreamParameters/)
  await refused({ TargetParameters: { InputTemplate: '<aws.pipes.nothing>' } }, /aws\.pipes\.nothing/)
  await refused({ EnrichmentParameters: { InputTemplate: 'x' } }, /need an Enrichment/)
  await refused(
    { TargetParameters: { SqsQueueParameters: { MessageGroupId: '$.body[' } } },
    /Invalid JSON path/,
  )
  const Filters = [{ Pattern: '{"body": 1}' }]
  await refused({ SourceParameters: { FilterCriteria: { Filters } } }, /Event pattern is not valid/)
  const sqs = (BatchSize: number, MaximumBatchingWindowInSeconds?: number) => ({
    SourceParameters: { SqsQueueParameters: { BatchSize, MaximumBatchingWindowInSeconds } },
  })
  await refused({ Target: FUNCTION, ...sqs(11) }, /MaximumBatchingWindowInSeconds/)
  await refused(sqs(11, 1), /at most 10/)
  await refused({ Source: `${SOURCE}.fifo`, ...sqs(10, 1) }, /FIFO/)
  await refused(
    { Target: BUS, TargetParameters: { EventBridgeEventBusParameters: { EndpointId: 'a.b' } } },
    /EndpointId/,
  )
  assert.deepEqual((await run('ListPipes', {})).Pipes, [])
})

test('lists go by name, page by page, and by what is asked for', async (t) => {
  const { run, pipe } = await pipesRig(t)
  for (const Name of ['b', 'a', 'ab']) await pipe({ Name, DesiredState: 'STOPPED' })
  await pipe({ Name: 'f', Target: FUNCTION })
  const names = async (query: object) => ((await run('ListPipes', query)).Pipes ?? []).map(({ Name }) => Name)
  assert.deepEqual(await names({}), ['a', 'ab', 'b', 'f'])
  assert.deepEqual(await names({ NamePrefix: 'a' }), ['a', 'ab'])
  assert.deepEqual(await names({ CurrentState: 'RUNNING' }), ['f'])
  assert.deepEqual(await names({ TargetPrefix: 'arn:aws:lambda', Limit: 1 }), ['f'])
  const { Pipes, NextToken } = await run('ListPipes', { Limit: 2 })
  assert.equal(Pipes?.length, 2)
  assert.deepEqual(await names({ Limit: 2, NextToken }), ['b', 'f'])
  await assert.rejects(run('ListPipes', { NextToken: 'x' }), { code: 'ValidationException' })
})

test('pipes have tags', async (t) => {
  const { run, pipe } = await pipesRig(t)
  await pipe({ Tags: { a: '1' } })
  await run('TagResource', { resourceArn: ARN, tags: { b: '2' } })
  await run('UntagResource', { resourceArn: ARN, tagKeys: ['a'] })
  assert.deepEqual((await run('ListTagsForResource', { resourceArn: ARN })).tags, { b: '2' })
  await assert.rejects(run('TagResource', { resourceArn: ARN, tags: { 'aws:x': 'y' } }), {
    code: 'ValidationException',
  })
  await assert.rejects(run('ListTagsForResource', { resourceArn: QUEUE }), { code: 'ValidationException' })
})
