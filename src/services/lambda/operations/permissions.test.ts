import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, arnOf, refusal, type TestLambda, testLambda } from '../testing.ts'
import type { LambdaInput } from '../types.ts'

type Permission = LambdaInput<'AddPermission'>

const permission: Permission = {
  FunctionName: 'f',
  StatementId: 's3',
  Action: 'lambda:InvokeFunction',
  Principal: 's3.amazonaws.com',
}

test('the statement is answered, and kept in the policy of the function', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f')
  const before = await settled('f')
  const statement = {
    Sid: 's3',
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 'lambda:InvokeFunction',
    Resource: arnOf('f'),
  }
  assert.deepEqual(await call('AddPermission', permission), { Statement: JSON.stringify(statement) })
  const { Policy, RevisionId } = await call('GetPolicy', { FunctionName: 'f' })
  assert.equal(Policy, JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: [statement] }))
  assert.equal(RevisionId, (await settled('f')).RevisionId)
  assert.notEqual(RevisionId, before.RevisionId)
})

const PRINCIPALS: [string, unknown][] = [
  ['events.amazonaws.com', { Service: 'events.amazonaws.com' }],
  ['123456789012', { AWS: 'arn:aws:iam::123456789012:root' }],
  ['arn:aws:iam::123456789012:role/r', { AWS: 'arn:aws:iam::123456789012:role/r' }],
  ['arn:aws:sts::123456789012:assumed-role/r/s', { AWS: 'arn:aws:sts::123456789012:assumed-role/r/s' }],
  ['*', '*'],
]

for (const [Principal, written] of PRINCIPALS) {
  test(`the principal ${Principal} is written as AWS writes it`, async (t) => {
    const statement = await added(t, { Principal })
    assert.deepEqual(statement.Principal, written)
    assert.equal(statement.Condition, undefined)
  })
}

const CONDITIONS: [Partial<Permission>, object][] = [
  [{ SourceArn: 'arn:aws:s3:::b' }, { ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::b' } }],
  [{ SourceAccount: ACCOUNT }, { StringEquals: { 'AWS:SourceAccount': ACCOUNT } }],
  [{ PrincipalOrgID: 'o-1234567890' }, { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } }],
  [{ EventSourceToken: 'token' }, { StringEquals: { 'lambda:EventSourceToken': 'token' } }],
  [{ FunctionUrlAuthType: 'NONE' }, { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } }],
  [{ InvokedViaFunctionUrl: true }, { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } }],
  [
    { SourceArn: 'arn:aws:s3:::b', SourceAccount: ACCOUNT },
    { StringEquals: { 'AWS:SourceAccount': ACCOUNT }, ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::b' } },
  ],
]

for (const [input, condition] of CONDITIONS) {
  test(`${Object.keys(input).join(' and ')} become a condition`, async (t) => {
    assert.deepEqual((await added(t, input)).Condition, condition)
  })
}

test('a function, its versions and its aliases have policies of their own', async (t) => {
  const { call } = await withAlias(t)
  const ids = async (Qualifier?: string) => {
    const { Policy = '{}' } = await call('GetPolicy', { FunctionName: 'f', ...(Qualifier && { Qualifier }) })
    return JSON.parse(Policy).Statement.map(({ Sid, Resource }: Record<string, string>) => [Sid, Resource])
  }
  await call('AddPermission', { ...permission, StatementId: 'a' })
  await call('AddPermission', { ...permission, StatementId: 'b', Qualifier: '1' })
  await call('AddPermission', { ...permission, StatementId: 'c', FunctionName: 'f:live' })
  assert.deepEqual(await ids(), [['a', arnOf('f')]])
  assert.deepEqual(await ids('1'), [['b', arnOf('f:1')]])
  assert.deepEqual(await ids('live'), [['c', arnOf('f:live')]])
})

test('a statement is removed by its id, and with the last one the policy', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await call('AddPermission', permission)
  assert.deepEqual(await call('RemovePermission', { FunctionName: 'f', StatementId: 's3' }), {})
  await assert.rejects(
    call('GetPolicy', { FunctionName: 'f' }),
    refusal('ResourceNotFoundException', 'The resource you requested does not exist.', 404),
  )
})

