import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { EventBridge } from '@aws-sdk/client-eventbridge'
import { AddPermissionCommand, PutFunctionEventInvokeConfigCommand } from '@aws-sdk/client-lambda'
import { S3 } from '@aws-sdk/client-s3'
import { SQS } from '@aws-sdk/client-sqs'
import { type Platform, platform } from './support/platform.ts'

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:q'
const BUCKET = 'arn:aws:s3:::bucket'

interface Rig {
  readonly s3: S3
  readonly running: Platform
  readonly sqs: SQS
  /** The bodies of the next messages, at least one. */
  // biome-ignore lint/suspicious/noExplicitAny: what a message holds is for the test to know
  receive(): Promise<any[]>
  /** Lets this service send to the queue. */
  allow(service: string): Promise<void>
}

/** A bucket, and a queue that lets nobody in yet. */
async function rig(t: TestContext): Promise<Rig> {
  const running = await platform(t)
  const s3 = new S3({ ...running.client, forcePathStyle: true })
  const sqs = new SQS(running.client)
  t.after(() => {
    for (const client of [s3, sqs]) client.destroy()
  })
  await s3.createBucket({ Bucket: 'bucket' })
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'q' })
  return {
    s3,
    running,
    sqs,
    receive: async () => {
      const { Messages = [] } = await sqs.receiveMessage({
        QueueUrl,
        WaitTimeSeconds: 10,
        MaxNumberOfMessages: 10,
      })
      for (const { ReceiptHandle } of Messages) await sqs.deleteMessage({ QueueUrl, ReceiptHandle })
      return Messages.map(({ Body = '' }) => JSON.parse(Body))
    },
    allow: async (Service) => {
      const Statement = [
        { Effect: 'Allow', Principal: { Service }, Action: 'sqs:SendMessage', Resource: QUEUE },
      ]
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
      await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } })
    },
  }
}

test('a queue is sent the test event, then a record of each event that passes the filter', async (t) => {
  const { s3, allow, receive } = await rig(t)
  const FilterRules = [
    { Name: 'prefix' as const, Value: 'in/' },
    { Name: 'suffix' as const, Value: '.txt' },
  ]
  const queue = {
    Id: 'mine',
    QueueArn: QUEUE,
    Events: ['s3:ObjectCreated:*' as const, 's3:ObjectRemoved:Delete' as const],
    Filter: { Key: { FilterRules } },
  }
  const put = () =>
    s3.putBucketNotificationConfiguration({
      Bucket: 'bucket',
      NotificationConfiguration: { QueueConfigurations: [queue] },
    })
  await assert.rejects(put(), /Unable to validate the following destination configurations/)
  await allow('s3.amazonaws.com')
  await put()
  const [first] = await receive()
  assert.equal(first.Event, 's3:TestEvent')
  assert.equal(first.Bucket, 'bucket')

  await s3.putObject({ Bucket: 'bucket', Key: 'out/a.txt', Body: 'no' })
  await s3.putObject({ Bucket: 'bucket', Key: 'in/a.png', Body: 'no' })
  const { ETag } = await s3.putObject({ Bucket: 'bucket', Key: 'in/a b@é.txt', Body: 'yes' })
  const [put1, ...none] = await receive()
  assert.deepEqual(none, [])
  const [record] = put1.Records
  assert.equal(record.eventName, 'ObjectCreated:Put')
  assert.equal(record.eventVersion, '2.1')
  assert.equal(record.s3.configurationId, 'mine')
  assert.equal(record.s3.bucket.arn, BUCKET)
  const { sequencer, ...object } = record.s3.object
  assert.deepEqual(object, { key: 'in/a+b%40%C3%A9.txt', size: 3, eTag: ETag?.slice(1, -1) })
  assert.match(sequencer, /^[0-9A-F]{18}$/)

  await s3.deleteObject({ Bucket: 'bucket', Key: 'in/a b@é.txt' })
  const [removed] = await receive()
  assert.equal(removed.Records[0].eventName, 'ObjectRemoved:Delete')
  assert.equal(removed.Records[0].s3.object.size, undefined)
  assert.ok(removed.Records[0].s3.object.sequencer > sequencer)

  const kept = await s3.getBucketNotificationConfiguration({ Bucket: 'bucket' })
  // S3 shows the names with a capital.
  const shown = FilterRules.map(({ Name, Value }) => ({
    Name: Name === 'prefix' ? 'Prefix' : 'Suffix',
    Value,
  }))
  assert.deepEqual(kept.QueueConfigurations, [{ ...queue, Filter: { Key: { FilterRules: shown } } }])
})

test('a function is invoked, once its policy lets the bucket in', async (t) => {
  const { s3, running, allow, receive } = await rig(t)
  await allow('lambda.amazonaws.com')
  const name = await running.createFunction({ 'index.mjs': 'export const handler = async () => "ok"' })
  const Destination = { OnSuccess: { Destination: QUEUE } }
  await running.lambda.send(
    new PutFunctionEventInvokeConfigCommand({ FunctionName: name, DestinationConfig: Destination }),
  )
  const LambdaFunctionArn = `arn:aws:lambda:us-east-1:000000000000:function:${name}`
  const put = () =>
    s3.putBucketNotificationConfiguration({
      Bucket: 'bucket',
      NotificationConfiguration: {
        LambdaFunctionConfigurations: [{ LambdaFunctionArn, Events: ['s3:ObjectCreated:*'] }],
      },
    })
  await assert.rejects(put(), /Unable to validate the following destination configurations/)
  await running.lambda.send(
    new AddPermissionCommand({
      FunctionName: name,
      StatementId: 's3',
      Action: 'lambda:InvokeFunction',
      Principal: 's3.amazonaws.com',
      SourceArn: BUCKET,
    }),
  )
  await put()
  await s3.putObject({ Bucket: 'bucket', Key: 'k', Body: 'x' })
  const [record] = await receive()
  assert.equal(record.requestPayload.Records[0].s3.object.key, 'k')
  assert.equal(record.responsePayload, 'ok')
})

