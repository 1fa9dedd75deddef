import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logsRig } from '../testing.ts'

const ARN = 'arn:aws:logs:us-east-1:111111111111:log-group:/g'
const NO_GROUP = { code: 'ResourceNotFoundException', message: 'The specified log group does not exist.' }
const NO_STREAM = { code: 'ResourceNotFoundException', message: 'The specified log stream does not exist.' }

test('CreateLogStream makes a stream that DescribeLogStreams shows as AWS does', async (t) => {
  const { run, clock } = await logsRig(t)
  await run('CreateLogGroup', { logGroupName: '/g' })
  await run('CreateLogStream', { logGroupName: '/g', logStreamName: 's' })
  const shown = [
    { logStreamName: 's', creationTime: clock.now(), arn: `${ARN}:log-stream:s`, storedBytes: 0 },
  ]
  for (const reference of [{ logGroupName: '/g' }, { logGroupIdentifier: '/g' }, { logGroupIdentifier: ARN }])
    assert.deepEqual(await run('DescribeLogStreams', reference), { logStreams: shown })
})

test('a stream with events shows their times', async (t) => {
  const { run, fill, clock } = await logsRig(t)
  await fill([
    { timestamp: 5, message: 'a' },
    { timestamp: 9, message: 'b' },
  ])
  const { logStreams } = await run('DescribeLogStreams', { logGroupName: '/g' })
  assert.equal(logStreams?.[0]?.firstEventTimestamp, 5)
  assert.equal(logStreams?.[0]?.lastEventTimestamp, 9)
  assert.equal(logStreams?.[0]?.lastIngestionTime, clock.now())
  assert.equal(logStreams?.[0]?.uploadSequenceToken?.length, 56)
})

test('the latest streams come first, page by page', async (t) => {
  const { run, fill } = await logsRig(t)
  for (const n of [1, 2, 3]) await fill([{ timestamp: n, message: 'x' }], `s${n}`)
  const input = { logGroupName: '/g', orderBy: 'LastEventTime' as const, descending: true, limit: 2 }
  const first = await run('DescribeLogStreams', input)
  const second = await run('DescribeLogStreams', { ...input, nextToken: first.nextToken })
  const names = [...(first.logStreams ?? []), ...(second.logStreams ?? [])].map(
    (stream) => stream.logStreamName,
  )
  assert.deepEqual(names, ['s3', 's2', 's1'])
  assert.equal(second.nextToken, undefined)
})

test('streams refuse names that are taken, and groups that are not there', async (t) => {
  const { run } = await logsRig(t)
  const stream = { logGroupName: '/g', logStreamName: 's' }
  await assert.rejects(run('CreateLogStream', stream), NO_GROUP)
  await assert.rejects(run('DeleteLogStream', stream), NO_GROUP)
  await run('CreateLogGroup', { logGroupName: '/g' })
  await assert.rejects(run('DeleteLogStream', stream), NO_STREAM)
  await assert.rejects(run('CreateLogStream', { ...stream, logStreamName: 'a\0b' }), {
    code: 'InvalidParameterException',
  })
  await run('CreateLogStream', stream)
  await assert.rejects(run('CreateLogStream', stream), {
    code: 'ResourceAlreadyExistsException',
    message: 'The specified log stream already exists',
  })
  await run('DeleteLogStream', stream)
  assert.deepEqual(await run('DescribeLogStreams', { logGroupName: '/g' }), { logStreams: [] })
})

test('DescribeLogStreams refuses contradictions', async (t) => {
  const { run } = await logsRig(t)
  await run('CreateLogGroup', { logGroupName: '/g' })
  const refused = (input: object, code: string, message: string | RegExp) =>
    assert.rejects(run('DescribeLogStreams', input), { code, message })
  await refused(
    { logGroupName: '/g', logGroupIdentifier: '/g' },
    'ValidationException',
    'LogGroup name and LogGroup ARN are mutually exclusive parameters.',
  )
  await refused({}, 'InvalidParameterException', /is required/)
  await refused(
    { logGroupName: '/g', orderBy: 'LastEventTime', logStreamNamePrefix: 's' },
    'InvalidParameterException',
    /LastEventTime/,
  )
  await refused({ logGroupIdentifier: `${ARN}:*` }, 'InvalidParameterException', /Invalid log group ARN/)
  await refused({ logGroupName: '/none' }, 'ResourceNotFoundException', /group does not exist/)
  await refused({ logGroupName: '/g', nextToken: 'x' }, 'InvalidParameterException', /nextToken is invalid/)
})
