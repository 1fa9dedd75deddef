import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  CreateEventBusCommand,
  DeleteRuleCommand,
  DescribeApiDestinationCommand,
  DescribeConnectionCommand,
  EventBridgeClient,
  InvalidEventPatternException,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemovePermissionCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-eventbridge'
import { SQSClient } from '@aws-sdk/client-sqs'
import { ran, works } from './support/commands.ts'
import { dataFolder, startDaemon } from './support/daemon.ts'
import { CREDENTIALS, type Platform, platform } from './support/platform.ts'
import { queueTaking } from './support/queue.ts'

/** `LAMBDAD_LONG=1 npm test` kills more often. */
const KILLS = process.env.LAMBDAD_LONG ? 50 : 3
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:orders'

/** Clients of both services, and a queue that rules may send to. */
async function withQueue(t: TestContext, client: Platform['client']) {
  const events = new EventBridgeClient(client)
  const sqs = new SQSClient(client)
  t.after(() => {
    for (const one of [events, sqs]) one.destroy()
  })
  const queue = await queueTaking(sqs, 'orders', { Principal: { Service: 'events.amazonaws.com' } })
  const receive = async () => (await queue.receive()).map(({ Body = '' }) => JSON.parse(Body))
  return { events, receive }
}

test('the SDK puts an event on a bus, and a rule sends it to a queue', async (t) => {
  const { client } = await platform(t)
  const { events, receive } = await withQueue(t, client)
  await events.send(new CreateEventBusCommand({ Name: 'shop' }))
  const EventPattern = JSON.stringify({ source: ['shop'], detail: { total: [{ numeric: ['>', 10] }] } })
  await events.send(new PutRuleCommand({ Name: 'large', EventBusName: 'shop', EventPattern }))
  const Targets = [{ Id: 'queue', Arn: QUEUE_ARN, InputPath: '$.detail' }]
  await events.send(new PutTargetsCommand({ Rule: 'large', EventBusName: 'shop', Targets }))
  const entry = (total: number) => ({
    EventBusName: 'shop',
    Source: 'shop',
    DetailType: 'order',
    Detail: JSON.stringify({ total }),
  })
  const { FailedEntryCount } = await events.send(new PutEventsCommand({ Entries: [entry(5), entry(50)] }))
  assert.equal(FailedEntryCount, 0)
  assert.deepEqual(await receive(), [{ total: 50 }])
})

test('errors arrive as the SDK’s own', async (t) => {
  const { client } = await platform(t)
  const events = new EventBridgeClient(client)
  t.after(() => events.destroy())
  await assert.rejects(
    events.send(new PutRuleCommand({ Name: 'r', EventPattern: '{"a":1}' })),
    InvalidEventPatternException,
  )
  await assert.rejects(
    events.send(new PutRuleCommand({ Name: 'r', EventPattern: '{"a":[1]}', EventBusName: 'none' })),
    ResourceNotFoundException,
  )
})

test("refusals have AWS's words, as recorded from it", async (t) => {
  const { client } = await platform(t)
  const { events } = await withQueue(t, client)
  const pattern = (EventPattern: string) => events.send(new PutRuleCommand({ Name: 'r', EventPattern }))
  const reasons = {
    '{"resources":[]}': 'Empty arrays are not allowed',
    '{"string":"my-value"}': '"string" must be an object or an array',
    '{"my_key":[{"EXISTS":true}]}': 'Unrecognized match type EXISTS',
    '{"ip":[{"cidr":"xx.11.xx/8"}]}': 'Nonstandard IP address: xx.11.xx',
    '{"a":[{"anything-but":{"prefix":123}}]}': 'prefix/suffix match pattern must be a string',
  }
  for (const [text, reason] of Object.entries(reasons))
    await assert.rejects(pattern(text), { message: `Event pattern is not valid. Reason: ${reason}` })

  await pattern('{"source":["s"]}')
  const targets = (target: object) =>
    events.send(new PutTargetsCommand({ Rule: 'r', Targets: [{ Id: 't', Arn: QUEUE_ARN, ...target }] }))
  const InputTransformer = { InputPathsMap: { a: '$.a' }, InputTemplate: '"<b>"' }
  await assert.rejects(targets({ InputTransformer }), {
    message: 'InputTemplate for target t contains invalid placeholder b.',
  })
  await assert.rejects(targets({ InputTransformer, InputPath: '$.detail' }), {
    message: 'Only one of Input, InputPath, or InputTransformer must be provided for target t.',
  })
  await assert.rejects(targets({ Id: '!@#$@!#$' }), {
    message:
      "1 validation error detected: Value '!@#$@!#$' at 'targets.1.member.id' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
  })
  await targets({})
  await assert.rejects(events.send(new DeleteRuleCommand({ Name: 'r' })), {
    message: "Rule can't be deleted since it has targets.",
  })
  await assert.rejects(events.send(new DescribeConnectionCommand({ Name: 'none' })), {
    name: 'ResourceNotFoundException',
    message: "Failed to describe the connection(s). Connection 'none' does not exist.",
  })
  await assert.rejects(events.send(new DescribeApiDestinationCommand({ Name: 'none' })), {
    message: "Failed to describe the api-destination(s). An api-destination 'none' does not exist.",
  })
  await assert.rejects(events.send(new RemovePermissionCommand({ StatementId: 'none' })), {
    name: 'ResourceNotFoundException',
    message: 'Statement with the provided id does not exist.',
  })
})

test('events that were taken before a kill -9 are delivered after it, each at least once', async (t) => {
  const data = await dataFolder(t)
  const clientOf = (endpoint: string) => ({
    endpoint,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    maxAttempts: 1,
  })
  let daemon = await startDaemon(t, data)
  const { events } = await withQueue(t, clientOf(daemon.url))
  await events.send(new PutRuleCommand({ Name: 'all', EventPattern: '{"source":["s"]}' }))
  await events.send(new PutTargetsCommand({ Rule: 'all', Targets: [{ Id: '1', Arn: QUEUE_ARN }] }))
  const acknowledged = new Set<string>()
  for (let round = 0; round < KILLS; round++) {
    const client = new EventBridgeClient(clientOf(daemon.url))
    const puts = Array.from({ length: 40 }, async () => {
      const Entries = Array.from({ length: 10 }, () => ({ Source: 's', DetailType: 't', Detail: '{}' }))
      const put = await client.send(new PutEventsCommand({ Entries }))
      for (const { EventId = '' } of put.Entries ?? []) acknowledged.add(EventId)
    })
    // In the midst of them: those that were not answered may be lost.
    await Promise.race(puts)
    await daemon.kill()
    await Promise.allSettled(puts)
    client.destroy()
    daemon = await startDaemon(t, data)
  }
  const { receive } = await withQueue(t, clientOf(daemon.url))
  t.diagnostic(`${KILLS} kills, ${acknowledged.size} events acknowledged`)
  assert.ok(acknowledged.size > 0)
  for (const missing = new Set(acknowledged); missing.size > 0; ) {
    for (const { id } of await receive()) missing.delete(id)
  }
  await daemon.stop()
})

test('the aws CLI puts events and tests patterns', {
  skip: works('aws', '--version') ? false : 'no aws CLI',
}, async (t) => {
  const { endpoint } = await platform(t)
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
  }
  const entries = JSON.stringify([{ Source: 's', DetailType: 't', Detail: '{"a":1}' }])
  const put = await ran('aws', ['--endpoint-url', endpoint, 'events', 'put-events', '--entries', entries], {
    env,
  })
  assert.match(put.stdout, /"FailedEntryCount": 0/)
})
