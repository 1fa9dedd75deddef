import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpointOf, hostLabels, regionOfHost } from './host.ts'

test('what stands before a domain of ours is told from it', () => {
  assert.deepEqual(hostLabels('lambda.eu-west-1.amazonaws.com'), ['lambda', 'eu-west-1'])
  assert.deepEqual(hostLabels('BUCKET.s3.localhost.localstack.cloud:4566'), ['bucket', 's3'])
  assert.deepEqual(hostLabels('abc.lambda-url.us-east-1.on.aws'), ['abc', 'lambda-url', 'us-east-1'])
  assert.deepEqual(hostLabels('sqs.localhost:4566'), ['sqs'])
})

test('an address, a bare domain, a foreign one and none have no labels', () => {
  for (const host of ['127.0.0.1:4566', 'localhost', '[::1]:4566', 'lambda.example.com', '', undefined]) {
    assert.deepEqual(hostLabels(host), [])
  }
})

test('a region is read from a Host', () => {
  assert.equal(regionOfHost('logs.us-gov-west-1.amazonaws.com'), 'us-gov-west-1')
  assert.equal(regionOfHost('lambda.eusc-de-east-1.localhost:1'), 'eusc-de-east-1')
  assert.equal(regionOfHost('iam.amazonaws.com'), undefined)
})

test('a Host that is none is replaced', () => {
  assert.equal(endpointOf('localhost:4566', 'x'), 'http://localhost:4566')
  assert.equal(endpointOf('[::1]:4566', 'x'), 'http://[::1]:4566')
  for (const host of ['a/b', 'a b', 'user@host', '', undefined])
    assert.equal(endpointOf(host, 'x'), 'http://x')
})
