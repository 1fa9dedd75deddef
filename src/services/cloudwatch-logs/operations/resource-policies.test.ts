import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logsRig } from '../testing.ts'

const STATEMENT = {
  Effect: 'Allow',
  Principal: { Service: ['route53.amazonaws.com'] },
  Action: 'logs:PutLogEvents',
  Resource: '*',
}
const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [STATEMENT] })

test('a policy is answered as it was given, and shown as AWS keeps it', async (t) => {
  const rig = await logsRig(t)
  const document = JSON.stringify({ Statement: STATEMENT })
  const { resourcePolicy } = await rig.run('PutResourcePolicy', { policyName: 'p', policyDocument: document })
  const shown = { policyName: 'p', lastUpdatedTime: rig.clock.now(), policyScope: 'ACCOUNT' as const }
  assert.deepEqual(resourcePolicy, { ...shown, policyDocument: document })

  const { resourcePolicies = [] } = await rig.run('DescribeResourcePolicies', {})
  const [{ policyDocument: kept = '', ...rest } = {}] = resourcePolicies
  assert.deepEqual(rest, shown)
  assert.deepEqual(JSON.parse(kept), {
    Version: '2008-10-17',
    Statement: [{ ...STATEMENT, Principal: { Service: 'route53.amazonaws.com' } }],
  })
})

test('an account has ten policies at most in a region, and may replace them', async (t) => {
  const rig = await logsRig(t)
  const put = (policyName: string, call = {}) =>
    rig.run('PutResourcePolicy', { policyName, policyDocument }, call)
  for (let index = 0; index < 10; index++) await put(`p${index}`)
  await assert.rejects(put('one-more'), {
    code: 'LimitExceededException',
    message: 'Resource limit exceeded.',
  })
  await rig.clock.advance(1000)
  await put('p1')
  await put('one-more', { region: 'eu-west-1' })

  const names = async (input: object) => {
    const { resourcePolicies, nextToken } = await rig.run('DescribeResourcePolicies', input)
    return { names: resourcePolicies?.map(({ policyName }) => policyName), nextToken }
  }
  const first = await names({ limit: 8 })
  assert.deepEqual(first.names, ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'])
  assert.deepEqual(await names({ nextToken: first.nextToken }), { names: ['p8', 'p9'], nextToken: undefined })
  await rig.run('DeleteResourcePolicy', { policyName: 'p1' })
  await put('one-more')
})

test('a policy that is none, or is not there, is refused', async (t) => {
  const rig = await logsRig(t)
  const documents = [
    'no JSON',
    '[]',
    '{}',
    '{"Statement":[]}',
    '{"Statement":[null]}',
    JSON.stringify({ Statement: { ...STATEMENT, Effect: 'Maybe' } }),
    JSON.stringify({ Statement: { ...STATEMENT, Principal: undefined } }),
    JSON.stringify({ Statement: { ...STATEMENT, Action: undefined } }),
    JSON.stringify({ Statement: { ...STATEMENT, Resource: undefined } }),
  ]
  const refusal = { code: 'InvalidParameterException' }
  for (const document of documents)
    await assert.rejects(
      rig.run('PutResourcePolicy', { policyName: 'p', policyDocument: document }),
      refusal,
      document,
    )
  await assert.rejects(rig.run('PutResourcePolicy', { policyDocument }), refusal)
  const resourceArn = 'arn:aws:logs:us-east-1:111111111111:log-group:/g'
  await assert.rejects(rig.run('PutResourcePolicy', { policyDocument, resourceArn }), /not supported/)
  await assert.rejects(rig.run('DeleteResourcePolicy', { policyName: 'p' }), {
    code: 'ResourceNotFoundException',
    message: 'Policy with name [p] does not exist.',
  })
  assert.deepEqual(await rig.run('DescribeResourcePolicies', {}), { resourcePolicies: [] })
})
