import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FUNCTION, QUEUE, ROLE, schedulerRig } from './testing.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Sends the time for which it was meant. */
const TIMED = { Target: { Arn: QUEUE, RoleArn: ROLE, Input: '<aws.scheduler.scheduled-time>' } }
const times = (sent: readonly { readonly body: string }[]) => sent.map(({ body }) => body.slice(0, 16))

test('a month of a cron schedule in a zone with daylight saving time', async (t) => {
  const { schedule, sent, pass } = await schedulerRig(t)
  // The clock begins on 1 January 2026; Berlin's clocks go forward on 29 March.
  await schedule('s', 'cron(30 2 ? * SUN *)', {
    ...TIMED,
    ScheduleExpressionTimezone: 'Europe/Berlin',
    StartDate: new Date('2026-03-15T00:00:00Z'),
  })
  await pass(100 * DAY, HOUR)
  assert.deepEqual(times(sent), ['2026-03-15T01:30', '2026-03-22T01:30', '2026-04-05T00:30'])
})

test('a rate begins when it is made, and ends with its end', async (t) => {
  const { schedule, sent, pass, clock } = await schedulerRig(t)
  await schedule('s', 'rate(10 minutes)', { ...TIMED, EndDate: new Date(clock.now() + 25 * MINUTE) })
  await pass(2 * HOUR, MINUTE)
  assert.deepEqual(times(sent), ['2026-01-01T00:00', '2026-01-01T00:10', '2026-01-01T00:20'])
})

test('once means once; a schedule may go afterwards', async (t) => {
  const { run, schedule, sent, pass } = await schedulerRig(t)
  await schedule('stays', 'at(2026-01-01T01:00:00)')
  await schedule('goes', 'at(2026-01-01T01:00:00)', { ActionAfterCompletion: 'DELETE' })
  await schedule('past', 'at(2025-01-01T01:00:00)')
  await schedule('off', 'at(2026-01-01T01:00:00)', { State: 'DISABLED' })
  await pass(2 * HOUR, MINUTE)
  assert.deepEqual(sent.map(({ body }) => body).sort(), ['goes', 'stays'])
  assert.equal((await run('GetSchedule', { Name: 'stays' })).State, 'ENABLED')
  await assert.rejects(run('GetSchedule', { Name: 'goes' }), { code: 'ResourceNotFoundException' })
})

test('within a flexible window it comes some time', async (t) => {
  const { schedule, sent, pass } = await schedulerRig(t)
  const FlexibleTimeWindow = { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 60 }
  for (let n = 0; n < 20; n++) await schedule(`s${n}`, 'at(2026-01-01T01:00:00)', { FlexibleTimeWindow })
  await pass(3 * HOUR, MINUTE)
  const minutes = sent.map(({ at }) => (at - Date.UTC(2026, 0, 1, 1)) / MINUTE)
  assert.equal(minutes.length, 20)
  assert.ok(minutes.every((minute) => minute >= 0 && minute <= 61))
  assert.ok(Math.max(...minutes) - Math.min(...minutes) > 10)
})

test('a function without input gets the event that AWS sends', async (t) => {
  const { schedule, sent, pass } = await schedulerRig(t)
  await schedule('s', 'at(2026-01-01T01:00:00)', { Target: { Arn: FUNCTION, RoleArn: ROLE } })
  await pass(2 * HOUR, MINUTE)
  const [{ body = '', sender } = {}] = sent
  const { id, ...event } = JSON.parse(body)
  assert.match(id, /^[0-9a-f-]{36}$/)
  assert.deepEqual(event, {
    version: '0',
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: '111111111111',
    time: '2026-01-01T01:00:00Z',
    region: 'us-east-1',
    resources: ['arn:aws:scheduler:us-east-1:111111111111:schedule/default/s'],
    detail: '{}',
  })
  assert.equal(sender?.principal, 'scheduler.amazonaws.com')
  assert.equal(sender?.roleArn, ROLE)
})