test('EventBridge hears of everything, and its rules choose', async (t) => {
  const { s3, running, allow, receive } = await rig(t)
  await allow('events.amazonaws.com')
  const events = new EventBridge(running.client)
  t.after(() => events.destroy())
  const EventPattern = JSON.stringify({ source: ['aws.s3'], 'detail-type': ['Object Deleted'] })
  await events.putRule({ Name: 'deleted', EventPattern })
  await events.putTargets({ Rule: 'deleted', Targets: [{ Id: '1', Arn: QUEUE }] })
  await s3.putBucketNotificationConfiguration({
    Bucket: 'bucket',
    NotificationConfiguration: { EventBridgeConfiguration: {} },
  })
  await s3.putObject({ Bucket: 'bucket', Key: 'a b', Body: 'x' })
  await s3.deleteObject({ Bucket: 'bucket', Key: 'a b' })
  const [event] = await receive()
  assert.equal(event['detail-type'], 'Object Deleted')
  assert.deepEqual(event.resources, [BUCKET])
  assert.equal(event.detail.object.key, 'a b')
  assert.equal(event.detail['deletion-type'], 'Permanently Deleted')
})

test('configurations that overlap, and events that there are not, are refused', async (t) => {
  const { s3, allow } = await rig(t)
  await allow('s3.amazonaws.com')
  const put = (...QueueConfigurations: object[]) =>
    s3.putBucketNotificationConfiguration({
      Bucket: 'bucket',
      NotificationConfiguration: { QueueConfigurations: QueueConfigurations as never },
    })
  const one = { QueueArn: QUEUE, Events: ['s3:ObjectCreated:Put'] }
  const all = { QueueArn: QUEUE, Events: ['s3:ObjectCreated:*'] }
  const under = (Value: string) => ({ Filter: { Key: { FilterRules: [{ Name: 'prefix', Value }] } } })
  await assert.rejects(put(one, all), /Configurations overlap/)
  await assert.rejects(put({ ...one, ...under('a') }, { ...all, ...under('ab') }), /Configurations overlap/)
  await put({ ...one, ...under('a') }, { ...all, ...under('b') })
  await assert.rejects(put({ QueueArn: QUEUE, Events: ['s3:ObjectLost:*'] }), {
    name: 'InvalidArgument',
    message: /not supported for notifications/,
  })
  // AWS takes any of its events; these cannot happen here.
  await put({ QueueArn: QUEUE, Events: ['s3:ObjectRestore:*', 's3:IntelligentTiering', 's3:Replication:*'] })
  await assert.rejects(put({ ...one, QueueArn: 'arn:aws:sqs:x' }), { name: 'InvalidArgument' })
  const filtered = (Name: string) => ({ Filter: { Key: { FilterRules: [{ Name, Value: 'a' }] } } })
  await assert.rejects(put({ ...one, ...filtered('INVALID') }), /must be either prefix or suffix/)
  await put({ ...one, ...filtered('PREFIX') })
  const { QueueConfigurations } = await s3.getBucketNotificationConfiguration({ Bucket: 'bucket' })
  assert.equal(QueueConfigurations?.[0]?.Filter?.Key?.FilterRules?.[0]?.Name, 'Prefix')
  await assert.rejects(put({ ...one, QueueArn: `${QUEUE}.fifo` }), /FIFO/)
  await assert.rejects(
    put({ ...one, QueueArn: `${QUEUE}x`, ...under('a') }, { ...all, QueueArn: `${QUEUE}y`, ...under('b') }),
    {
      name: 'InvalidArgument',
      message: 'Unable to validate the following destination configurations',
      ArgumentName1: `${QUEUE}x`,
      ArgumentValue1: 'The destination queue does not exist',
      ArgumentName2: `${QUEUE}y`,
    },
  )
})

test('an ACL that is put is told of, without a sequencer', async (t) => {
  const { s3, allow, receive } = await rig(t)
  await allow('s3.amazonaws.com')
  const at = { Bucket: 'bucket', Key: 'k' }
  await s3.putBucketOwnershipControls({
    Bucket: 'bucket',
    OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] },
  })
  const { ETag } = await s3.putObject({ ...at, Body: 'x' })
  await s3.putBucketNotificationConfiguration({
    Bucket: 'bucket',
    SkipDestinationValidation: true,
    NotificationConfiguration: {
      QueueConfigurations: [{ QueueArn: QUEUE, Events: ['s3:ObjectAcl:Put'] }],
    },
  })
  await s3.putObjectAcl({ ...at, ACL: 'private' })
  const [message] = await receive()
  const [record] = message.Records
  assert.equal(record.eventName, 'ObjectAcl:Put')
  assert.equal(record.eventVersion, '2.3')
  assert.deepEqual(record.s3.object, { key: 'k', eTag: ETag?.slice(1, -1) })
})
