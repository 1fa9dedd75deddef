import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AwsError } from '../../aws/error.ts'
import { checkPolicyDocument, documentLength, encodeDocument, type PolicyKind } from './policy-document.ts'

const allow = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }
const trust = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }

function policy(statement: unknown, version: string | undefined = '2012-10-17'): string {
  return JSON.stringify({ Version: version, Statement: statement })
}

function refusalOf(text: string, kind: PolicyKind): string | undefined {
  try {
    checkPolicyDocument(text, kind)
    return undefined
  } catch (error) {
    assert.equal((error as AwsError).code, 'MalformedPolicyDocumentException')
    return (error as AwsError).message
  }
}

describe('policies that IAM takes', () => {
  const documents: [kind: PolicyKind, text: string][] = [
    ['managed', policy(allow)],
    [
      'managed',
      policy([
        { ...allow, Sid: 'One' },
        { ...allow, Sid: 'Two', Effect: 'Deny' },
      ]),
    ],
    [
      'managed',
      policy([
        { ...allow, Sid: '' },
        { ...allow, Sid: '' },
      ]),
    ],
    [
      'managed',
      policy({ Effect: 'Allow', NotAction: ['iam:*'], NotResource: 'arn:aws:s3:::a/$' + '{aws:username}' }),
    ],
    [
      'managed',
      policy({ ...allow, Action: '*', Resource: ['arn:*:s3:::b', 'arn:aws-cn:s3:::c/*', 'arn:aws:s3*'] }),
    ],
    [
      'managed',
      policy({
        ...allow,
        Condition: { Bool: { 'aws:SecureTransport': true }, StringLike: { k: ['a', 'b'] } },
      }),
    ],
    ['managed', `  ${policy(allow)}\n`],
    ['inline', JSON.stringify({ Statement: [allow] })],
    ['inline', policy(allow, '2008-10-17')],
    ['trust', policy(trust)],
    [
      'trust',
      policy([trust, { ...trust, Principal: { AWS: ['123456789012', 'arn:aws:iam::123456789012:root'] } }]),
    ],
    ['trust', policy({ ...trust, Principal: '*', Action: ['sts:AssumeRole', 'sts:TagSession'] })],
    [
      'trust',
      policy({
        ...trust,
        Principal: { Federated: 'cognito-identity.amazonaws.com' },
        Action: 'sts:AssumeRoleWithWebIdentity',
      }),
    ],
  ]
  for (const [kind, text] of documents)
    test(`${kind}: ${text.trim()}`, () => assert.equal(refusalOf(text, kind), undefined))
})

describe('policies that IAM refuses', () => {
  const syntax = 'Syntax errors in policy.'
  const documents: [kind: PolicyKind, text: string, message: string][] = [
    ['managed', '', syntax],
    ['managed', '{', syntax],
    ['managed', '[]', syntax],
    ['managed', 'null', syntax],
    ['managed', '"policy"', syntax],
    ['managed', '{}', syntax],
    ['managed', '{"Version":"2012-10-17"}', syntax],
    ['managed', policy([]), syntax],
    ['managed', policy([allow], '2013-01-01'), syntax],
    ['managed', policy([allow], '2008-10-17'), 'Policy document must be version 2012-10-17 or greater.'],
    ['managed', JSON.stringify({ Version: '2012-10-17', Extra: 1, Statement: allow }), syntax],
    ['managed', JSON.stringify({ Version: '2012-10-17', Id: 1, Statement: allow }), syntax],
    ['managed', policy({ ...allow, Efect: 'Allow' }), syntax],
    ['managed', policy({ ...allow, Effect: 'maybe' }), syntax],
    ['managed', policy({ ...allow, Action: undefined }), 'Policy statement must contain actions.'],
    ['managed', policy({ ...allow, Action: [] }), 'Policy statement must contain actions.'],
    ['managed', policy({ ...allow, NotAction: 's3:*' }), syntax],
    ['managed', policy({ ...allow, Action: 5 }), syntax],
    [
      'managed',
      policy({ ...allow, Action: 'GetObject' }),
      'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
    ],
    ['managed', policy({ ...allow, Action: 'a:b:c' }), 'Actions/Condition can contain only one colon.'],
    ['managed', policy({ ...allow, Action: 's3$:GetObject' }), 'Vendor s3$ is not valid'],
    ['managed', policy({ ...allow, Resource: undefined }), 'Policy statement must contain resources.'],
    ['managed', policy({ ...allow, Resource: 'bucket' }), 'Resource bucket must be in ARN format or "*".'],
    [
      'managed',
      policy({ ...allow, Resource: 'arn:invalid:s3:::b' }),
      'Partition "invalid" is not valid for resource "arn:invalid:s3:::b".',
    ],
    ['managed', policy({ ...allow, NotResource: '*' }), syntax],
    ['managed', policy({ ...allow, Principal: '*' }), 'Policy document should not specify a principal.'],
    ['managed', policy({ ...allow, Condition: 'x' }), syntax],
    ['managed', policy({ ...allow, Condition: { StringEquals: { k: { nested: 1 } } } }), syntax],
    [
      'managed',
      policy({ ...allow, Sid: 'not-alphanumeric' }),
      'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
    ],
    [
      'managed',
      policy([
        { ...allow, Sid: 'One' },
        { ...allow, Sid: 'One' },
      ]),
      'Statement IDs (SID) in a single policy must be unique.',
    ],
    [
      'inline',
      policy({ ...allow, Principal: { AWS: '*' } }),
      'Policy document should not specify a principal.',
    ],
    ['trust', '{', 'This policy contains invalid Json'],
    ['trust', policy({ ...trust, Resource: '*' }), 'Has prohibited field Resource'],
    ['trust', policy({ ...trust, Principal: undefined }), 'Missing required field Principal'],
    ['trust', policy({ ...trust, Principal: 'lambda.amazonaws.com' }), 'Invalid principal in policy'],
    [
      'trust',
      policy({ ...trust, Principal: { Service: 'lambda' } }),
      'Invalid principal in policy: "SERVICE":"lambda"',
    ],
    ['trust', policy({ ...trust, Principal: { AWS: 'me' } }), 'Invalid principal in policy: "AWS":"me"'],
    ['trust', policy({ ...trust, Principal: { Robot: 'x' } }), 'Invalid principal in policy: "ROBOT":"x"'],
    [
      'trust',
      policy({ ...trust, Action: 's3:GetObject' }),
      'AssumeRole policy may only specify STS AssumeRole actions.',
    ],
    ['trust', policy({ ...trust, Action: undefined }), 'Missing required field Action'],
    ['trust', policy({ ...trust, Whatever: 1 }), 'Unknown field Whatever'],
  ]
  for (const [kind, text, message] of documents)
    test(`${kind}: ${text || '(empty)'}`, () => assert.equal(refusalOf(text, kind), message))
})

