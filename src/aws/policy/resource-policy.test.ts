import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayAccess, maySend } from './resource-policy.ts'

const QUEUE = 'arn:aws:sqs:us-east-1:111111111111:q'
const SEND = 'sqs:SendMessage'
const TOPIC = 'arn:aws:sns:us-east-1:111111111111:t'
const SENDER = { principal: 'sns.amazonaws.com', accountId: '111111111111', sourceArn: TOPIC }

const allow = { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: SEND, Resource: QUEUE }
const lets = (...Statement: object[]) => maySend(JSON.stringify({ Statement }), SEND, QUEUE, SENDER)

test('a service is let in where a statement says so, and not without a word', () => {
  assert.ok(lets(allow))
  assert.ok(!maySend(undefined, SEND, QUEUE, SENDER))
  assert.ok(!lets({ ...allow, Principal: { Service: 's3.amazonaws.com' } }))
  assert.ok(!lets({ ...allow, Resource: `${QUEUE}2` }))
  assert.ok(!lets({ ...allow, Action: 'sqs:ReceiveMessage' }))
  assert.ok(lets({ ...allow, Principal: { AWS: '*' } }))
  assert.ok(!lets({ ...allow, Principal: { AWS: '111111111111' } }))
})

test('a denial wins, also where its condition is not understood', () => {
  assert.ok(!lets(allow, { ...allow, Effect: 'Deny' }))
  const unknown = { DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } }
  assert.ok(!lets(allow, { ...allow, Effect: 'Deny', Condition: unknown }))
  assert.ok(!lets({ ...allow, Condition: unknown }))
})

test('conditions on the source are held against who sends', () => {
  assert.ok(lets({ ...allow, Condition: { ArnEquals: { 'aws:SourceArn': TOPIC } } }))
  assert.ok(lets({ ...allow, Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:t' } } }))
  assert.ok(!lets({ ...allow, Condition: { StringEquals: { 'aws:SourceAccount': '222222222222' } } }))
  assert.ok(!lets({ ...allow, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }))
})

test('NotAction, NotPrincipal and NotResource mean all but what they name', () => {
  const { Action: _, ...withoutAction } = allow
  assert.ok(lets({ ...withoutAction, NotAction: 'sqs:DeleteQueue' }))
  assert.ok(!lets({ ...withoutAction, NotAction: 'sqs:*' }))
  assert.ok(!lets({ ...allow, NotResource: QUEUE }))
})

test('a caller of another account is let in by its id, its root, or its own ARN', () => {
  const caller = { accountId: '222222222222', principalArn: 'arn:aws:iam::222222222222:role/r' }
  const asks = (AWS: string) =>
    mayAccess(JSON.stringify({ Statement: { ...allow, Principal: { AWS } } }), SEND, QUEUE, caller)
  for (const AWS of ['*', '222222222222', 'arn:aws:iam::222222222222:root', caller.principalArn])
    assert.ok(asks(AWS), AWS)
  for (const AWS of ['333333333333', 'arn:aws:iam::222222222222:role/other']) assert.ok(!asks(AWS), AWS)
})
