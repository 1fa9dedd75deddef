import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QUEUE, ROLE, schedulerRig } from '../testing.ts'

const ARN = 'arn:aws:scheduler:us-east-1:111111111111:schedule/default/s'

test('a schedule is shown with AWS’s defaults', async (t) => {
  const { run, schedule, clock } = await schedulerRig(t)
  assert.equal((await schedule('s', 'rate(5 minutes)')).ScheduleArn, ARN)
  const made = new Date(clock.now())
  assert.deepEqual(await run('GetSchedule', { Name: 's' }), {
    Arn: ARN,
    GroupName: 'default',
    Name: 's',
    State: 'ENABLED',
    CreationDate: made,
    LastModificationDate: made,
    ScheduleExpression: 'rate(5 minutes)',
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'NONE',
    Target: {
      Arn: QUEUE,
      RoleArn: ROLE,
      Input: 's',
      RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
    },
  })
})

test('names are taken once in a group; the same call again is no conflict', async (t) => {
  const { run, schedule } = await schedulerRig(t)
  await schedule('s', 'rate(1 hour)', { ClientToken: 'token' })
  await schedule('s', 'rate(1 hour)', { ClientToken: 'token' })
  await assert.rejects(schedule('s', 'rate(1 hour)'), {
    code: 'ConflictException',
    message: 'Schedule s already exists.',
  })
  await run('CreateScheduleGroup', { Name: 'g' })
  await schedule('s', 'rate(1 hour)', { GroupName: 'g' })
  await assert.rejects(schedule('s', 'rate(1 hour)', { GroupName: 'none' }), {
    code: 'ResourceNotFoundException',
    message: 'Schedule group none does not exist.',
  })
})

test('settings that cannot be are refused', async (t) => {
  const { schedule } = await schedulerRig(t)
  const refused = (expression: string, more: object, message: RegExp | string) =>
    assert.rejects(schedule('s', expression, more), { code: 'ValidationException', message })
  await refused('rate(10 seconds)', {}, 'Invalid Schedule Expression rate(10 seconds).')
  await refused('cron(0 0 * * *)', {}, /Invalid Schedule Expression/)
  await refused('rate(1 hour)', { ScheduleExpressionTimezone: 'Europe/Nowhere' }, /Timezone/)
  await refused('rate(1 hour)', { StartDate: new Date(2), EndDate: new Date(1) }, /must come after/)
  await refused('rate(1 hour)', { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }, /MaximumWindowInMinutes/)
  await refused('rate(1 hour)', { Target: { Arn: 'x', RoleArn: ROLE } }, /Invalid target ARN/)
  await refused('rate(1 hour)', { Target: { Arn: QUEUE, RoleArn: 'x' } }, /Invalid RoleArn/)
  await refused('rate(1 hour)', { Target: { Arn: `${QUEUE}.fifo`, RoleArn: ROLE } }, /MessageGroupId/)
  await refused('rate(1 hour)', { KmsKeyArn: 'arn:aws:kms:us-east-1:111111111111:key/k' }, /not supported/)
  const ec2 = 'arn:aws:scheduler:::aws-sdk:ec2:startInstances'
  await refused('rate(1 hour)', { Target: { Arn: ec2, RoleArn: ROLE } }, /startInstances is not supported/)
})

test('lists go by group, prefix and state, in pages', async (t) => {
  const { run, schedule } = await schedulerRig(t)
  await run('CreateScheduleGroup', { Name: 'g' })
  for (const name of ['a1', 'a2', 'a3', 'b1']) await schedule(name, 'rate(1 hour)')
  await schedule('a4', 'rate(1 hour)', { GroupName: 'g', State: 'DISABLED' })
  const names = async (input: object) => {
    const { Schedules = [], NextToken } = await run('ListSchedules', input)
    return { names: Schedules.map(({ Name }) => Name), NextToken }
  }
  const first = await names({ NamePrefix: 'a', MaxResults: 2 })
  assert.deepEqual(first.names, ['a1', 'a2'])
  const second = await names({ NamePrefix: 'a', MaxResults: 2, NextToken: first.NextToken })
  assert.deepEqual(second, { names: ['a3', 'a4'], NextToken: undefined })
  assert.deepEqual((await names({ State: 'DISABLED', MaxResults: 1 })).names, ['a4'])
  assert.deepEqual((await names({ GroupName: 'g' })).names, ['a4'])
  await assert.rejects(run('ListSchedules', { NextToken: 'nonsense' }), { code: 'ValidationException' })
})

test('an update gives all settings anew', async (t) => {
  const { run, schedule } = await schedulerRig(t)
  await schedule('s', 'rate(1 hour)', { Description: 'd' })
  await run('UpdateSchedule', {
    Name: 's',
    ScheduleExpression: 'rate(2 hours)',
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    Target: { Arn: QUEUE, RoleArn: ROLE },
  })
  const shown = await run('GetSchedule', { Name: 's' })
  assert.equal(shown.Description, undefined)
  assert.deepEqual(shown.FlexibleTimeWindow, { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 })
  await run('DeleteSchedule', { Name: 's' })
  for (const call of [run('GetSchedule', { Name: 's' }), run('DeleteSchedule', { Name: 's' })]) {
    await assert.rejects(call, { code: 'ResourceNotFoundException', message: 'Schedule s does not exist.' })
  }
})

test('groups have tags, and take their schedules with them', async (t) => {
  const { run, schedule } = await schedulerRig(t)
  const { ScheduleGroupArn: ResourceArn } = await run('CreateScheduleGroup', {
    Name: 'g',
    Tags: [{ Key: 'a', Value: '1' }],
  })
  await run('TagResource', { ResourceArn, Tags: [{ Key: 'b', Value: '2' }] })
  await run('UntagResource', { ResourceArn, TagKeys: ['a'] })
  assert.deepEqual((await run('ListTagsForResource', { ResourceArn })).Tags, [{ Key: 'b', Value: '2' }])
  assert.deepEqual(
    (await run('ListScheduleGroups', {})).ScheduleGroups?.map(({ Name }) => Name),
    ['default', 'g'],
  )
  await assert.rejects(run('CreateScheduleGroup', { Name: 'g' }), { code: 'ConflictException' })
  await schedule('s', 'rate(1 hour)', { GroupName: 'g' })
  await run('DeleteScheduleGroup', { Name: 'g' })
  await assert.rejects(run('GetSchedule', { GroupName: 'g', Name: 's' }), {
    code: 'ResourceNotFoundException',
  })
  await assert.rejects(run('GetScheduleGroup', { Name: 'g' }), { code: 'ResourceNotFoundException' })
  await assert.rejects(run('DeleteScheduleGroup', { Name: 'default' }), { code: 'ValidationException' })
  await assert.rejects(run('ListTagsForResource', { ResourceArn: 'x' }), { code: 'ValidationException' })
})
