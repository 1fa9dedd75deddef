import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arnOf, refusal, testLambda } from '../testing.ts'

const statement = {
  Sid: 'in',
  Effect: 'Allow',
  Principal: { Service: 'sns.amazonaws.com' },
  Action: 'lambda:InvokeFunction',
  Resource: arnOf('f'),
  Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:t' } },
}
const policyOf = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })

test('a policy replaces the one before, and permissions are added to it and taken from it', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f')
  const ResourceArn = arnOf('f')
  const put = await call('PutResourcePolicy', { ResourceArn, Policy: policyOf(statement) })
  const written = { Version: '2012-10-17', Id: 'default', Statement: [statement] }
  assert.equal(put.Policy, JSON.stringify(written))
  assert.equal(put.RevisionId, (await settled('f')).RevisionId)
  assert.deepEqual(await call('GetResourcePolicy', { ResourceArn }), put)
  assert.equal((await call('GetPolicy', { FunctionName: 'f' })).Policy, put.Policy)

  await call('AddPermission', {
    FunctionName: 'f',
    StatementId: 's3',
    Action: 'lambda:InvokeFunction',
    Principal: 's3.amazonaws.com',
  })
  const { Policy = '' } = await call('GetResourcePolicy', { ResourceArn })
  assert.equal(JSON.parse(Policy).Statement.length, 2)
  await call('RemovePermission', { FunctionName: 'f', StatementId: 'in' })
  const deny = { ...statement, Sid: undefined, Effect: 'Deny', Principal: '*', Action: '*' }
  await call('PutResourcePolicy', { ResourceArn, Policy: policyOf(deny) })
  const replaced = await call('GetResourcePolicy', { ResourceArn })
  assert.deepEqual(JSON.parse(replaced.Policy ?? '').Statement, [JSON.parse(JSON.stringify(deny))])
})

test('versions and aliases have policies of their own, $LATEST has none', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f', { Publish: true })
  await call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' })
  for (const name of ['f:1', 'f:live']) {
    const ResourceArn = arnOf(name)
    await call('PutResourcePolicy', {
      ResourceArn,
      Policy: policyOf({ ...statement, Resource: ResourceArn }),
    })
    assert.ok((await call('GetResourcePolicy', { ResourceArn })).RevisionId)
    await call('DeleteResourcePolicy', { ResourceArn })
    await assert.rejects(
      call('GetResourcePolicy', { ResourceArn }),
      refusal('ResourceNotFoundException', 'The resource you requested does not exist.', 404),
    )
  }
  await assert.rejects(call('PutResourcePolicy', { ResourceArn: arnOf('f:$LATEST'), Policy: policyOf() }), {
    message: 'We currently do not support adding policies for $LATEST.',
  })
})

test('an old revision changes nothing', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const ResourceArn = arnOf('f')
  const { RevisionId: old } = await call('GetFunctionConfiguration', { FunctionName: 'f' })
  const put = await call('PutResourcePolicy', { ResourceArn, Policy: policyOf(statement), RevisionId: old })
  const precondition = { code: 'PreconditionFailedException', status: 412 }
  await assert.rejects(
    call('PutResourcePolicy', { ResourceArn, Policy: policyOf(statement), RevisionId: old }),
    precondition,
  )
  await assert.rejects(call('DeleteResourcePolicy', { ResourceArn, RevisionId: old }), precondition)
  assert.deepEqual(await call('GetResourcePolicy', { ResourceArn }), put)
  await call('DeleteResourcePolicy', { ResourceArn, RevisionId: put.RevisionId })
  await assert.rejects(
    call('DeleteResourcePolicy', { ResourceArn }),
    refusal('ResourceNotFoundException', 'No policy is associated with the given resource.', 404),
  )
})

const BAD: [string, string][] = [
  ['{', 'it is no JSON object'],
  ['[]', 'it is no JSON object'],
  ['{"Statement":[]}', 'Version must be 2012-10-17'],
  [policyOf(), 'it has no Statement'],
  [policyOf({ ...statement, Effect: 'allow' }), 'Effect must be Allow or Deny'],
  [
    policyOf({ ...statement, Principal: { Federated: 'x' } }),
    'Principal must be "*", or have Service or AWS',
  ],
  [policyOf({ ...statement, Action: 's3:GetObject' }), 'Action must name operations of lambda'],
  [policyOf({ ...statement, Resource: '*' }), `Resource must be ${arnOf('f')}`],
  [policyOf({ ...statement, NotAction: 'x' }), 'NotAction is not supported in a Statement'],
  [policyOf({ ...statement, Condition: { DateLessThan: {} } }), 'Condition has an unknown operator'],
  [policyOf(statement, statement), 'two statements have the same Sid'],
]
for (const [Policy, reason] of BAD) {
  test(`a policy is refused: ${reason}`, async (t) => {
    const { call, create } = await testLambda(t)
    await create('f')
    await assert.rejects(
      call('PutResourcePolicy', { ResourceArn: arnOf('f'), Policy }),
      refusal('InvalidParameterValueException', `The provided policy is invalid: ${reason}.`, 400),
    )
  })
}

test('a policy that is too long, or of a function that is not there, is refused', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  const many = Array.from({ length: 100 }, (_, i) => ({ ...statement, Sid: `s${i}` }))
  await assert.rejects(call('PutResourcePolicy', { ResourceArn: arnOf('f'), Policy: policyOf(...many) }), {
    code: 'PolicyLengthExceededException',
  })
  const Policy = policyOf({ ...statement, Resource: arnOf('g') })
  await assert.rejects(
    call('PutResourcePolicy', { ResourceArn: arnOf('g'), Policy }),
    refusal('ResourceNotFoundException', `Function not found: ${arnOf('g')}`, 404),
  )
})
