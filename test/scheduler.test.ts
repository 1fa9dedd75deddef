import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  GetScheduleCommand,
  ListTagsForResourceCommand,
  SchedulerClient,
  UntagResourceCommand,
} from '@aws-sdk/client-scheduler'
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { dataFolder, startDaemon } from './support/daemon.ts'
import { CREDENTIALS, platform } from './support/platform.ts'

/** `LAMBDAD_LONG=1 npm test` kills more often. */
const KILLS = process.env.LAMBDAD_LONG ? 50 : 3
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:q'
const ROLE = 'arn:aws:iam::000000000000:role/schedules'

const schedule = (Name: string, ScheduleExpression: string, more: object = {}) =>
  new CreateScheduleCommand({
    Name,
    ScheduleExpression,
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: QUEUE, RoleArn: ROLE, Input: Name },
    ...more,
  })

test('expressions are taken and refused as recorded from AWS', async (t) => {
  const { client } = await platform(t)
  const scheduler = new SchedulerClient(client)
  t.after(() => scheduler.destroy())
  const refused = [
    'cron(0 1 * * * *)',
    'cron(7 20 * * NOT *)',
    'cron(INVALID)',
    'cron(71 8 1 * ? *)',
    'cron()',
    'rate(10 seconds)',
    'rate(10 years)',
    'rate()',
    'rate(10)',
    'rate(10 minutess)',
    'rate(-10 minutes)',
    'rate( 10 minutes )',
    ' rate(10 minutes)',
    'at(2021-12-31T23:59:59Z)',
    'at(2021-12-31)',
  ]
  for (const expression of refused)
    await assert.rejects(scheduler.send(schedule('s', expression)), {
      name: 'ValidationException',
      message: `Invalid Schedule Expression ${expression}.`,
    })
  const taken = [
    'cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)',
    'cron(30-30 13-13 ? * 2,4,6 *)',
    'cron(1-31/30 1-1 ? * 1,7 *)',
    'cron(*/15 * * * ? *)',
    'cron(0-59/10 0-23/2 ? * * *)',
    'at(2022-12-31T23:59:59)',
    'rate(1 minutes)',
  ]
  for (const [n, expression] of taken.entries()) {
    await scheduler.send(schedule(`s${n}`, expression))
    const { ScheduleExpression } = await scheduler.send(new GetScheduleCommand({ Name: `s${n}` }))
    assert.equal(ScheduleExpression, expression)
  }
})

test('a group without tags has an empty list of them', async (t) => {
  const { client } = await platform(t)
  const scheduler = new SchedulerClient(client)
  t.after(() => scheduler.destroy())
  const Tags = [{ Key: 'TagKey', Value: 'TagValue' }]
  const { ScheduleGroupArn: ResourceArn } = await scheduler.send(
    new CreateScheduleGroupCommand({ Name: 'g', Tags }),
  )
  await scheduler.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['TagKey'] }))
  const left = await scheduler.send(new ListTagsForResourceCommand({ ResourceArn }))
  assert.deepEqual(left.Tags, [])
})

test('schedules whose time comes while lambdad is killed run after it, each at least once', async (t) => {
  const data = await dataFolder(t)
  const made = new Set<string>()
  for (let kill = 0; kill < KILLS; kill++) {
    const daemon = await startDaemon(t, data)
    const { scheduler, sqs } = clientsOf(daemon.url)
    await sqs.send(new CreateQueueCommand({ QueueName: 'q' }))
    const work = makeSchedules(scheduler, kill, made)
    await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 900))
    await daemon.kill()
    await work
    for (const one of [scheduler, sqs]) one.destroy()
  }

  const daemon = await startDaemon(t, data)
  const { scheduler, sqs } = clientsOf(daemon.url)
  const missing = new Set(made)
  const until = Date.now() + 60_000
  while (missing.size > 0 && Date.now() < until) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: 'q', WaitTimeSeconds: 5, MaxNumberOfMessages: 10 }),
    )
    for (const { Body = '' } of Messages) missing.delete(Body)
  }
  for (const one of [scheduler, sqs]) one.destroy()
  await daemon.stop()
  t.diagnostic(`${KILLS} kills, ${made.size} schedules, ${missing.size} lost`)
  assert(made.size > KILLS, `only ${made.size} were acknowledged: the test proves nothing`)
  assert.deepEqual([...missing], [])
})

/** Schedules for the next seconds, until the daemon is gone; `made` has those that were acknowledged. */
async function makeSchedules(scheduler: SchedulerClient, kill: number, made: Set<string>): Promise<void> {
  try {
    for (let n = 0; ; n++) {
      const name = `s${kill}-${n}`
      const at = new Date(Date.now() + 1500).toISOString().slice(0, 19)
      await scheduler.send(schedule(name, `at(${at})`))
      made.add(name)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  } catch {
    // The daemon was killed.
  }
}

function clientsOf(endpoint: string) {
  const options = { endpoint, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 }
  return { scheduler: new SchedulerClient(options), sqs: new SQSClient(options) }
}
