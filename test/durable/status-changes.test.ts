import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { platform } from '../support/platform.ts'
import { begin } from './support.ts'

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:changes'

test('a rule on the default bus sends on that an execution began and succeeded', async (t) => {
  const { client, createFunction, lambda } = await platform(t)
  const [events, sqs] = [new EventBridgeClient(client), new SQSClient(client)]
  t.after(() => {
    events.destroy()
    sqs.destroy()
  })
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'changes' }))
  const allow = { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage' }
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...allow, Resource: QUEUE }] })
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }))
  const EventPattern = JSON.stringify({
    source: ['aws.lambda'],
    'detail-type': ['Durable Execution Status Change'],
  })
  await events.send(new PutRuleCommand({ Name: 'changes', EventPattern }))
  await events.send(new PutTargetsCommand({ Rule: 'changes', Targets: [{ Id: 'queue', Arn: QUEUE }] }))

  const code = `export const handler = async () => ({ Status: 'SUCCEEDED', Result: '1' })`
  const name = await createFunction(
    { 'index.mjs': code },
    { DurableConfig: { ExecutionTimeout: 60, RetentionPeriodInDays: 1 } },
  )
  const arn = await begin(lambda, name, {}, { DurableExecutionName: 'order-1' })

  const statuses: string[] = []
  while (statuses.length < 2) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10, MaxNumberOfMessages: 10 }),
    )
    assert.notEqual(Messages.length, 0, 'nothing came within 10 s')
    for (const { Body = '' } of Messages) {
      const { source, account, region, resources, detail } = JSON.parse(Body)
      assert.deepEqual([source, account, region, resources], ['aws.lambda', '000000000000', 'us-east-1', []])
      assert.equal(detail.durableExecutionArn, arn)
      assert.equal(detail.durableExecutionName, 'order-1')
      assert.match(detail.functionArn, new RegExp(`:function:${name}:\\$LATEST$`))
      assert.equal('endTimestamp' in detail, detail.status !== 'RUNNING')
      statuses.push(detail.status)
    }
  }
  assert.deepEqual(statuses.sort(), ['RUNNING', 'SUCCEEDED'])
})
