import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arnOf, refusal, type TestLambda, testLambda } from './testing.ts'

// Developer Guide, "Granting Lambda function access to other accounts".

const OTHER = { accountId: '210987654321', principalArn: 'arn:aws:iam::210987654321:user/dev' }

const share = ({ call }: TestLambda, Action: string, input: object = {}) =>
  call('AddPermission', {
    FunctionName: 'f',
    StatementId: Action.slice(7),
    Action,
    Principal: OTHER.accountId,
    ...input,
  })

function denied(action: string, resource: string) {
  return refusal(
    'AccessDeniedException',
    `User: ${OTHER.principalArn} is not authorized to perform: ${action} on resource: ${resource} ` +
      `because no resource-based policy allows the ${action} action`,
    403,
  )
}

test('another account may do with a function what its policy says, and no more', async (t) => {
  const lambda = await testLambda(t)
  const { call, create } = lambda
  await create('f')
  const get = (FunctionName: string) => call('GetFunctionConfiguration', { FunctionName }, OTHER)
  await assert.rejects(get(arnOf('f')), denied('lambda:GetFunctionConfiguration', arnOf('f')))
  await share(lambda, 'lambda:GetFunctionConfiguration')
  assert.equal((await get(arnOf('f'))).FunctionArn, arnOf('f'))
  const published = call('PublishVersion', { FunctionName: arnOf('f') }, OTHER)
  await assert.rejects(published, denied('lambda:PublishVersion', arnOf('f')))
  await share(lambda, 'lambda:PublishVersion')
  const { Version } = await call('PublishVersion', { FunctionName: arnOf('f') }, OTHER)
  assert.equal(Version, '1')
  await assert.rejects(get('f'), { code: 'ResourceNotFoundException' })
})

test('a permission for one user is none for another of the same account', async (t) => {
  const lambda = await testLambda(t)
  await lambda.create('f')
  await share(lambda, 'lambda:ListAliases', { Principal: OTHER.principalArn })
  const list = (from: object) => lambda.call('ListAliases', { FunctionName: arnOf('f') }, from)
  assert.deepEqual((await list(OTHER)).Aliases, [])
  await assert.rejects(list({ ...OTHER, principalArn: 'arn:aws:iam::210987654321:user/ops' }), {
    code: 'AccessDeniedException',
  })
})

test('an alias is shared without its function, and tags by the function’s ARN', async (t) => {
  const lambda = await testLambda(t)
  const { call, create } = lambda
  await create('f', { Publish: true })
  await call('CreateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '1' })
  await share(lambda, 'lambda:GetFunction', { Qualifier: 'live' })
  const get = (input: { FunctionName: string; Qualifier?: string }) => call('GetFunction', input, OTHER)
  assert.equal((await get({ FunctionName: arnOf('f:live') })).Configuration?.Version, '1')
  assert.equal((await get({ FunctionName: arnOf('f'), Qualifier: 'live' })).Configuration?.Version, '1')
  await assert.rejects(get({ FunctionName: arnOf('f') }), denied('lambda:GetFunction', arnOf('f')))
  await assert.rejects(get({ FunctionName: arnOf('f:1') }), denied('lambda:GetFunction', arnOf('f:1')))

  const tags = call('ListTags', { Resource: arnOf('f') }, OTHER)
  await assert.rejects(tags, denied('lambda:ListTags', arnOf('f')))
  await share(lambda, 'lambda:ListTags')
  assert.deepEqual((await call('ListTags', { Resource: arnOf('f') }, OTHER)).Tags, {})
})

test('who may call a function is only its owner’s to say, and so is how it is configured', async (t) => {
  const lambda = await testLambda(t)
  await lambda.create('f')
  await share(lambda, 'lambda:*', { StatementId: 'all' })
  const unreachable = refusal(
    'AccessDeniedException',
    `Functions of account 123456789012 are not reachable from account ${OTHER.accountId}`,
    403,
  )
  const of = { FunctionName: arnOf('f') }
  await assert.rejects(lambda.call('UpdateFunctionConfiguration', { ...of, Timeout: 9 }, OTHER), unreachable)
  const permission = { StatementId: 's', Action: 'lambda:InvokeFunction', Principal: '*' }
  await assert.rejects(lambda.call('AddPermission', { ...of, ...permission }, OTHER), unreachable)
  await assert.rejects(lambda.call('RemovePermission', { ...of, StatementId: 'all' }, OTHER), unreachable)
})

test('a function of another account that is not there is answered as one that is not shared', async (t) => {
  const { call } = await testLambda(t)
  await assert.rejects(
    call('GetFunction', { FunctionName: arnOf('no') }, OTHER),
    denied('lambda:GetFunction', arnOf('no')),
  )
})
