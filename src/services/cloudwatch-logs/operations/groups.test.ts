import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logsRig } from '../testing.ts'

const NOT_FOUND = { code: 'ResourceNotFoundException', message: 'The specified log group does not exist.' }
const ARN = 'arn:aws:logs:us-east-1:111111111111:log-group:/g'

test('CreateLogGroup makes a group that DescribeLogGroups shows as AWS does', async (t) => {
  const { run, clock } = await logsRig(t)
  await run('CreateLogGroup', { logGroupName: '/g', tags: { a: 'b' } })
  const { logGroups, nextToken } = await run('DescribeLogGroups', {})

  assert.equal(nextToken, undefined)
  assert.deepEqual(logGroups, [
    {
      logGroupName: '/g',
      creationTime: clock.now(),
      metricFilterCount: 0,
      arn: `${ARN}:*`,
      logGroupArn: ARN,
      logGroupClass: 'STANDARD',
      storedBytes: 0,
      deletionProtectionEnabled: false,
    },
  ])
})

test('CreateLogGroup refuses a name that is taken or reserved', async (t) => {
  const { run } = await logsRig(t)
  await run('CreateLogGroup', { logGroupName: '/g' })
  await assert.rejects(run('CreateLogGroup', { logGroupName: '/g' }), {
    code: 'ResourceAlreadyExistsException',
    message: 'The specified log group already exists',
  })
  await assert.rejects(run('CreateLogGroup', { logGroupName: 'aws/spans' }), {
    code: 'InvalidParameterException',
    message: 'Log groups starting with AWS/ are reserved for AWS.',
  })
})

test('CreateLogGroup refuses what is not carried out: keys, other classes, reserved tags', async (t) => {
  const { run } = await logsRig(t)
  const refused = (more: object, message: RegExp) =>
    assert.rejects(run('CreateLogGroup', { logGroupName: '/g', ...more }), {
      code: 'InvalidParameterException',
      message,
    })
  await refused({ kmsKeyId: 'arn:aws:kms:us-east-1:111111111111:key/k' }, /kmsKeyId.*not supported/)
  await refused({ logGroupClass: 'INFREQUENT_ACCESS' }, /INFREQUENT_ACCESS is not supported/)
  await refused({ tags: { 'aws:x': '1' } }, /aws: prefixed/)
  assert.deepEqual((await run('DescribeLogGroups', {})).logGroups, [])
})

test('DeleteLogGroup takes the events too, and what was written just before', async (t) => {
  const { run, fill } = await logsRig(t)
  await fill([{ timestamp: 1, message: 'x' }])
  await run('DeleteLogGroup', { logGroupName: '/g' })
  assert.deepEqual((await run('DescribeLogGroups', {})).logGroups, [])
  await assert.rejects(run('DeleteLogGroup', { logGroupName: '/g' }), NOT_FOUND)
})

test('a group with deletion protection stays until that is taken from it', async (t) => {
  const { run } = await logsRig(t)
  await run('CreateLogGroup', { logGroupName: '/g', deletionProtectionEnabled: true })
  await assert.rejects(run('DeleteLogGroup', { logGroupName: '/g' }), { code: 'ValidationException' })
  await run('PutLogGroupDeletionProtection', { logGroupIdentifier: ARN, deletionProtectionEnabled: false })
  await run('DeleteLogGroup', { logGroupName: '/g' })
  await assert.rejects(
    run('PutLogGroupDeletionProtection', { logGroupIdentifier: '/g', deletionProtectionEnabled: true }),
    NOT_FOUND,
  )
})

test('DescribeLogGroups goes by prefix, pattern, identifiers and pages', async (t) => {
  const { run } = await logsRig(t)
  for (const logGroupName of ['/a/one', '/a/two', '/b/One', '/c'])
    await run('CreateLogGroup', { logGroupName })
  const names = async (input: object) => {
    const { logGroups = [] } = await run('DescribeLogGroups', input)
    return logGroups.map(({ logGroupName }) => logGroupName)
  }
  assert.deepEqual(await names({ logGroupNamePrefix: '/a' }), ['/a/one', '/a/two'])
  assert.deepEqual(await names({ logGroupNamePattern: 'One' }), ['/b/One'])
  assert.deepEqual(await names({ logGroupIdentifiers: ['/c'] }), ['/c'])
  assert.deepEqual(await names({ logGroupClass: 'DELIVERY' }), [])

  const page = await run('DescribeLogGroups', { limit: 3 })
  assert.equal(page.logGroups?.length, 3)
  assert.deepEqual(await names({ limit: 3, nextToken: page.nextToken }), ['/c'])
})

