import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SqsRig, sqsRig } from '../testing.ts'

const arn = (name: string) => `arn:aws:sqs:us-east-1:111111111111:${name}`

/** Queue `q` with dead-letter queue `dead`, in which there are so many messages of it. */
async function deadLetters(
  { queue, send, receive, clock }: SqsRig,
  count: number,
): Promise<{ dead: string; q: string }> {
  const dead = await queue('dead')
  const policy = { deadLetterTargetArn: arn('dead'), maxReceiveCount: 1 }
  const q = await queue('q', { VisibilityTimeout: '1', RedrivePolicy: JSON.stringify(policy) })
  for (let n = 0; n < count; n++) await send(q, `m${n}`)
  for (let n = 0; n < count; n += 10) await receive(q, { MaxNumberOfMessages: 10 })
  await clock.advance(1000)
  await receive(q)
  return { dead, q }
}

/** In small steps: between two waits a task writes several times. */
async function pass({ clock }: SqsRig, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 20) await clock.advance(20)
}

test('a task moves all back to where they came from, as new messages', async (t) => {
  const rig = await sqsRig(t)
  const { q } = await deadLetters(rig, 15)
  await rig.clock.advance(5000)
  const { TaskHandle } = await rig.run('StartMessageMoveTask', { SourceArn: arn('dead') })
  assert.ok(TaskHandle)
  await pass(rig, 1000)
  const { Results = [] } = await rig.run('ListMessageMoveTasks', { SourceArn: arn('dead') })
  assert.deepEqual(Results, [
    {
      Status: 'COMPLETED',
      SourceArn: arn('dead'),
      ApproximateNumberOfMessagesMoved: 15,
      ApproximateNumberOfMessagesToMove: 15,
      StartedTimestamp: Results[0]?.StartedTimestamp,
    },
  ])
  const { Messages = [] } = await rig.run('ReceiveMessage', {
    QueueUrl: q,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ['All'],
  })
  assert.equal(Messages.length, 10)
  assert.equal(Messages[0]?.Attributes?.ApproximateReceiveCount, '1')
  assert.equal(Messages[0]?.Attributes?.DeadLetterQueueSourceArn, undefined)
  assert.deepEqual(rig.faults, [])
})

test('a task keeps to its rate, runs alone, and can be cancelled', async (t) => {
  const rig = await sqsRig(t)
  await deadLetters(rig, 10)
  const task = { SourceArn: arn('dead'), MaxNumberOfMessagesPerSecond: 1 }
  const { TaskHandle = '' } = await rig.run('StartMessageMoveTask', task)
  await assert.rejects(rig.run('StartMessageMoveTask', task), {
    message:
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
  })
  await pass(rig, 2500)
  const moved = async () => (await rig.run('ListMessageMoveTasks', { SourceArn: arn('dead') })).Results?.[0]
  const running = await moved()
  assert.equal(running?.Status, 'RUNNING')
  assert.equal(running?.TaskHandle, TaskHandle)
  assert.equal(running?.ApproximateNumberOfMessagesMoved, 3)
  assert.deepEqual(await rig.run('CancelMessageMoveTask', { TaskHandle }), {
    ApproximateNumberOfMessagesMoved: 3,
  })
  await pass(rig, 5000)
  const cancelled = await moved()
  assert.equal(cancelled?.Status, 'CANCELLED')
  assert.equal(cancelled?.ApproximateNumberOfMessagesMoved, 3)
  await assert.rejects(rig.run('CancelMessageMoveTask', { TaskHandle }), {
    queryCode: 'InvalidParameterValue',
  })
})

test('a task fails where its destination goes away', async (t) => {
  const rig = await sqsRig(t)
  await deadLetters(rig, 10)
  const QueueUrl = await rig.queue('target')
  await rig.run('StartMessageMoveTask', {
    SourceArn: arn('dead'),
    DestinationArn: arn('target'),
    MaxNumberOfMessagesPerSecond: 1,
  })
  await pass(rig, 1500)
  await rig.run('DeleteQueue', { QueueUrl })
  await pass(rig, 2000)
  const { Results = [] } = await rig.run('ListMessageMoveTasks', { SourceArn: arn('dead') })
  assert.equal(Results[0]?.Status, 'FAILED')
  assert.equal(Results[0]?.FailureReason, 'AWS.SimpleQueueService.NonExistentQueue')
})

test('what is wrong with a task is said as AWS says it', async (t) => {
  const { run, queue } = await sqsRig(t)
  await queue('plain')
  await assert.rejects(run('StartMessageMoveTask', { SourceArn: arn('plain') }), {
    message: 'Source queue must be configured as a Dead Letter Queue.',
  })
  await assert.rejects(run('StartMessageMoveTask', { SourceArn: arn('missing') }), {
    code: 'ResourceNotFoundException',
    message: "The resource that you specified for the SourceArn parameter doesn't exist.",
  })
  await assert.rejects(run('CancelMessageMoveTask', { TaskHandle: 'garbage' }), {
    message: 'Value for parameter TaskHandle is invalid.',
  })
  const handle = (sourceArn: string) =>
    Buffer.from(JSON.stringify({ taskId: 'x', sourceArn })).toString('base64')
  await assert.rejects(run('CancelMessageMoveTask', { TaskHandle: handle(arn('plain')) }), {
    code: 'ResourceNotFoundException',
    message: 'Task does not exist.',
  })
})
