import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CloudWatch, DashboardInvalidInputError } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogs, ResourceAlreadyExistsException } from '@aws-sdk/client-cloudwatch-logs'
import { ConditionalCheckFailedException, DynamoDB } from '@aws-sdk/client-dynamodb'
import { Kinesis } from '@aws-sdk/client-kinesis'
import { QueueDoesNotExist, SQS } from '@aws-sdk/client-sqs'
import { AwsError } from '../../src/aws/error.ts'
import { gateway } from './gateway.ts'

test('awsJson 1.0: an item of every type makes the round trip through DynamoDB', async (t) => {
  let kept: unknown
  const { client } = await gateway(t, {
    dynamodb: {
      PutItem: (input) => {
        kept = input.Item
      },
      GetItem: () => ({ Item: kept }),
    },
  })
  const dynamo = new DynamoDB(client)
  const Item = {
    text: { S: 'é' },
    number: { N: '1.50' },
    bytes: { B: new Uint8Array([0, 255]) },
    set: { BS: [new Uint8Array([1])] },
    map: { M: { list: { L: [{ NULL: true }, { BOOL: false }, { M: {} }] } } },
  }
  await dynamo.putItem({ TableName: 'table', Item })
  assert.deepEqual((await dynamo.getItem({ TableName: 'table', Key: {} })).Item, Item)
})

test('awsJson 1.0: an error is named with its namespace and brings its members', async (t) => {
  const { client, endpoint } = await gateway(t, {
    dynamodb: {
      PutItem: () => {
        throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed', {
          members: { Item: { k: { S: 'old' } } },
        })
      },
    },
  })
  await assert.rejects(new DynamoDB(client).putItem({ TableName: 'table', Item: {} }), (error) => {
    assert.ok(error instanceof ConditionalCheckFailedException)
    assert.deepEqual(error.Item, { k: { S: 'old' } })
    return true
  })
  const raw = await fetch(endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'DynamoDB_20120810.PutItem', 'content-type': 'application/x-amz-json-1.0' },
    body: '{"TableName":"table","Item":{}}',
  })
  const body = (await raw.json()) as { __type: string }
  assert.equal(body.__type, 'com.amazonaws.dynamodb#ConditionalCheckFailedException')
  assert.equal(raw.headers.get('content-type'), 'application/x-amz-json-1.0')
})

test('awsJson 1.1: Logs answers and refuses', async (t) => {
  const { client } = await gateway(t, {
    'cloudwatch-logs': {
      GetLogEvents: () => ({ events: [{ timestamp: 1_735_787_045_000, message: 'héllo' }] }),
      CreateLogGroup: () => {
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists')
      },
    },
  })
  const logs = new CloudWatchLogs(client)
  const answer = await logs.getLogEvents({ logGroupName: 'g', logStreamName: 's' })
  assert.deepEqual(answer.events, [{ timestamp: 1_735_787_045_000, message: 'héllo' }])
  await assert.rejects(logs.createLogGroup({ logGroupName: 'g' }), ResourceAlreadyExistsException)
})

test('an operation without output answers an empty body', async (t) => {
  const { client } = await gateway(t, { 'cloudwatch-logs': { CreateLogGroup: () => undefined } })
  const answer = await new CloudWatchLogs(client).createLogGroup({ logGroupName: 'g' })
  assert.equal(answer.$metadata.httpStatusCode, 200)
})

test('the Kinesis client speaks HTTP/2 at once, and blobs arrive as Buffers', async (t) => {
  const { client } = await gateway(t, {
    kinesis: {
      PutRecord: (input, call) => {
        assert.ok(Buffer.isBuffer(input.Data))
        return { SequenceNumber: call.endpoint, ShardId: input.Data.toString('utf8') }
      },
    },
  })
  const kinesis = new Kinesis(client)
  const answer = await kinesis.putRecord({ StreamName: 's', PartitionKey: 'p', Data: Buffer.from('data') })
  assert.equal(answer.ShardId, 'data')
  assert.equal(answer.SequenceNumber, client.endpoint)
  kinesis.destroy()
})

test('SQS in JSON tells its errors by their old Query code too', async (t) => {
  const { client, endpoint } = await gateway(t, {
    sqs: {
      SendMessage: () => {
        throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.')
      },
    },
  })
  const sqs = new SQS(client)
  await assert.rejects(sqs.sendMessage({ QueueUrl: `${endpoint}/0/q`, MessageBody: 'm' }), (error) => {
    assert.ok(error instanceof QueueDoesNotExist)
    assert.equal((error as unknown as { Code: string }).Code, 'AWS.SimpleQueueService.NonExistentQueue')
    return true
  })
})

test('rpcv2Cbor: CloudWatch takes numbers and times, gzipped from 10 KiB on, and refuses', async (t) => {
  const { client } = await gateway(t, {
    cloudwatch: {
      PutMetricData: (input) => {
        assert.equal(input.MetricData.length, 500)
        assert.equal(input.MetricData[499].Value, 499.5)
        assert.equal(input.MetricData[0].Timestamp.getTime(), 1000)
      },
      PutDashboard: () => {
        throw new AwsError('DashboardInvalidInputError', 'The body is wrong')
      },
    },
  })
  const cloudwatch = new CloudWatch(client)
  const MetricData = Array.from({ length: 500 }, (_, index) => ({
    MetricName: `metric ${index}`,
    Value: index + 0.5,
    Timestamp: new Date(1000),
  }))
  await cloudwatch.putMetricData({ Namespace: 'N', MetricData })
  await assert.rejects(
    cloudwatch.putDashboard({ DashboardName: 'd', DashboardBody: '{}' }),
    (error) => error instanceof DashboardInvalidInputError && error.message === 'The body is wrong',
  )
})

test('an unknown operation of a JSON service is an UnknownOperationException', async (t) => {
  const { endpoint } = await gateway(t, {})
  for (const target of ['Logs_20140328.Nonsense', 'Nonsense.CreateLogGroup', 'nonsense', '']) {
    const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' }
    const answer = await fetch(endpoint, { method: 'POST', headers, body: '{}' })
    assert.equal(answer.status, 400)
    assert.equal(((await answer.json()) as { __type: string }).__type, 'UnknownOperationException')
  }
})