test('DescribeLogGroups refuses contradictions, other accounts, and tokens of other questions', async (t) => {
  const { run } = await logsRig(t)
  for (const logGroupName of ['/a', '/b']) await run('CreateLogGroup', { logGroupName })
  await assert.rejects(run('DescribeLogGroups', { logGroupNamePrefix: 'a', logGroupNamePattern: 'b' }), {
    code: 'InvalidParameterException',
    message: 'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
  })
  await assert.rejects(run('DescribeLogGroups', { includeLinkedAccounts: true }), {
    code: 'InvalidParameterException',
  })
  const { nextToken } = await run('DescribeLogGroups', { limit: 1 })
  const invalid = { code: 'InvalidParameterException', message: 'The specified nextToken is invalid.' }
  await assert.rejects(run('DescribeLogGroups', { logGroupNamePrefix: '/', nextToken }), invalid)
  await assert.rejects(run('DescribeLogGroups', { nextToken: 'nonsense' }), invalid)
})

test('ListLogGroups finds names by their beginnings and parts, in pages', async (t) => {
  const { run } = await logsRig(t)
  for (const logGroupName of ['/aws/lambda/a', '/aws/lambda/b', '/my/aws/lambda', 'discovery', 'other'])
    await run('CreateLogGroup', { logGroupName })
  const list = async (input: object) => {
    const { logGroups = [], nextToken } = await run('ListLogGroups', input)
    return { names: logGroups.map(({ logGroupName }) => logGroupName), nextToken }
  }
  assert.deepEqual((await run('ListLogGroups', { logGroupNamePattern: 'other' })).logGroups, [
    {
      logGroupName: 'other',
      logGroupArn: 'arn:aws:logs:us-east-1:111111111111:log-group:other',
      logGroupClass: 'STANDARD',
    },
  ])
  const pattern = { logGroupNamePattern: '^/aws/lambda|discovery' }
  assert.deepEqual((await list(pattern)).names, ['/aws/lambda/a', '/aws/lambda/b', 'discovery'])
  assert.deepEqual((await list({ logGroupNamePattern: 'lambda' })).names.length, 3)
  assert.deepEqual((await list({ logGroupNamePattern: 'no-such-group' })).names, [])
  assert.deepEqual((await list({ logGroupClass: 'INFREQUENT_ACCESS' })).names, [])
  const first = await list({ ...pattern, limit: 2 })
  assert.deepEqual(first.names, ['/aws/lambda/a', '/aws/lambda/b'])
  assert.deepEqual(await list({ ...pattern, nextToken: first.nextToken }), {
    names: ['discovery'],
    nextToken: undefined,
  })
  await assert.rejects(list({ nextToken: first.nextToken }), /nextToken is invalid/)
  for (const input of [
    { includeLinkedAccounts: true },
    { dataSources: [] },
    { logGroupTags: [] },
    { fieldIndexNames: ['a'] },
  ])
    await assert.rejects(list(input), { code: 'InvalidParameterException' })
})

test('a retention is one of the days that AWS allows', async (t) => {
  const { run } = await logsRig(t)
  await run('CreateLogGroup', { logGroupName: '/g' })
  await run('PutRetentionPolicy', { logGroupName: '/g', retentionInDays: 3653 })
  assert.equal((await run('DescribeLogGroups', {})).logGroups?.[0]?.retentionInDays, 3653)
  await run('DeleteRetentionPolicy', { logGroupName: '/g' })
  assert.equal((await run('DescribeLogGroups', {})).logGroups?.[0]?.retentionInDays, undefined)

  for (const retentionInDays of [0, 2, -1, 4000])
    await assert.rejects(run('PutRetentionPolicy', { logGroupName: '/g', retentionInDays }), {
      code: 'InvalidParameterException',
      message: /'retentionInDays' failed to satisfy constraint/,
    })
  await assert.rejects(run('PutRetentionPolicy', { logGroupName: '/none', retentionInDays: 1 }), NOT_FOUND)
  await assert.rejects(run('DeleteRetentionPolicy', { logGroupName: '/none' }), NOT_FOUND)
})

