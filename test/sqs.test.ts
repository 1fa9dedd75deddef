import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { ran, works } from './support/commands.ts'
import { dataFolder, startDaemon } from './support/daemon.ts'
import { CREDENTIALS, platform } from './support/platform.ts'

const hasBoto3 = works('python3', '-c', 'import boto3')

test('the SDK sends, receives with its digests checked, and deletes', async (t) => {
  const { client, endpoint } = await platform(t)
  const sqs = new SQSClient(client)
  t.after(() => sqs.destroy())
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'q' }))
  assert.equal(QueueUrl, `${endpoint}/000000000000/q`)
  const MessageAttributes = {
    n: { DataType: 'Number', StringValue: '1.5' },
    b: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 1, 255) },
  }
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'grüße', MessageAttributes }))
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: 'a', MessageBody: 'x' }] }))
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
  )
  assert.deepEqual(
    Messages.map(({ Body }) => Body),
    ['grüße', 'x'],
  )
  assert.deepEqual(Messages[0]?.MessageAttributes, MessageAttributes)
  for (const { ReceiptHandle } of Messages)
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
})

test('an error has the name of the model for the SDK, and that of Query for who asks in Query', async (t) => {
  const { client, endpoint } = await platform(t)
  const sqs = new SQSClient(client)
  t.after(() => sqs.destroy())
  await assert.rejects(sqs.send(new GetQueueUrlCommand({ QueueName: 'none' })), (error) => {
    assert(error instanceof QueueDoesNotExist)
    assert.equal(error.message, 'The specified queue does not exist.')
    return true
  })
  const form = new URLSearchParams({ Action: 'GetQueueUrl', Version: '2012-11-05', QueueName: 'none' })
  const answer = await fetch(endpoint, { method: 'POST', body: form })
  assert.equal(answer.status, 400)
  const text = await answer.text()
  assert.match(text, /<Code>AWS\.SimpleQueueService\.NonExistentQueue<\/Code>/)
  assert.match(text, /<Message>The specified queue does not exist for this wsdl version\.<\/Message>/)
})

test('a required parameter that is absent is told by its name, in both protocols', async (t) => {
  const { endpoint } = await platform(t)
  const form = new URLSearchParams({ Action: 'SendMessage', QueueUrl: `${endpoint}/000000000000/q` })
  const query = await fetch(`${endpoint}/?Version=2012-11-05`, {
    method: 'POST',
    body: `${form}&Version=2012-11-05`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  assert.equal(query.status, 400)
  const xml = await query.text()
  assert.match(xml, /<Type>Sender<\/Type><Code>MissingParameter<\/Code>/)
  assert.match(xml, /<Message>The request must contain the parameter MessageBody\.<\/Message>/)

  const json = await fetch(endpoint, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ReceiveMessage' },
  })
  assert.equal(json.status, 400)
  assert.equal(json.headers.get('x-amzn-query-error'), 'MissingParameter;Sender')
  const { __type, message } = (await json.json()) as Record<string, string>
  assert.match(__type ?? '', /#MissingRequiredParameterException$/)
  assert.equal(message, 'The request must contain the parameter QueueUrl.')
})

test('what is absent inside an entry fails the entry, and not the batch', async (t) => {
  const { client } = await platform(t)
  const sqs = new SQSClient(client)
  t.after(() => sqs.destroy())
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'q' }))
  const Entries = [{ Id: 'a', MessageBody: 'x' }, { Id: 'b' } as { Id: string; MessageBody: string }]
  const { Successful, Failed } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  assert.equal(Successful?.[0]?.Id, 'a')
  assert.equal(Failed?.[0]?.Code, 'MissingParameter')
})