// Recorded from AWS on 18 February 2026: what is said of policies in which several things are wrong.
describe('what IAM looks at first', () => {
  const legacy = 'The policy failed legacy parsing'
  const tooOld = 'Policy document must be version 2012-10-17 or greater.'
  const when = (Condition: object) => ({ ...allow, Condition })
  const at = (Resource: string) => ({ ...allow, Resource })
  const twice = [
    { ...allow, Sid: 'One' },
    { Effect: 'Allow', Sid: 'One' },
  ]
  const statements: [statement: unknown, message: string | undefined, version?: string][] = [
    [{ ...allow, Effect: 'denY' }, tooOld, '2008-10-17'],
    [when({ DateGreaterThan: { a: 'soon' } }), tooOld, '2008-10-17'],
    [{ Effect: 'denY', Resource: 'b' }, legacy],
    [{ Effect: 'Allow', Condition: { DateGreaterThan: { a: 'soon' } } }, legacy],
    [{ ...at('arn:aws:s3::b'), Action: undefined }, legacy],
    [{ ...at('arn:error:s3:::b'), Condition: { DateLessThan: { a: 'soon' } } }, legacy],
    [twice.map((one) => ({ ...one, Effect: 'aLLow' })), legacy],
    [twice, 'Statement IDs (SID) in a single policy must be unique.'],
    [{ Effect: 'Allow', Action: 'bad' }, 'Policy statement must contain resources.'],
    [[{ Effect: 'Deny' }, allow], 'Policy statement must contain actions.'],
    [{ ...at('bucket'), Action: 's:3:x' }, 'Resource bucket must be in ARN format or "*".'],
    [at('a:bad'), 'Partition "bad" is not valid for resource "arn:bad:*:*:*:*".'],
    [at('aws:s3:::b'), 'Partition "s3" is not valid for resource "arn:s3:::b:*".'],
    [at('arn:aws'), 'Resource vendor must be fully qualified and cannot contain regexes.'],
    [at('arn:aws:s3:eu-west-1::b'), 'Resource arn:aws:s3:eu-west-1::b can not contain region information.'],
    [
      at('arn:aws:iam:eu-west-1::b'),
      'IAM resource arn:aws:iam:eu-west-1::b cannot contain region information.',
    ],
    [
      at('arn:aws:iam:::b'),
      'IAM resource path must either be "*", root, or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.',
    ],
    [at('arn:aws:anything'), undefined],
    [at('arn:aws:s3:us-west-2:123456789012:accesspoint/p'), undefined],
    [at('arn:aws:iam::*:mfa/$' + '{aws:username}'), undefined],
    [at('arn:aws::::b'), legacy],
    [at('arn:aws::b'), legacy],
    [when({ x: { a: '1' } }), 'Syntax errors in policy.'],
    [when({ 'ForAnyValue::StringEquals': { a: '1' } }), 'Syntax errors in policy.'],
    [when({ x: {} }), undefined],
    [when({ 'ForAnyValue:StringEqualsIfExists': { a: '1' } }), undefined],
  ]
  for (const [statement, message, version] of statements)
    test(JSON.stringify(statement), () =>
      assert.equal(refusalOf(policy(statement, version), 'managed'), message),
    )
})

test('the dates that IAM takes in conditions, and those that it does not (recorded)', () => {
  const refusal = (a: string) =>
    refusalOf(policy({ ...allow, Condition: { DateLessThan: { a } } }), 'managed')
  const dates = [
    '2017-07-01T00:00:00Z',
    '2016-12-13T21:20:37.593194+00:00',
    '2016-12-13t2:00:00.593194+23',
    '01T',
    '-292275054',
  ]
  for (const date of dates) assert.equal(refusal(date), undefined, date)
  const others = [
    'soon',
    '234-13',
    '2016-12-13t2:00:00.593194+1',
    '2016-12-13t2:00:00.1999999999+10:59',
    '9223372036854775808',
  ]
  for (const other of others) assert.equal(refusal(other), 'The policy failed legacy parsing', other)
})

test('documents are answered percent-encoded, as IAM does', () => {
  assert.equal(encodeDocument(`{"a": "b*'()!"}`), '%7B%22a%22%3A%20%22b%2A%27%28%29%21%22%7D')
})

test('white space does not count towards the length of a document', () => {
  assert.equal(documentLength(' { "a" :\n\t1 }\r\n'), 7)
})