test('the newer and the older tag operations speak of the same tags', async (t) => {
  const { run } = await logsRig(t)
  await run('CreateLogGroup', { logGroupName: '/g', tags: { env: 'one' } })
  await run('TagResource', { resourceArn: ARN, tags: { a: '1', b: '2' } })
  await run('TagLogGroup', { logGroupName: '/g', tags: { c: '3' } })
  const tags = { env: 'one', a: '1', b: '2', c: '3' }
  assert.deepEqual(await run('ListTagsLogGroup', { logGroupName: '/g' }), { tags })
  assert.deepEqual(await run('ListTagsForResource', { resourceArn: `${ARN}:*` }), { tags })
  await run('UntagResource', { resourceArn: ARN, tagKeys: ['env', 'none'] })
  await run('UntagLogGroup', { logGroupName: '/g', tags: ['a', 'c'] })
  assert.deepEqual(await run('ListTagsForResource', { resourceArn: ARN }), { tags: { b: '2' } })
})

test('tags want a group that is there, and no more than fifty', async (t) => {
  const { run } = await logsRig(t)
  await run('CreateLogGroup', { logGroupName: '/g' })
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${n}`, '']))
  await run('TagResource', { resourceArn: ARN, tags: many })
  const more = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`l${n}`, '']))
  await assert.rejects(run('TagResource', { resourceArn: ARN, tags: more }), { code: 'TooManyTagsException' })
  await assert.rejects(run('TagLogGroup', { logGroupName: '/g', tags: { 'AWS:x': '' } }), {
    code: 'InvalidParameterException',
  })
  for (const resourceArn of [`${ARN}x`, ARN.replace('us-east-1', 'eu-west-1'), 'arn:aws:s3:::b', 'none'])
    await assert.rejects(run('ListTagsForResource', { resourceArn }), { code: 'ResourceNotFoundException' })
  await assert.rejects(run('TagLogGroup', { logGroupName: '/none', tags: { a: '' } }), NOT_FOUND)
  await assert.rejects(run('UntagLogGroup', { logGroupName: '/none', tags: ['a'] }), NOT_FOUND)
  await assert.rejects(run('ListTagsLogGroup', { logGroupName: '/none' }), NOT_FOUND)
  await assert.rejects(run('UntagResource', { resourceArn: `${ARN}x`, tagKeys: [] }), {
    code: 'ResourceNotFoundException',
  })
})

test('another account sees nothing of it', async (t) => {
  const { run } = await logsRig(t)
  await run('CreateLogGroup', { logGroupName: '/g' })
  const call = { accountId: '222222222222' }
  assert.deepEqual((await run('DescribeLogGroups', {}, call)).logGroups, [])
  await assert.rejects(run('DeleteLogGroup', { logGroupName: '/g' }, call), NOT_FOUND)
  await assert.rejects(run('DescribeLogStreams', { logGroupIdentifier: ARN }, call), NOT_FOUND)
})

test('the group of a function that wrote its first line a moment ago is there', async (t) => {
  const group = async (use: (rig: Awaited<ReturnType<typeof logsRig>>) => Promise<unknown>) => {
    const rig = await logsRig(t)
    rig.ingest.append({ accountId: '111111111111', region: 'us-east-1', group: '/g', stream: 's' }, [
      { timestamp: 1, message: 'first' },
    ])
    return use(rig)
  }
  assert.deepEqual(
    await group(async ({ run }) =>
      (await run('DescribeLogGroups', {})).logGroups?.map((one) => one.logGroupName),
    ),
    ['/g'],
  )
  await group(({ run }) => run('PutRetentionPolicy', { logGroupName: '/g', retentionInDays: 1 }))
  await group(({ run }) => run('TagResource', { resourceArn: ARN, tags: { a: 'b' } }))
  await group(({ run }) => run('DeleteLogGroup', { logGroupName: '/g' }))
})