test('the Query protocol, at the URL of the queue as older clients ask', async (t) => {
  const { endpoint } = await platform(t)
  const ask = async (url: string, parameters: Record<string, string>) => {
    const body = new URLSearchParams({ Version: '2012-11-05', ...parameters })
    const answer = await fetch(url, { method: 'POST', body })
    return { status: answer.status, text: await answer.text() }
  }
  const made = await ask(endpoint, {
    Action: 'CreateQueue',
    QueueName: 'q',
    'Attribute.1.Name': 'DelaySeconds',
    'Attribute.1.Value': '0',
  })
  const url = `${endpoint}/000000000000/q`
  assert(made.text.includes(`<QueueUrl>${url}</QueueUrl>`), made.text)
  const sent = await ask(url, {
    Action: 'SendMessage',
    MessageBody: 'a & b',
    'MessageAttribute.1.Name': 'n',
    'MessageAttribute.1.Value.DataType': 'String',
    'MessageAttribute.1.Value.StringValue': 'v',
  })
  assert.match(sent.text, /<MD5OfMessageBody>[0-9a-f]{32}<\/MD5OfMessageBody>/)
  const received = await ask(url, {
    Action: 'ReceiveMessage',
    'AttributeName.1': 'All',
    'MessageAttributeName.1': 'All',
  })
  assert.match(received.text, /<Body>a &amp; b<\/Body>/)
  assert.match(
    received.text,
    /<MessageAttribute><Name>n<\/Name><Value><DataType>String<\/DataType><StringValue>v<\/StringValue>/,
  )
  assert.match(
    received.text,
    /<Attribute><Name>ApproximateReceiveCount<\/Name><Value>1<\/Value><\/Attribute>/,
  )
  const refused = await ask(url, { Action: 'SendMessage', MessageBody: 'a', 'MessageAttribute.1.Name': 'n' })
  assert.equal(refused.status, 400)
  assert.match(refused.text, /<Type>Sender<\/Type><Code>InvalidParameterValue<\/Code>/)
})

test('boto3, whose errors have the codes of Query', { skip: !hasBoto3 }, async (t) => {
  const { endpoint } = await platform(t)
  const script = `
import boto3, sys
from botocore.exceptions import ClientError
sqs = boto3.client('sqs', endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='test', aws_secret_access_key='test')
url = sqs.create_queue(QueueName='q.fifo', Attributes={'FifoQueue': 'true'})['QueueUrl']
sqs.send_message(QueueUrl=url, MessageBody='a', MessageGroupId='g', MessageDeduplicationId='d')
message = sqs.receive_message(QueueUrl=url, AttributeNames=['All'])['Messages'][0]
print(message['Body'], message['Attributes']['MessageGroupId'])
for call in (lambda: sqs.get_queue_url(QueueName='none'), lambda: sqs.send_message(QueueUrl=url, MessageBody='a')):
    try:
        call()
    except ClientError as error:
        print(error.response['Error']['Code'], error.response['Error'].get('QueryErrorCode'))
`
  const { stdout, stderr } = await ran('python3', ['-c', script, endpoint])
  // Before 1.29 boto3 spoke the Query protocol itself, in which errors have one code only.
  const speaksJson = stdout.includes('QueueDoesNotExist')
  const [gone, missing] = speaksJson
    ? ['QueueDoesNotExist', 'MissingRequiredParameterException']
    : ['None', 'None']
  assert.equal(
    stdout,
    `a g\nAWS.SimpleQueueService.NonExistentQueue ${gone}\nMissingParameter ${missing}\n`,
    stderr,
  )
})

test('queues and messages are there after a restart', async (t) => {
  const data = await dataFolder(t)
  const first = await startDaemon(t, data)
  const send = async (url: string, run: (sqs: SQSClient) => Promise<unknown>) => {
    const sqs = new SQSClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: CREDENTIALS,
      maxAttempts: 1,
    })
    await run(sqs)
    sqs.destroy()
  }
  await send(first.url, async (sqs) => {
    await sqs.send(new CreateQueueCommand({ QueueName: 'q' }))
    await sqs.send(new SendMessageCommand({ QueueUrl: 'q', MessageBody: 'kept' }))
  })
  await first.kill()
  const second = await startDaemon(t, data)
  await send(second.url, async (sqs) => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: 'q' }))
    assert.equal(Messages[0]?.Body, 'kept')
  })
  await second.stop()
})
