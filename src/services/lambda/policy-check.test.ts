import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAllowed, type PolicyCaller } from './policy-check.ts'

const INVOKE = 'lambda:InvokeFunction'
const ACCOUNT = '111111111111'
const TOPIC = `arn:aws:sns:us-east-1:${ACCOUNT}:topic`
const sns: PolicyCaller = { principal: 'sns.amazonaws.com', accountId: ACCOUNT, sourceArn: TOPIC }
const role = `arn:aws:iam::${ACCOUNT}:role/r`
const session = `arn:aws:sts::${ACCOUNT}:assumed-role/r/s`

const allow = (changes: object) => [
  { Sid: 's', Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: INVOKE, ...changes },
]

test('a service is let in by its name, and by no other', () => {
  assert.equal(isAllowed(allow({}), INVOKE, sns), true)
  assert.equal(isAllowed([], INVOKE, sns), false)
  assert.equal(isAllowed(allow({ Principal: { Service: 's3.amazonaws.com' } }), INVOKE, sns), false)
  assert.equal(isAllowed(allow({ Principal: { AWS: ACCOUNT } }), INVOKE, sns), false)
  assert.equal(isAllowed(allow({ Principal: '*' }), INVOKE, sns), true)
  assert.equal(
    isAllowed(allow({ Principal: { Service: ['a.amazonaws.com', 'sns.amazonaws.com'] } }), INVOKE, sns),
    true,
  )
})

test('an action may be named with wildcards, in any case', () => {
  for (const Action of ['*', 'lambda:*', 'lambda:Invoke*', 'LAMBDA:invokefunction', ['a:b', INVOKE]])
    assert.equal(isAllowed(allow({ Action }), INVOKE, sns), true, String(Action))
  for (const Action of ['lambda:GetFunction', 'lambda:Invoke', 's3:*', []])
    assert.equal(isAllowed(allow({ Action }), INVOKE, sns), false, String(Action))
})

const IDENTITIES: [string, unknown, boolean][] = [
  ['an account by its root', { AWS: `arn:aws:iam::${ACCOUNT}:root` }, true],
  ['an account by its id', { AWS: ACCOUNT }, true],
  ['the role itself', { AWS: role }, true],
  ['everybody', { AWS: '*' }, true],
  ['another role', { AWS: `${role}2` }, false],
  ['another account', { AWS: 'arn:aws:iam::222222222222:root' }, false],
  ['a service', { Service: 'sns.amazonaws.com' }, false],
]
for (const [what, Principal, expected] of IDENTITIES) {
  test(`a role is ${expected ? '' : 'not '}let in as ${what}, in a session too`, () => {
    const as = (principal: string) =>
      isAllowed(allow({ Principal }), INVOKE, { principal, accountId: ACCOUNT })
    assert.equal(as(role), expected)
    assert.equal(as(session), expected)
    const acting = { ...sns, roleArn: role }
    assert.equal(isAllowed(allow({ Principal }), INVOKE, acting), expected)
  })
}

const CONDITIONS: [object, boolean][] = [
  [{ ArnLike: { 'AWS:SourceArn': TOPIC } }, true],
  [{ ArnLike: { 'aws:sourcearn': `arn:aws:sns:*:${ACCOUNT}:to?ic` } }, true],
  [{ ArnLike: { 'AWS:SourceArn': 'arn:aws:sns:us-east-1:*' } }, false],
  [{ ArnLike: { 'AWS:SourceArn': 'arn:aws:sns:us-west-2:*:*' } }, false],
  [{ ArnNotLike: { 'AWS:SourceArn': 'arn:aws:sns:us-west-2:*:*' } }, true],
  [{ ArnEquals: { 'AWS:SourceArn': ['arn:aws:s3:::b', TOPIC] } }, true],
  [{ StringEquals: { 'AWS:SourceAccount': ACCOUNT } }, true],
  [{ StringEquals: { 'AWS:SourceAccount': '222222222222' } }, false],
  [{ StringNotEquals: { 'AWS:SourceAccount': '222222222222' } }, true],
  [{ StringLike: { 'AWS:SourceAccount': '1*' } }, true],
  [
    { StringEquals: { 'AWS:SourceAccount': ACCOUNT }, ArnLike: { 'AWS:SourceArn': 'arn:aws:sns:a:b:c' } },
    false,
  ],
  [{ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }, false],
  [{ StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-1' } }, true],
  [{ Null: { 'aws:PrincipalOrgID': 'true' } }, true],
  [{ Null: { 'aws:SourceArn': 'true' } }, false],
  [{ StringEquals: { 'lambda:EventSourceToken': 'token' } }, false],
  [{ Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } }, false],
  [{ NumericLessThan: { 'aws:SourceAccount': '5' } }, false],
]
for (const [Condition, expected] of CONDITIONS) {
  test(`${JSON.stringify(Condition)} ${expected ? 'lets' : 'does not let'} the topic in`, () => {
    assert.equal(isAllowed(allow({ Condition }), INVOKE, sns), expected)
  })
}

test('what only some callers have is compared with what they have', () => {
  const condition = (Condition: object, caller: Partial<PolicyCaller>) =>
    isAllowed(allow({ Principal: '*', Condition }), INVOKE, { ...sns, ...caller })
  const token = { StringEquals: { 'lambda:EventSourceToken': 'token' } }
  assert.equal(condition(token, { eventSourceToken: 'token' }), true)
  assert.equal(condition(token, { eventSourceToken: 'other' }), false)
  const none = { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } }
  assert.equal(condition(none, { functionUrlAuthType: 'NONE' }), true)
  assert.equal(condition(none, { functionUrlAuthType: 'AWS_IAM' }), false)
  assert.equal(
    condition({ Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } }, { isViaFunctionUrl: true }),
    true,
  )
  const org = { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } }
  assert.equal(condition(org, { organizationId: 'o-1234567890' }), true)
})

test('a statement that denies wins, also where its condition is not understood', () => {
  const deny = { Sid: 'd', Effect: 'Deny', Principal: '*', Action: '*' }
  assert.equal(isAllowed([...allow({}), deny], INVOKE, sns), false)
  const other = { ...deny, Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:other' } } }
  assert.equal(isAllowed([...allow({}), other], INVOKE, sns), true)
  const unknown = { ...deny, Condition: { DateGreaterThan: { 'aws:SourceArn': '2020' } } }
  assert.equal(isAllowed([...allow({}), unknown], INVOKE, sns), false)
})
