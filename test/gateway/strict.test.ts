import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { Kinesis } from '@aws-sdk/client-kinesis'
import { Lambda } from '@aws-sdk/client-lambda'
import { S3 } from '@aws-sdk/client-s3'
import { SNS } from '@aws-sdk/client-sns'
import { STS } from '@aws-sdk/client-sts'
import { realClock } from '../../src/base/clock.ts'
import { createStrictAuthenticator } from '../../src/gateway/signature/strict-authenticator.ts'
import { gateway } from './gateway.ts'

const key = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'secret',
  accountId: '210987654321',
  principalArn: 'arn:aws:iam::210987654321:user/u',
}

/** A gateway that verifies signatures, and the configuration of a client that has its key. */
async function strictGateway(t: Parameters<typeof gateway>[0]) {
  const keys = { find: async (id: string) => (id === key.accessKeyId ? key : undefined) }
  const authenticator = createStrictAuthenticator({ keys, clock: realClock })
  const made = await gateway(
    t,
    {
      lambda: { Invoke: (input) => ({ StatusCode: 200, Payload: input.Payload }) },
      sts: { GetCallerIdentity: (_input, call) => ({ Account: call.accountId, Arn: call.principalArn }) },
      sns: { Publish: (input) => ({ MessageId: input.Message }) },
      dynamodb: { PutItem: () => ({}) },
      kinesis: { PutRecord: (input) => ({ ShardId: input.Data.toString(), SequenceNumber: '1' }) },
      s3: { PutObject: async (input) => ({ ETag: `${(await buffer(input.Body)).length}` }) },
    },
    { authenticator },
  )
  const credentials = { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey }
  return { ...made, client: { ...made.client, credentials } }
}

test('requests of every protocol that are signed are believed', async (t) => {
  const { client, faults } = await strictGateway(t)
  const invoked = await new Lambda(client).invoke({ FunctionName: 'f', Payload: '{"a":"é"}' })
  assert.equal(invoked.Payload?.transformToString(), '{"a":"é"}')
  const { Account, Arn } = await new STS(client).getCallerIdentity({})
  assert.deepEqual([Account, Arn], [key.accountId, key.principalArn])
  const { MessageId } = await new SNS(client).publish({ TopicArn: 't', Message: 'a+b &é' })
  assert.equal(MessageId, 'a+b &é')
  await new DynamoDB(client).putItem({ TableName: 'table', Item: { k: { S: 'é' } } })
  const kinesis = new Kinesis(client)
  const record = { StreamName: 's', PartitionKey: 'p', Data: Buffer.from('over HTTP/2') }
  assert.equal((await kinesis.putRecord(record)).ShardId, 'over HTTP/2')
  kinesis.destroy()
  assert.deepEqual(faults, [])
})

test('objects are believed in one piece and in chunks', async (t) => {
  const { client } = await strictGateway(t)
  const s3 = new S3({ ...client, forcePathStyle: true })
  const at = { Bucket: 'bucket', Key: 'a b/é+//c' }
  assert.equal((await s3.putObject({ ...at, Body: Buffer.alloc(100_000) })).ETag, '100000')
  const Body = Readable.from([Buffer.alloc(70_000), Buffer.alloc(30_000)])
  assert.equal((await s3.putObject({ ...at, Body, ContentLength: 100_000 })).ETag, '100000')
  s3.destroy()
})

test('an unknown key, a wrong secret and no signature are refused in the service’s words', async (t) => {
  const { client, endpoint } = await strictGateway(t)
  const wrong = { ...client, credentials: { accessKeyId: key.accessKeyId, secretAccessKey: 'wrong' } }
  const unknown = { ...client, credentials: { accessKeyId: 'AKIDUNKNOWN', secretAccessKey: 'secret' } }
  await assert.rejects(new Lambda(wrong).invoke({ FunctionName: 'f' }), { name: 'InvalidSignatureException' })
  await assert.rejects(new Lambda(unknown).invoke({ FunctionName: 'f' }), {
    name: 'UnrecognizedClientException',
  })
  await assert.rejects(new STS(wrong).getCallerIdentity({}), { name: 'SignatureDoesNotMatch' })
  const unsigned = await fetch(`${endpoint}/2015-03-31/functions/f/invocations`, { method: 'POST' })
  assert.equal(unsigned.status, 403)
})

test('a body that is not the one that was signed never reaches its operation', async (t) => {
  const { client } = await strictGateway(t)
  const lambda = new Lambda(client)
  lambda.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body: unknown }
      request.body = Buffer.from('{"a":2}')
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low', override: true, name: 'tamper' },
  )
  await assert.rejects(lambda.invoke({ FunctionName: 'f', Payload: '{"a":1}' }), (error: Error) =>
    /Signature|SHA256/.test(error.name),
  )
})
