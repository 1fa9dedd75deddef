import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventBridgeRig, QUEUE } from './testing.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

test('a month of a cron schedule', async (t) => {
  const { run, sent, until, clock } = await eventBridgeRig(t)
  await run('PutRule', { Name: 'nightly', ScheduleExpression: 'cron(30 2 * * ? *)' })
  await run('PutTargets', { Rule: 'nightly', Targets: [{ Id: '1', Arn: QUEUE }] })
  const end = clock.now() + 31 * DAY
  await until(() => clock.now() >= end, HOUR)
  assert.equal(sent.length, 31)
  assert.deepEqual(JSON.parse(sent[1]?.body ?? ''), {
    version: '0',
    id: JSON.parse(sent[1]?.body ?? '').id,
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '111111111111',
    time: '2026-01-02T02:30:00Z',
    region: 'us-east-1',
    resources: ['arn:aws:events:us-east-1:111111111111:rule/nightly'],
    detail: {},
  })
})

test('a rate counts from when the rule was made or switched on', async (t) => {
  const { run, sent, until, clock } = await eventBridgeRig(t)
  await run('PutRule', { Name: 'r', ScheduleExpression: 'rate(5 minutes)' })
  await run('PutTargets', { Rule: 'r', Targets: [{ Id: '1', Arn: QUEUE }] })
  const began = clock.now()
  await until(() => sent.length === 3, 10_000)
  assert.ok(clock.now() - began <= 15 * 60_000 + 20_000)
  await run('DisableRule', { Name: 'r' })
  await until(() => clock.now() > began + HOUR, 60_000)
  assert.equal(sent.length, 3)
})

test('times that passed while nobody ran are made up for once', async (t) => {
  const { run, sent, sleep, until, clock } = await eventBridgeRig(t)
  await run('PutRule', { Name: 'r', ScheduleExpression: 'rate(10 minutes)' })
  await run('PutTargets', { Rule: 'r', Targets: [{ Id: '1', Arn: QUEUE }] })
  await sleep(HOUR + 5 * 60_000)
  const woke = clock.now()
  await until(() => clock.now() > woke + 10 * 60_000, 60_000)
  assert.deepEqual(
    sent.map(({ body }) => JSON.parse(body).time),
    ['2026-01-01T00:10:00Z', '2026-01-01T01:10:00Z'],
  )
})
