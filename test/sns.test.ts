import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import {
  AddPermissionCommand,
  InvokeCommand,
  PutFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda'
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  InvalidParameterException,
  ListSubscriptionsByTopicCommand,
  NotFoundException,
  PublishCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns'
import { DeleteMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { ran, works } from './support/commands.ts'
import { CREDENTIALS, type Platform, platform } from './support/platform.ts'
import { type Queue, queueTaking } from './support/queue.ts'

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:orders'

/** A topic, and clients of both services. */
async function withTopic(t: TestContext, client: Platform['client']) {
  const sns = new SNSClient(client)
  const sqs = new SQSClient(client)
  t.after(() => {
    for (const one of [sns, sqs]) one.destroy()
  })
  await sns.send(new CreateTopicCommand({ Name: 'orders' }))
  return { sns, sqs }
}

const FROM_TOPIC = {
  Principal: { Service: 'sns.amazonaws.com' },
  Condition: { ArnEquals: { 'aws:SourceArn': TOPIC } },
}
const FROM_ANYBODY = { Principal: '*' }

/** A queue that takes what the topic, or anybody, sends it. */
function queueOf(sqs: SQSClient, name: string, from: object = FROM_TOPIC): Promise<Queue> {
  return queueTaking(sqs, name, from)
}

test('a message goes to every queue whose policy lets it through, wrapped or raw', async (t) => {
  const { client } = await platform(t)
  const { sns, sqs } = await withTopic(t, client)
  const [all, large] = [await queueOf(sqs, 'all'), await queueOf(sqs, 'large')]
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'sqs', Endpoint: all.arn }))
  const Attributes = { RawMessageDelivery: 'true', FilterPolicy: '{"total":[{"numeric":[">",10]}]}' }
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'sqs', Endpoint: large.arn, Attributes }))
  const total = (StringValue: string) => ({ total: { DataType: 'Number', StringValue } })
  const { MessageId } = await sns.send(
    new PublishCommand({ TopicArn: TOPIC, Message: 'small', MessageAttributes: total('5') }),
  )
  const [wrapped] = await all.receive()
  const { Message, MessageId: id, TopicArn } = JSON.parse(wrapped?.Body ?? '')
  assert.deepEqual([Message, id, TopicArn], ['small', MessageId, TOPIC])
  await sns.send(new PublishCommand({ TopicArn: TOPIC, Message: 'large', MessageAttributes: total('50') }))
  const raw = await large.receive()
  assert.deepEqual(
    raw.map(({ Body, MessageAttributes }) => [Body, MessageAttributes?.total?.StringValue]),
    [['large', '50']],
  )
})

test('a function runs for a message once its policy lets the topic in', async (t) => {
  const { client, lambda, createFunction } = await platform(t)
  const { sns, sqs } = await withTopic(t, client)
  const dead = await queueOf(sqs, 'dead')
  const seen = await queueOf(sqs, 'seen', FROM_ANYBODY)
  const source = 'exports.handler = async (event) => event.Records[0].Sns'
  const name = await createFunction({ 'index.js': source })
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: name,
      DestinationConfig: { OnSuccess: { Destination: seen.arn } },
    }),
  )
  const Endpoint = `arn:aws:lambda:us-east-1:000000000000:function:${name}`
  const Attributes = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn }) }
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'lambda', Endpoint, Attributes }))
  await sns.send(new PublishCommand({ TopicArn: TOPIC, Message: 'without permission' }))
  const [refused] = await dead.receive()
  assert.equal(JSON.parse(refused?.Body ?? '').Message, 'without permission')
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: name,
      StatementId: 's',
      Action: 'lambda:InvokeFunction',
      Principal: 'sns.amazonaws.com',
      SourceArn: TOPIC,
    }),
  )
  await sns.send(new PublishCommand({ TopicArn: TOPIC, Message: 'with permission' }))
  const [handled] = await seen.receive()
  const { responsePayload } = JSON.parse(handled?.Body ?? '')
  assert.deepEqual([responsePayload.Type, responsePayload.Message], ['Notification', 'with permission'])
})