test('what is removed but not there is not found', async (t) => {
  const { call } = await withAlias(t)
  const remove = (input: object) =>
    call('RemovePermission', { FunctionName: 'f', StatementId: 'x', ...input })
  const noPolicy = refusal(
    'ResourceNotFoundException',
    'No policy is associated with the given resource.',
    404,
  )
  await assert.rejects(remove({}), noPolicy)
  await assert.rejects(remove({ Qualifier: 'live' }), noPolicy)
  await assert.rejects(remove({ Qualifier: '$LATEST' }), noPolicy)
  await call('AddPermission', permission)
  await assert.rejects(
    remove({}),
    refusal('ResourceNotFoundException', 'Statement x is not found in resource policy.', 404),
  )
  await assert.rejects(remove({ FunctionName: 'g' }), { message: `No policy found for: ${arnOf('g')}` })
})

test('a statement id is taken once, and by one of two callers', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const outcomes = await Promise.allSettled([
    call('AddPermission', permission),
    call('AddPermission', permission),
  ])
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  await assert.rejects(
    call('AddPermission', permission),
    refusal(
      'ResourceConflictException',
      'The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing statement.',
      409,
    ),
  )
})

const INVALID_PRINCIPALS = [
  'somebody',
  'arn:aws:s3:::bucket',
  '12345',
  'arn:aws:iam::1:root',
  'amazonaws',
  'service.example.com',
]

for (const Principal of INVALID_PRINCIPALS) {
  test(`${Principal} is no principal`, async (t) => {
    const { call, create } = await testLambda(t)
    await create('f')
    await assert.rejects(
      call('AddPermission', { ...permission, Principal }),
      refusal(
        'InvalidParameterValueException',
        'The provided principal was invalid. Please check the principal and try again.',
        400,
      ),
    )
  })
}

test('$LATEST has no policy of its own', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await assert.rejects(
    call('AddPermission', { ...permission, Qualifier: '$LATEST' }),
    refusal(
      'InvalidParameterValueException',
      'We currently do not support adding policies for $LATEST.',
      400,
    ),
  )
})

test('a policy of what is not there is not found', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const notFound = (text: string) => refusal('ResourceNotFoundException', text, 404)
  for (const operation of ['AddPermission', 'GetPolicy'] as const) {
    const ask = (input: object) => call(operation, { ...permission, ...input })
    await assert.rejects(ask({ FunctionName: 'g' }), notFound(`Function not found: ${arnOf('g')}`))
    await assert.rejects(ask({ Qualifier: 'no' }), notFound(`Cannot find alias arn: ${arnOf('f:no')}`))
    await assert.rejects(ask({ Qualifier: 'n$o' }), notFound(`Function not found: ${arnOf('f:n$o')}`))
  }
  await assert.rejects(
    call('AddPermission', { ...permission, Qualifier: '7' }),
    notFound(`Function not found: ${arnOf('f:7')}`),
  )
  await assert.rejects(
    call('GetPolicy', { FunctionName: 'f', Qualifier: '7' }),
    notFound('The resource you requested does not exist.'),
  )
})

test('an older revision neither adds nor removes', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const mismatch = refusal(
    'PreconditionFailedException',
    'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
    412,
  )
  await assert.rejects(call('AddPermission', { ...permission, RevisionId: 'old' }), mismatch)
  await call('AddPermission', permission)
  const remove = (RevisionId: string) =>
    call('RemovePermission', { FunctionName: 'f', StatementId: 's3', RevisionId })
  await assert.rejects(remove('old'), mismatch)
  await remove((await call('GetPolicy', { FunctionName: 'f' })).RevisionId ?? '')
})

test('a policy of more than 20 KB is refused, and the one before stays', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const SourceArn = `arn:aws:s3:::${'b'.repeat(2000)}`
  const add = (id: number) => call('AddPermission', { ...permission, StatementId: `s${id}`, SourceArn })
  for (let id = 0; id < 9; id++) await add(id)
  await assert.rejects(add(9), (error: { code: string; message: string }) => {
    assert.equal(error.code, 'PolicyLengthExceededException')
    const [, size] =
      /^The final policy size \((\d+)\) is bigger than the limit \(20480\)\.$/.exec(error.message) ?? []
    return Number(size) > 20_480
  })
  const { Policy = '' } = await call('GetPolicy', { FunctionName: 'f' })
  assert.equal(JSON.parse(Policy).Statement.length, 9)
})

async function added(t: Parameters<typeof testLambda>[0], input: Partial<Permission>) {
  const { call, create } = await testLambda(t)
  await create('f')
  const { Statement = '' } = await call('AddPermission', { ...permission, ...input })
  return JSON.parse(Statement)
}

async function withAlias(t: Parameters<typeof testLambda>[0]): Promise<TestLambda> {
  const lambda = await testLambda(t)
  await lambda.create('f')
  await lambda.call('PublishVersion', { FunctionName: 'f' })
  await lambda.settled('f', '1')
  await lambda.call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' })
  return lambda
}
