import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { AddPermissionCommand, DeleteFunctionCommand } from '@aws-sdk/client-lambda'
import { SQS } from '@aws-sdk/client-sqs'
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