test('a FIFO topic keeps the order of a group in a FIFO queue, and duplicates out', async (t) => {
  const { client } = await platform(t)
  const { sns, sqs } = await withTopic(t, client)
  const { TopicArn } = await sns.send(
    new CreateTopicCommand({
      Name: 'o.fifo',
      Attributes: { FifoTopic: 'true', ContentBasedDeduplication: 'true' },
    }),
  )
  const { arn, receive } = await queueOf(sqs, 'q.fifo', FROM_ANYBODY)
  const Attributes = { RawMessageDelivery: 'true' }
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: arn, Attributes }))
  const published = []
  for (const Message of ['1', '2', '2', '3', '1', '4', '5']) {
    published.push(await sns.send(new PublishCommand({ TopicArn, Message, MessageGroupId: 'g' })))
  }
  assert.equal(new Set(published.map(({ SequenceNumber }) => SequenceNumber)).size, 5)
  const found: (string | undefined)[] = []
  while (found.length < 5) {
    for (const { Body, ReceiptHandle } of await receive()) {
      found.push(Body)
      const QueueUrl = `${client.endpoint}/000000000000/q.fifo`
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    }
  }
  assert.deepEqual(found, ['1', '2', '3', '4', '5'])
})

for (const auth of ['open', 'strict']) {
  test(`${auth}: an endpoint confirms by the link that it is sent, and ends its subscription by another`, async (t) => {
    const { client } = await platform(t, { auth })
    const { sns } = await withTopic(t, client)
    const posted = new EventEmitter()
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      response.end()
      posted.emit('message', JSON.parse(body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const Endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const asked = once(posted, 'message')
    await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'http', Endpoint }))
    const [{ SubscribeURL }] = await asked
    const confirmed = await fetch(SubscribeURL)
    assert.match(await confirmed.text(), /<SubscriptionArn>arn:aws:sns:us-east-1:000000000000:orders:/)
    const notified = once(posted, 'message')
    await sns.send(new PublishCommand({ TopicArn: TOPIC, Message: 'm' }))
    const [{ Message, UnsubscribeURL }] = await notified
    assert.equal(Message, 'm')
    assert.equal((await fetch(UnsubscribeURL)).status, 200)
    const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: TOPIC }))
    assert.deepEqual(Subscriptions ?? [], [])
  })
}

test('what lambdad signs, openssl verifies by the certificate that the message names', {
  skip: works('openssl', 'version') ? false : 'no openssl',
}, async (t) => {
  const { client, data } = await platform(t)
  const { sns, sqs } = await withTopic(t, client)
  const { arn, receive } = await queueOf(sqs, 'q')
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'sqs', Endpoint: arn }))
  for (const [version, digest] of [
    ['1', '-sha1'],
    ['2', '-sha256'],
  ]) {
    const attribute = { AttributeName: 'SignatureVersion', AttributeValue: version }
    await sns.send(new SetTopicAttributesCommand({ TopicArn: TOPIC, ...attribute }))
    await sns.send(new PublishCommand({ TopicArn: TOPIC, Message: `m${version}`, Subject: 'S' }))
    const [{ Body = '' } = {}] = await receive()
    const message = JSON.parse(Body)
    const names = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
    const file = (name: string) => path.join(data, name)
    await writeFile(file('text'), names.map((name) => `${name}\n${message[name]}\n`).join(''))
    await writeFile(file('signature'), Buffer.from(message.Signature, 'base64'))
    await writeFile(file('pem'), await (await fetch(message.SigningCertURL)).text())
    const shown = await ran('openssl', ['x509', '-in', file('pem'), '-noout', '-pubkey'])
    await writeFile(file('key'), shown.stdout)
    const verified = [
      'dgst',
      String(digest),
      '-verify',
      file('key'),
      '-signature',
      file('signature'),
      file('text'),
    ]
    assert.equal((await ran('openssl', verified)).stdout, 'Verified OK\n')
    const chain = ['verify', '-check_ss_sig', '-CAfile', file('pem'), file('pem')]
    assert.equal((await ran('openssl', chain)).code, 0)
  }
})

test('how deliveries ended is found in the log group of the topic', async (t) => {
  const { client, logs } = await platform(t)
  const { sns, sqs } = await withTopic(t, client)
  const { arn } = await queueOf(sqs, 'q')
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'sqs', Endpoint: arn }))
  for (const [AttributeName, AttributeValue] of [
    ['SQSSuccessFeedbackRoleArn', 'arn:aws:iam::000000000000:role/r'],
    ['SQSSuccessFeedbackSampleRate', '100'],
  ]) {
    await sns.send(new SetTopicAttributesCommand({ TopicArn: TOPIC, AttributeName, AttributeValue }))
  }
  const { MessageId } = await sns.send(new PublishCommand({ TopicArn: TOPIC, Message: 'm' }))
  const logGroupName = 'sns/us-east-1/000000000000/orders'
  const found = async () => {
    const answer = await logs.send(new FilterLogEventsCommand({ logGroupName })).catch(() => undefined)
    return answer?.events?.[0]?.message
  }
  let message = await found()
  for (; message === undefined; message = await found());
  const { status, notification, delivery } = JSON.parse(message)
  assert.deepEqual([status, notification.messageId, delivery.destination], ['SUCCESS', MessageId, arn])
})

