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
    ['managed', '{}', 'Policy document must be version 2012-10-17 or greater.'],
    ['managed', '{"Version":"2012-10-17"}', syntax],
    ['managed', policy([]), syntax],
    ['managed', policy([allow], '2013-01-01'), syntax],
    ['managed', policy([allow], '2008-10-17'), 'Policy document must be version 2012-10-17 or greater.'],
    ['managed', JSON.stringify({ Version: '2012-10-17', Extra: 1, Statement: allow }), syntax],
    ['managed', JSON.stringify({ Version: '2012-10-17', Id: 1, Statement: allow }), syntax],
    ['managed', policy({ ...allow, Efect: 'Allow' }), syntax],
    ['managed', policy({ ...allow, Effect: 'allow' }), syntax],
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
    ['managed', policy({ ...allow, Resource: 'arn:aws:s3' }), 'The policy failed legacy parsing'],
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

test('documents are answered percent-encoded, as IAM does', () => {
  assert.equal(encodeDocument(`{"a": "b*'()!"}`), '%7B%22a%22%3A%20%22b%2A%27%28%29%21%22%7D')
})

test('white space does not count towards the length of a document', () => {
  assert.equal(documentLength(' { "a" :\n\t1 }\r\n'), 7)
})