test('an input may ask for what only the run knows', async (t) => {
  const { schedule, sent, pass, failing } = await schedulerRig(t)
  const Input =
    '<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time> <aws.scheduler.attempt-number> <other>'
  await schedule('s', 'at(2026-01-01T01:00:00)', { Target: { Arn: QUEUE, RoleArn: ROLE, Input } })
  failing.set(QUEUE, 'Throttled')
  await pass(HOUR + 1000, MINUTE)
  failing.clear()
  await pass(HOUR, MINUTE)
  assert.match(
    sent[0]?.body ?? '',
    /^arn:aws:scheduler:us-east-1:111111111111:schedule\/default\/s 2026-01-01T01:00:00Z [2-9] <other>$/,
  )
})

test('a bus gets an event, a FIFO queue its group, and an operation its parameters', async (t) => {
  const { schedule, sent, pass } = await schedulerRig(t)
  const once = (name: string, Target: object) =>
    schedule(name, 'at(2026-01-01T01:00:00)', { Target: { RoleArn: ROLE, ...Target } })
  const bus = 'arn:aws:events:us-east-1:111111111111:event-bus/default'
  await once('bus', { Arn: bus, Input: '{"a":1}', EventBridgeParameters: { Source: 's', DetailType: 't' } })
  await once('fifo', { Arn: `${QUEUE}.fifo`, Input: 'x', SqsParameters: { MessageGroupId: 'g' } })
  const parameters = { QueueUrl: 'http://localhost:4566/111111111111/other', MessageBody: 'by name' }
  await once('named', {
    Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage',
    Input: JSON.stringify(parameters),
  })
  await pass(2 * HOUR, MINUTE)
  const byArn = new Map(sent.map((one) => [one.arn, one]))
  assert.equal(JSON.parse(byArn.get(bus)?.body ?? '').detail, '{"a":1}')
  assert.equal(byArn.get(`${QUEUE}.fifo`)?.groupId, 'g')
  assert.equal(byArn.get('arn:aws:sqs:us-east-1:111111111111:other')?.body, 'by name')
})

test('what cannot be delivered ends in the dead-letter queue, and says why', async (t) => {
  const { schedule, sent, pass, failing } = await schedulerRig(t)
  const dead = 'arn:aws:sqs:us-east-1:111111111111:dead'
  failing.set(FUNCTION, 'Unavailable')
  const Target = {
    Arn: FUNCTION,
    RoleArn: ROLE,
    Input: '{}',
    DeadLetterConfig: { Arn: dead },
    RetryPolicy: { MaximumRetryAttempts: 1 },
  }
  await schedule('s', 'at(2026-01-01T01:00:00)', { Target })
  await pass(2 * HOUR, MINUTE)
  const { EXECUTION_ID, ...attributes } = sent[0]?.attributes ?? {}
  assert.match(EXECUTION_ID ?? '', /^[0-9a-f-]{36}$/)
  assert.deepEqual(attributes, {
    ERROR_CODE: 'Test.Unavailable',
    ERROR_MESSAGE: `${FUNCTION} does not take it`,
    RETRY_ATTEMPTS: '1',
    SCHEDULED_TIME: '2026-01-01T01:00:00Z',
    SCHEDULE_ARN: 'arn:aws:scheduler:us-east-1:111111111111:schedule/default/s',
    TARGET_ARN: FUNCTION,
    EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
  })
})

test('after an hour of sleep a schedule runs once, for the first time that it missed, and goes on', async (t) => {
  const { schedule, sent, pass, sleep, clock } = await schedulerRig(t)
  await schedule('s', 'cron(0/10 * * * ? *)', { ...TIMED, StartDate: new Date(clock.now() + 5 * MINUTE) })
  await sleep(HOUR + 5 * MINUTE)
  await pass(10 * MINUTE, MINUTE)
  assert.deepEqual(times(sent), ['2026-01-01T00:10', '2026-01-01T01:10'])
})

test('what was missed for longer than its target allows is not run, but buried', async (t) => {
  const { schedule, sent, pass, sleep } = await schedulerRig(t)
  const dead = 'arn:aws:sqs:us-east-1:111111111111:dead'
  const RetryPolicy = { MaximumEventAgeInSeconds: 600 }
  const Target = { ...TIMED.Target, DeadLetterConfig: { Arn: dead }, RetryPolicy }
  await schedule('s', 'at(2026-01-01T01:00:00)', { Target })
  await sleep(2 * HOUR)
  await pass(10 * MINUTE, MINUTE)
  assert.deepEqual(
    sent.map(({ arn }) => arn),
    [dead],
  )
})
