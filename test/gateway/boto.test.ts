import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { AwsError } from '../../src/aws/error.ts'
import { gateway } from './gateway.ts'

const python = ['/root/.pyenv/shims/python3', '/usr/bin/python3'].find(hasBoto3)

test('botocore understands every protocol', {
  skip: python === undefined && 'boto3 is not installed',
}, async (t) => {
  const { endpoint, faults } = await gateway(t, canned())
  const script = new URL('boto.py', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(python as string, [script, endpoint])
  assert.deepEqual(JSON.parse(stdout), {
    lambda: [200, '{"a":"é"}'],
    stream: ['one', 'two'],
    'lambda refusal': ['ResourceNotFoundException', 'Function not found: missing', 404],
    'lambda 501': ['UnknownOperationException', 'lambdad does not support lambda:ListLayers yet.', 501],
    'lambda too large': [
      'RequestEntityTooLargeException',
      'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
      413,
    ],
    s3: 300_000,
    's3 refusal': ['NoSuchKey', 'The specified key does not exist.', 404],
    's3 head': ['404', 'Not Found', 404],
    dynamodb: true,
    kinesis: 'data',
    sqs: 'hé',
    'sqs refusal': ['AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.', 400],
    sns: 'a+b&é',
    iam: '2026-01-02T03:04:05+00:00',
    'iam refusal': ['NoSuchEntity', 'The role with name missing cannot be found.', 404],
    sts: '123456789012',
    logs: [{ timestamp: 1, message: 'é' }],
    'logs refusal': [
      'InvalidParameterException',
      "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+',
      400,
    ],
  })
  assert.deepEqual(faults, [])
})

function canned(): Parameters<typeof gateway>[1] {
  let item: unknown
  let object = Buffer.alloc(0)
  const refuse = (code: string, message: string, status?: number) => {
    throw new AwsError(code, message, status === undefined ? {} : { status })
  }
  return {
    lambda: {
      Invoke: (input) => ({ StatusCode: 200, Payload: input.Payload }),
      InvokeWithResponseStream: () => ({ StatusCode: 200, EventStream: chunks('one', 'two') }),
      GetFunction: () => refuse('ResourceNotFoundException', 'Function not found: missing'),
    },
    s3: {
      PutObject: async (input) => {
        object = await buffer(input.Body)
        return {}
      },
      GetObject: (input) =>
        input.Key === 'missing'
          ? refuse('NoSuchKey', 'The specified key does not exist.', 404)
          : { Body: Readable.from([object]), ContentLength: object.length },
      HeadObject: () => refuse('NotFound', 'Not Found', 404),
    },
    dynamodb: {
      PutItem: (input) => {
        item = input.Item
      },
      GetItem: () => ({ Item: item }),
    },
    kinesis: { PutRecord: (input) => ({ ShardId: input.Data.toString(), SequenceNumber: '1' }) },
    sqs: {
      SendMessage: (input) => ({ MessageId: input.MessageBody, MD5OfMessageBody: md5(input.MessageBody) }),
      GetQueueUrl: () => refuse('QueueDoesNotExist', 'The specified queue does not exist.'),
    },
    sns: { Publish: (input) => ({ MessageId: input.Message }) },
    iam: {
      CreateRole: () => ({ Role: { CreateDate: new Date('2026-01-02T03:04:05Z') } }),
      GetRole: () => refuse('NoSuchEntityException', 'The role with name missing cannot be found.'),
    },
    sts: { GetCallerIdentity: (_input, call) => ({ Account: call.accountId }) },
    cloudwatch: { PutMetricData: (input) => assert.equal(input.MetricData.length, 300) },
    'cloudwatch-logs': {
      GetLogEvents: () => ({ events: [{ timestamp: 1, message: 'é' }] }),
      CreateLogGroup: () => undefined,
    },
  }
}

async function* chunks(...texts: string[]) {
  for (const text of texts) yield { PayloadChunk: { Payload: Buffer.from(text) } }
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

function hasBoto3(path: string): boolean {
  if (!existsSync(path)) return false
  try {
    execFileSync(path, ['-c', 'import boto3'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
