import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { EventBridge } from '@aws-sdk/client-eventbridge'
import { AddPermissionCommand, DeleteFunctionCommand } from '@aws-sdk/client-lambda'
import { Pipes } from '@aws-sdk/client-pipes'
import { SQS } from '@aws-sdk/client-sqs'
import { ran, works } from './support/commands.ts'
import { type Platform, platform } from './support/platform.ts'

const ACCOUNT = '000000000000'
const HANDLER = `
import { gunzipSync } from 'node:zlib'
export const handler = async ({ awslogs }) => {
  const { logEvents, ...about } = JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')))
  const body = JSON.stringify({ ...about, messages: logEvents.map(({ message }) => message) })
  const url = process.env.AWS_ENDPOINT_URL + '/'
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'AmazonSQS.SendMessage',
    authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0',
  }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ QueueUrl: process.env.QUEUE, MessageBody: body }) })
  if (!answer.ok) throw new Error(await answer.text())
}
`

interface Rig {
  readonly running: Platform
  readonly logs: CloudWatchLogs
  readonly functionArn: string
  /** What the next delivery told the function. */
  // biome-ignore lint/suspicious/noExplicitAny: what a message holds is for the test to know
  told(): Promise<any>
}

/** A function that puts what it is told of into a queue. */
async function rig(t: TestContext): Promise<Rig> {
  const running = await platform(t)
  const logs = new CloudWatchLogs(running.client)
  const sqs = new SQS(running.client)
  t.after(() => {
    for (const client of [logs, sqs]) client.destroy()
  })
  const { QueueUrl = '' } = await sqs.createQueue({ QueueName: 'told' })
  const name = await running.createFunction(
    { 'index.mjs': HANDLER },
    { name: 'watcher', Environment: { Variables: { QUEUE: QueueUrl } } },
  )
  return {
    running,
    logs,
    functionArn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`,
    told: async () => {
      const { Messages: [message] = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 })
      assert.ok(message, 'the function was told nothing')
      await sqs.deleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle })
      return JSON.parse(message.Body ?? '')
    },
  }
}

/** What a deployment says beside the filter. */
function permit({ running }: Rig, Principal: string, SourceArn: string, StatementId = 's') {
  const Action = 'lambda:InvokeFunction'
  const statement = { StatementId, Action, Principal, SourceArn, SourceAccount: ACCOUNT }
  return running.lambda.send(new AddPermissionCommand({ FunctionName: 'watcher', ...statement }))
}

test('the function has to let the log group in, in the service of its region or of all', async (t) => {
  const rigged = await rig(t)
  const { logs, functionArn: destinationArn } = rigged
  const put = (logGroupName: string) =>
    logs.putSubscriptionFilter({ logGroupName, filterName: 'f', filterPattern: '', destinationArn })
  for (const logGroupName of ['/a', '/b']) await logs.createLogGroup({ logGroupName })
  const refusal = { name: 'InvalidParameterException', message: /^Could not execute the lambda function\./ }
  await assert.rejects(put('/a'), refusal)

  await permit(rigged, 'logs.us-east-1.amazonaws.com', `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/a:*`)
  await put('/a')
  await assert.rejects(put('/b'), refusal)
  // Without the `:*` AWS does not find the group in it either.
  await permit(rigged, 'logs.us-east-1.amazonaws.com', `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/b`, 'b')
  await assert.rejects(put('/b'), refusal)
  await permit(rigged, 'logs.amazonaws.com', `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/b:*`, 'c')
  await put('/b')

  await rigged.running.lambda.send(new DeleteFunctionCommand({ FunctionName: 'watcher' }))
  await assert.rejects(put('/a'), refusal)
})

test('a function is told of what PutLogEvents brings and of what another function writes', async (t) => {
  const rigged = await rig(t)
  const { logs, running, functionArn: destinationArn, told } = rigged
  await permit(rigged, 'logs.us-east-1.amazonaws.com', `arn:aws:logs:us-east-1:${ACCOUNT}:*`)
  const about = { messageType: 'DATA_MESSAGE', owner: ACCOUNT, subscriptionFilters: ['f'] }

  const stream = { logGroupName: '/app', logStreamName: 's' }
  await logs.createLogGroup({ logGroupName: '/app' })
  await logs.createLogStream(stream)
  const filter = { filterName: 'f', filterPattern: '{ $.level = "error" }', destinationArn }
  await logs.putSubscriptionFilter({ logGroupName: '/app', ...filter })
  const messages = ['{"level":"info"}', '{"level":"error","n":1}', 'no JSON', '{"level":"error","n":2}']
  const logEvents = messages.map((message) => ({ timestamp: Date.now(), message }))
  await logs.putLogEvents({ ...stream, logEvents })
  assert.deepEqual(await told(), {
    ...about,
    logGroup: '/app',
    logStream: 's',
    messages: [messages[1], messages[3]],
  })

  const code = 'export const handler = async () => console.log("ERROR", "it broke")'
  const name = await running.createFunction({ 'index.mjs': code }, { name: 'worker' })
  await logs.createLogGroup({ logGroupName: '/aws/lambda/worker' })
  await logs.putSubscriptionFilter({ logGroupName: '/aws/lambda/worker', ...filter, filterPattern: 'ERROR' })
  await running.invoke(name)
  const heard = await told()
  assert.equal(heard.logGroup, '/aws/lambda/worker')
  assert.match(heard.logStream, /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/)
  assert.equal(heard.messages.length, 1)
  assert.match(heard.messages[0], /\tINFO\tERROR it broke\n$/)
})

test('rules and pipes write to a group where its policies let them in, and its subscribers hear of it', async (t) => {
  const rigged = await rig(t)
  const { logs, running, functionArn: destinationArn, told } = rigged
  const [events, pipes, sqs] = [
    new EventBridge(running.client),
    new Pipes(running.client),
    new SQS(running.client),
  ]
  t.after(() => {
    for (const client of [events, pipes, sqs]) client.destroy()
  })
  const logGroupName = '/aws/events/all'
  await logs.createLogGroup({ logGroupName })
  await permit(rigged, 'logs.us-east-1.amazonaws.com', `arn:aws:logs:us-east-1:${ACCOUNT}:*`)
  await logs.putSubscriptionFilter({ logGroupName, filterName: 'f', filterPattern: '', destinationArn })
  const Arn = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${logGroupName}`

  await events.putRule({ Name: 'r', EventPattern: '{"source":["my.app"]}' })
  const InputTransformer = {
    InputPathsMap: { time: '$.time', n: '$.detail.n' },
    InputTemplate: '{"timestamp": <time>, "message": "number <n>"}',
  }
  const Targets = [
    { Id: 'whole', Arn: `${Arn}:*` },
    { Id: 'made', Arn, InputTransformer },
  ]
  await events.putTargets({ Rule: 'r', Targets })
  const Time = new Date(Math.floor(Date.now() / 1000) * 1000 - 5000)
  const put = (n: number) =>
    events.putEvents({ Entries: [{ Source: 'my.app', DetailType: 'd', Detail: `{"n":${n}}`, Time }] })
  await put(1)

  const Statement = {
    Effect: 'Allow',
    Principal: { Service: ['events.amazonaws.com', 'delivery.logs.amazonaws.com'] },
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/events/*:*`,
  }
  const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await logs.putResourcePolicy({ policyName: 'events', policyDocument })
  await put(2)
  const heard = [await told(), await told()].flatMap(({ messages }) => messages)
  assert.ok(heard.includes('number 2'), 'the first event was refused, before there was a policy')
  assert.deepEqual(
    heard.filter((message) => message.startsWith('{')).map((text) => JSON.parse(text).detail),
    [{ n: 2 }],
  )
  const { events: kept = [] } = await logs.filterLogEvents({ logGroupName })
  assert.deepEqual(
    kept.map(({ timestamp }) => timestamp),
    [Time.getTime(), Time.getTime()],
  )

  const { QueueUrl } = await sqs.createQueue({ QueueName: 'from' })
  await pipes.createPipe({
    Name: 'p',
    Source: `arn:aws:sqs:us-east-1:${ACCOUNT}:from`,
    Target: Arn,
    TargetParameters: { CloudWatchLogsParameters: { LogStreamName: 'piped' }, InputTemplate: '<$.body>' },
    RoleArn: `arn:aws:iam::${ACCOUNT}:role/pipes`,
  })
  await sqs.sendMessage({ QueueUrl, MessageBody: 'through the pipe' })
  const { logStream, messages } = await told()
  assert.equal(logStream, 'piped')
  assert.match(messages[0], /through the pipe/)
})

const BOTO = `
import boto3, json, sys
from botocore.exceptions import ClientError
endpoint, function = sys.argv[1:]
logs = boto3.client('logs', endpoint_url=endpoint, region_name='us-east-1', aws_access_key_id='test', aws_secret_access_key='test')
logs.create_log_group(logGroupName='/g')
said = {}
def refused(name, **args):
    try:
        getattr(logs, name)(**args)
    except ClientError as error:
        return error.response['Error']['Code']
filter = dict(logGroupName='/g', filterName='f', filterPattern='{ $.a = 1 }', destinationArn=function)
logs.put_subscription_filter(**filter)
said['filters'] = [one['filterName'] for page in logs.get_paginator('describe_subscription_filters').paginate(logGroupName='/g') for one in page['subscriptionFilters']]
logs.put_subscription_filter(**{**filter, 'filterName': 'g'})
said['third'] = refused('put_subscription_filter', **{**filter, 'filterName': 'h'})
said['none'] = refused('delete_subscription_filter', logGroupName='/g', filterName='h')
said['queue'] = refused('put_subscription_filter', **{**filter, 'destinationArn': 'arn:aws:sqs:us-east-1:000000000000:q'})
said['tested'] = logs.test_metric_filter(filterPattern='[a, b]', logEventMessages=['x y', 'z'])['matches']
policy = json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': {'Service': 'es.amazonaws.com'}, 'Action': 'logs:PutLogEvents', 'Resource': '*'}]})
said['policy'] = logs.put_resource_policy(policyName='p', policyDocument=policy)['resourcePolicy']['policyName']
said['policies'] = [one['policyName'] for one in logs.describe_resource_policies()['resourcePolicies']]
logs.delete_resource_policy(policyName='p')
said['gone'] = refused('delete_resource_policy', policyName='p')
print(json.dumps(said))
`

test('boto3 says and hears the same', {
  skip: !works('python3', '-c', 'import boto3') && 'boto3 is not installed',
}, async (t) => {
  const rigged = await rig(t)
  await permit(rigged, 'logs.amazonaws.com', `arn:aws:logs:us-east-1:${ACCOUNT}:*`)
  const { stdout, stderr } = await ran('python3', ['-c', BOTO, rigged.running.endpoint, rigged.functionArn])
  assert.equal(stderr, '')
  assert.deepEqual(JSON.parse(stdout), {
    filters: ['f'],
    third: 'LimitExceededException',
    none: 'ResourceNotFoundException',
    queue: 'InvalidParameterException',
    tested: [{ eventNumber: 1, eventMessage: 'x y', extractedValues: { $a: 'x', $b: 'y' } }],
    policy: 'p',
    policies: ['p'],
    gone: 'ResourceNotFoundException',
  })
})

test('the aws command line subscribes, lists and unsubscribes', {
  skip: !works('aws', '--version') && 'the AWS CLI is not installed',
}, async (t) => {
  const rigged = await rig(t)
  const { endpoint } = rigged.running
  await permit(rigged, 'logs.amazonaws.com', `arn:aws:logs:us-east-1:${ACCOUNT}:*`)
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
  const aws = (...args: string[]) =>
    ran('aws', ['--endpoint-url', endpoint, '--region', 'us-east-1', '--output', 'json', 'logs', ...args], {
      env,
    })
  const group = ['--log-group-name', '/g']
  const name = ['--filter-name', 'f']
  assert.equal((await aws('create-log-group', ...group)).code, 0)
  const put = ['put-subscription-filter', ...group, ...name, '--filter-pattern', 'ERROR -timeout']
  assert.equal((await aws(...put, '--destination-arn', rigged.functionArn)).code, 0)
  const { subscriptionFilters } = JSON.parse((await aws('describe-subscription-filters', ...group)).stdout)
  assert.equal(subscriptionFilters[0].filterPattern, 'ERROR -timeout')
  const refused = await aws(...put, '--destination-arn', `${rigged.functionArn}-none`)
  assert.match(refused.stderr, /InvalidParameterException.*Could not execute the lambda function/)
  assert.equal((await aws('delete-subscription-filter', ...group, ...name)).code, 0)
  const [one, other] = ['[ERROR] 400', '[INFO] 200']
  const tested = await aws(
    'test-metric-filter',
    '--filter-pattern',
    'ERROR',
    '--log-event-messages',
    one,
    other,
  )
  assert.deepEqual(JSON.parse(tested.stdout), {
    matches: [{ eventNumber: 1, eventMessage: one, extractedValues: {} }],
  })
})
