import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventBridgeRig } from '../testing.ts'

test('the default bus is there, and cannot be deleted', async (t) => {
  const { run } = await eventBridgeRig(t)
  const { EventBuses } = await run('ListEventBuses', {})
  assert.deepEqual(EventBuses, [
    { Name: 'default', Arn: 'arn:aws:events:us-east-1:111111111111:event-bus/default' },
  ])
  assert.equal((await run('DescribeEventBus', {})).Name, 'default')
  await assert.rejects(run('DeleteEventBus', { Name: 'default' }), {
    message: 'Cannot delete event bus default.',
  })
  await assert.rejects(run('CreateEventBus', { Name: 'default' }), { code: 'ResourceAlreadyExistsException' })
})

test('CreateEventBus makes a bus with its times, once', async (t) => {
  const { run, clock } = await eventBridgeRig(t)
  await run('CreateEventBus', { Name: 'b', Description: 'd', Tags: [{ Key: 'k', Value: 'v' }] })
  assert.deepEqual(await run('DescribeEventBus', { Name: 'b' }), {
    Name: 'b',
    Arn: 'arn:aws:events:us-east-1:111111111111:event-bus/b',
    Description: 'd',
    CreationTime: new Date(clock.now()),
    LastModifiedTime: new Date(clock.now()),
  })
  await assert.rejects(run('CreateEventBus', { Name: 'b' }), { message: 'Event bus b already exists.' })
  await assert.rejects(run('CreateEventBus', { Name: 'a/b' }), {
    message: "Event bus name must not contain '/'.",
  })
  await assert.rejects(run('CreateEventBus', { Name: 'k', KmsKeyIdentifier: 'key' }), {
    message: /not supported/,
  })
})

test('a bus with rules stays', async (t) => {
  const { run } = await eventBridgeRig(t)
  await run('CreateEventBus', { Name: 'b' })
  await run('PutRule', { Name: 'r', EventBusName: 'b', EventPattern: '{"a":[1]}' })
  await assert.rejects(run('DeleteEventBus', { Name: 'b' }), {
    message: "Event bus can't be deleted since it has rules.",
  })
  await run('DeleteRule', { Name: 'r', EventBusName: 'b' })
  await run('DeleteEventBus', { Name: 'b' })
  await assert.rejects(run('DescribeEventBus', { Name: 'b' }), { message: 'Event bus b does not exist.' })
})

test('PutPermission writes statements, and RemovePermission takes them away', async (t) => {
  const { run } = await eventBridgeRig(t)
  const policy = async () => (await run('DescribeEventBus', {})).Policy
  await run('PutPermission', { StatementId: 's', Principal: '222222222222', Action: 'events:PutEvents' })
  assert.deepEqual(JSON.parse((await policy()) ?? ''), {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 's',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::222222222222:root' },
        Action: 'events:PutEvents',
        Resource: 'arn:aws:events:us-east-1:111111111111:event-bus/default',
      },
    ],
  })
  await assert.rejects(run('RemovePermission', { StatementId: 'none' }), {
    code: 'ResourceNotFoundException',
    message: 'Statement with the provided id does not exist.',
  })
  await run('RemovePermission', { StatementId: 's' })
  assert.equal(await policy(), undefined)
  await assert.rejects(run('PutPermission', { StatementId: 's' }), { code: 'ValidationException' })
  await assert.rejects(run('PutPermission', { Policy: '{' }), { code: 'ValidationException' })
})

test('tags of buses and rules', async (t) => {
  const { run } = await eventBridgeRig(t)
  const { EventBusArn } = await run('CreateEventBus', { Name: 'b', Tags: [{ Key: 'a', Value: '1' }] })
  const { RuleArn } = await run('PutRule', { Name: 'r', EventBusName: 'b', EventPattern: '{"a":[1]}' })
  for (const ResourceARN of [EventBusArn, RuleArn]) {
    await run('TagResource', { ResourceARN, Tags: [{ Key: 'b', Value: '2' }] })
    await run('UntagResource', { ResourceARN, TagKeys: ['a'] })
    assert.deepEqual((await run('ListTagsForResource', { ResourceARN })).Tags, [{ Key: 'b', Value: '2' }])
  }
  await assert.rejects(
    run('ListTagsForResource', { ResourceARN: 'arn:aws:events:us-east-1:111111111111:rule/none' }),
    { code: 'ResourceNotFoundException' },
  )
  await assert.rejects(
    run('TagResource', { ResourceARN: EventBusArn, Tags: [{ Key: 'aws:x', Value: '' }] }),
    { code: 'ValidationException' },
  )
})
