import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ConflictException,
  CreatePipeCommand,
  DescribePipeCommand,
  NotFoundException,
  PipesClient,
  ValidationException,
} from '@aws-sdk/client-pipes'
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { dataFolder, startDaemon } from './support/daemon.ts'
import { CREDENTIALS, platform } from './support/platform.ts'

const ARN = 'arn:aws:sqs:us-east-1:000000000000'

test('the SDK makes a pipe, and it takes messages from one queue to another', async (t) => {
  const { client } = await platform(t)
  const pipes = new PipesClient(client)
  const sqs = new SQSClient(client)
  t.after(() => {
    for (const one of [pipes, sqs]) one.destroy()
  })
  const { QueueUrl: from } = await sqs.send(new CreateQueueCommand({ QueueName: 'from' }))
  const { QueueUrl: to } = await sqs.send(new CreateQueueCommand({ QueueName: 'to' }))
  const pipe = {
    Name: 'p',
    Source: `${ARN}:from`,
    SourceParameters: { FilterCriteria: { Filters: [{ Pattern: '{"body":{"n":[{"numeric":[">",1]}]}}' }] } },
    Target: `${ARN}:to`,
    TargetParameters: { InputTemplate: '{"number": <$.body.n>}' },
    RoleArn: 'arn:aws:iam::000000000000:role/pipes',
  }
  const { Arn, CurrentState } = await pipes.send(new CreatePipeCommand(pipe))
  assert.deepEqual([Arn, CurrentState], ['arn:aws:pipes:us-east-1:000000000000:pipe/p', 'CREATING'])
  await assert.rejects(pipes.send(new CreatePipeCommand(pipe)), ConflictException)
  await assert.rejects(pipes.send(new DescribePipeCommand({ Name: 'none' })), NotFoundException)
  const Source = 'arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/s'
  await assert.rejects(pipes.send(new CreatePipeCommand({ ...pipe, Name: 'q', Source })), ValidationException)
  for (const n of [1, 2]) {
    await sqs.send(new SendMessageCommand({ QueueUrl: from, MessageBody: JSON.stringify({ n }) }))
  }
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: to, WaitTimeSeconds: 10 }))
  assert.deepEqual(
    Messages.map(({ Body }) => Body),
    ['{"number": 2}'],
  )
})

test('a function enriches what goes through, with the pipe’s role and no policy of its own', async (t) => {
  const { client, createFunction } = await platform(t)
  const pipes = new PipesClient(client)
  const sqs = new SQSClient(client)
  t.after(() => {
    for (const one of [pipes, sqs]) one.destroy()
  })
  const handler =
    'export const handler = async (events) => events.map(({ body }) => ({ loud: body.toUpperCase() }))'
  const name = await createFunction({ 'index.mjs': handler })
  const { QueueUrl: from } = await sqs.send(new CreateQueueCommand({ QueueName: 'from' }))
  const { QueueUrl: to } = await sqs.send(new CreateQueueCommand({ QueueName: 'to' }))
  await pipes.send(
    new CreatePipeCommand({
      Name: 'p',
      Source: `${ARN}:from`,
      Enrichment: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      Target: `${ARN}:to`,
      RoleArn: 'arn:aws:iam::000000000000:role/pipes',
    }),
  )
  await sqs.send(new SendMessageCommand({ QueueUrl: from, MessageBody: 'hello' }))
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: to, WaitTimeSeconds: 15 }))
  assert.deepEqual(
    Messages.map(({ Body }) => Body),
    ['{"loud":"HELLO"}'],
  )
})

test('a pipe goes on after a kill -9, without anybody calling it', async (t) => {
  const data = await dataFolder(t)
  const clientOf = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials: CREDENTIALS })
  let daemon = await startDaemon(t, data)
  const pipes = new PipesClient(clientOf(daemon.url))
  const before = new SQSClient(clientOf(daemon.url))
  for (const QueueName of ['from', 'to']) await before.send(new CreateQueueCommand({ QueueName }))
  await pipes.send(
    new CreatePipeCommand({
      Name: 'p',
      Source: `${ARN}:from`,
      Target: `${ARN}:to`,
      TargetParameters: { InputTemplate: '<$.body>' },
      RoleArn: 'arn:aws:iam::000000000000:role/pipes',
    }),
  )
  for (const one of [pipes, before]) one.destroy()
  await daemon.kill()
  daemon = await startDaemon(t, data)
  const sqs = new SQSClient(clientOf(daemon.url))
  t.after(() => sqs.destroy())
  const url = (name: string) => `${daemon.url}/000000000000/${name}`
  await sqs.send(new SendMessageCommand({ QueueUrl: url('from'), MessageBody: 'later' }))
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url('to'), WaitTimeSeconds: 15 }),
  )
  assert.deepEqual(
    Messages.map(({ Body }) => Body),
    ['later'],
  )
  await daemon.stop()
})