interface Outbox {
  readonly messages: readonly { readonly body: string; readonly subscribeUrl: string }[]
}

test('e-mail is found in the outbox, with the link that confirms; in strict mode by the root key alone', async (t) => {
  const { client, endpoint } = await platform(t, { auth: 'strict' })
  const { sns } = await withTopic(t, client)
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'email', Endpoint: 'a@example.com' }))
  const door = `${endpoint}/_lambdad/sns/outbox?to=a%40example.com`
  assert.equal((await fetch(door)).status, 401)
  const { accessKeyId, secretAccessKey } = client.credentials
  const basic = Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')
  const look = async () => {
    const answer = await fetch(door, { headers: { authorization: `Basic ${basic}` } })
    return ((await answer.json()) as Outbox).messages
  }
  let [asked] = await look()
  for (; asked === undefined; [asked] = await look());
  const Token = new URL(asked.subscribeUrl).searchParams.get('Token') ?? ''
  await sns.send(new ConfirmSubscriptionCommand({ TopicArn: TOPIC, Token }))
  await sns.send(new PublishCommand({ TopicArn: TOPIC, Message: 'hello' }))
  let got = await look()
  for (; got.length < 2; got = await look());
  assert.match(got[0]?.body ?? '', /^hello\n/)
})

test('rules publish to a topic that lets them in, and functions send it their results', async (t) => {
  const { client, lambda, createFunction } = await platform(t)
  const { sns, sqs } = await withTopic(t, client)
  const events = new EventBridgeClient(client)
  t.after(() => events.destroy())
  const { arn, receive } = await queueOf(sqs, 'q')
  const Attributes = { RawMessageDelivery: 'true' }
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'sqs', Endpoint: arn, Attributes }))

  const Role = 'arn:aws:iam::000000000000:role/r'
  const FunctionName = await createFunction({ 'index.js': 'exports.handler = async () => "done"' }, { Role })
  const DestinationConfig = { OnSuccess: { Destination: TOPIC } }
  await lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, DestinationConfig }))
  await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event' }))
  const [result] = await receive()
  assert.equal(JSON.parse(result?.Body ?? '').responsePayload, 'done')

  const Principal = { Service: 'events.amazonaws.com' }
  const Statement = [{ Effect: 'Allow', Principal, Action: 'sns:Publish', Resource: TOPIC }]
  const AttributeValue = JSON.stringify({ Version: '2012-10-17', Statement })
  const policy = { TopicArn: TOPIC, AttributeName: 'Policy', AttributeValue }
  await sns.send(new SetTopicAttributesCommand(policy))
  await events.send(new PutRuleCommand({ Name: 'r', EventPattern: '{"source":["s"]}' }))
  await events.send(new PutTargetsCommand({ Rule: 'r', Targets: [{ Id: '1', Arn: TOPIC }] }))
  const Entries = [{ Source: 's', DetailType: 'd', Detail: '{"n":1}' }]
  await events.send(new PutEventsCommand({ Entries }))
  const [event] = await receive()
  assert.deepEqual(JSON.parse(event?.Body ?? '').detail, { n: 1 })
})

test('errors arrive as the SDK’s own', async (t) => {
  const { client } = await platform(t)
  const { sns } = await withTopic(t, client)
  await assert.rejects(
    sns.send(new PublishCommand({ TopicArn: TOPIC, Message: '' })),
    InvalidParameterException,
  )
  await assert.rejects(
    sns.send(new PublishCommand({ TopicArn: `${TOPIC}x`, Message: 'm' })),
    NotFoundException,
  )
})

test('the aws CLI makes topics and publishes', {
  skip: works('aws', '--version') ? false : 'no aws CLI',
}, async (t) => {
  const { endpoint } = await platform(t)
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
  }
  const aws = (...given: string[]) => ran('aws', ['--endpoint-url', endpoint, 'sns', ...given], { env })
  await aws('create-topic', '--name', 'orders')
  const { stdout } = await aws('publish', '--topic-arn', TOPIC, '--message', 'm')
  assert.match(stdout, /"MessageId": "[0-9a-f-]{36}"/)
})
