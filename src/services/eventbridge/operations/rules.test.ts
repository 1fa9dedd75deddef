import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventBridgeRig, FUNCTION, QUEUE } from '../testing.ts'

const PATTERN = '{"source":["my.app"]}'

test('PutRule makes a rule that DescribeRule and ListRules show as AWS does', async (t) => {
  const { run } = await eventBridgeRig(t)
  const { RuleArn } = await run('PutRule', { Name: 'r', EventPattern: PATTERN, Description: 'd' })
  assert.equal(RuleArn, 'arn:aws:events:us-east-1:111111111111:rule/r')
  const shown = {
    Name: 'r',
    Arn: RuleArn,
    EventBusName: 'default',
    State: 'ENABLED',
    EventPattern: PATTERN,
    Description: 'd',
  }
  assert.deepEqual(await run('DescribeRule', { Name: 'r' }), { ...shown, CreatedBy: '111111111111' })
  assert.deepEqual((await run('ListRules', {})).Rules, [shown])
})

test('the rules of a bus of its own have its name in their ARN', async (t) => {
  const { run } = await eventBridgeRig(t)
  const { EventBusArn } = await run('CreateEventBus', { Name: 'orders' })
  assert.equal(EventBusArn, 'arn:aws:events:us-east-1:111111111111:event-bus/orders')
  const { RuleArn } = await run('PutRule', { Name: 'r', EventPattern: PATTERN, EventBusName: EventBusArn })
  assert.equal(RuleArn, 'arn:aws:events:us-east-1:111111111111:rule/orders/r')
  assert.deepEqual((await run('ListRules', {})).Rules, [])
})

test('PutRule refuses what is no rule', async (t) => {
  const { run } = await eventBridgeRig(t)
  const refused = (input: object, expected: object) =>
    assert.rejects(run('PutRule', { Name: 'r', ...input }), expected)
  await refused(
    {},
    {
      code: 'ValidationException',
      message: 'Parameter(s) EventPattern or ScheduleExpression must be specified.',
    },
  )
  await refused(
    { EventPattern: '{"a":1}' },
    {
      code: 'InvalidEventPatternException',
      message: 'Event pattern is not valid. Reason: "a" must be an object or an array',
    },
  )
  await refused(
    { ScheduleExpression: 'rate(1 minutes)' },
    { code: 'ValidationException', message: 'Parameter ScheduleExpression is not valid.' },
  )
  await refused(
    { ScheduleExpression: 'at(2030-01-01T00:00:00)' },
    { message: 'Parameter ScheduleExpression is not valid.' },
  )
  await refused(
    { EventPattern: PATTERN, EventBusName: 'nowhere' },
    { code: 'ResourceNotFoundException', message: 'Event bus nowhere does not exist.' },
  )
  await run('CreateEventBus', { Name: 'orders' })
  await refused(
    { ScheduleExpression: 'rate(5 minutes)', EventBusName: 'orders' },
    { message: 'ScheduleExpression is supported only on the default event bus.' },
  )
})

test('a rule keeps its targets when it is put again, and goes only without them', async (t) => {
  const { run, rule } = await eventBridgeRig(t)
  await rule('r', { source: ['a'] }, { Arn: FUNCTION })
  await run('PutRule', { Name: 'r', EventPattern: PATTERN })
  assert.deepEqual((await run('ListTargetsByRule', { Rule: 'r' })).Targets, [{ Id: '1', Arn: FUNCTION }])
  await assert.rejects(run('DeleteRule', { Name: 'r' }), {
    code: 'ValidationException',
    message: "Rule can't be deleted since it has targets.",
  })
  await run('RemoveTargets', { Rule: 'r', Ids: ['1'] })
  await run('DeleteRule', { Name: 'r' })
  await assert.rejects(run('DescribeRule', { Name: 'r' }), {
    code: 'ResourceNotFoundException',
    message: 'Rule r does not exist on EventBus default.',
  })
  await run('DeleteRule', { Name: 'r' })
})

test('lists come in pages, by prefix', async (t) => {
  const { run } = await eventBridgeRig(t)
  for (const Name of ['a1', 'a2', 'a3', 'b1']) await run('PutRule', { Name, EventPattern: PATTERN })
  const first = await run('ListRules', { NamePrefix: 'a', Limit: 2 })
  assert.deepEqual(
    first.Rules?.map(({ Name }) => Name),
    ['a1', 'a2'],
  )
  const second = await run('ListRules', { NamePrefix: 'a', Limit: 2, NextToken: first.NextToken })
  assert.deepEqual(
    second.Rules?.map(({ Name }) => Name),
    ['a3'],
  )
  assert.equal(second.NextToken, undefined)
  await assert.rejects(run('ListRules', { NextToken: 'nonsense' }), { code: 'ValidationException' })
})

test('ListRuleNamesByTarget finds rules by what they send to', async (t) => {
  const { run, rule } = await eventBridgeRig(t)
  await rule('one', { source: ['a'] }, { Arn: FUNCTION })
  await rule('two', { source: ['a'] }, { Arn: QUEUE })
  assert.deepEqual((await run('ListRuleNamesByTarget', { TargetArn: FUNCTION })).RuleNames, ['one'])
})

test('PutTargets refuses what cannot be a target', async (t) => {
  const { run } = await eventBridgeRig(t)
  await run('PutRule', { Name: 'r', EventPattern: PATTERN })
  const refused = (target: object, message: RegExp | string) =>
    assert.rejects(run('PutTargets', { Rule: 'r', Targets: [{ Id: '1', Arn: QUEUE, ...target }] }), {
      code: 'ValidationException',
      message,
    })
  await refused({ Arn: 'queue' }, /Provided Arn is not in correct format/)
  await refused({ Arn: 'arn:aws:ecs:us-east-1:111111111111:cluster/c' }, /service ecs is not supported/)
  await refused({ Arn: `${QUEUE}.fifo` }, 'Parameter(s) SqsParameters must be specified for target: 1.')
  const group = 'arn:aws:logs:us-east-1:111111111111:log-group:/aws/events/g'
  const RoleArn = 'arn:aws:iam::111111111111:role/r'
  await refused({ Arn: group, RoleArn }, `RoleArn is not supported for target ${group}.`)
  await refused({ Arn: FUNCTION, SqsParameters: { MessageGroupId: 'g' } }, /SqsParameters not valid/)
  await refused(
    { Input: '{}', InputPath: '$.detail' },
    'Only one of Input, InputPath, or InputTransformer must be provided for target 1.',
  )
  await refused({ Input: '{' }, 'JSON syntax error in input for target 1.')
  await refused({ InputPath: 'detail' }, /Invalid JSON path/)
  await refused({ EcsParameters: { TaskDefinitionArn: 'x' } }, /EcsParameters of a target is not supported/)
  await assert.rejects(run('PutTargets', { Rule: 'none', Targets: [{ Id: '1', Arn: QUEUE }] }), {
    code: 'ResourceNotFoundException',
  })
  const six = Array.from({ length: 6 }, (_, index) => ({ Id: String(index), Arn: QUEUE }))
  await assert.rejects(run('PutTargets', { Rule: 'r', Targets: six }), { code: 'LimitExceededException' })
})

test('TestEventPattern tells whether an event matches', async (t) => {
  const { run } = await eventBridgeRig(t)
  const event = {
    id: '1',
    account: '1',
    source: 'my.app',
    time: '2026-01-01T00:00:00Z',
    region: 'r',
    resources: [],
    'detail-type': 't',
    detail: { n: 5 },
  }
  const matches = async (EventPattern: string) =>
    (await run('TestEventPattern', { EventPattern, Event: JSON.stringify(event) })).Result
  assert.equal(await matches('{"detail":{"n":[{"numeric":[">",4]}]}}'), true)
  assert.equal(await matches('{"detail":{"n":[{"numeric":[">",5]}]}}'), false)
  await assert.rejects(matches('{"detail":"x"}'), { code: 'InvalidEventPatternException' })
  await assert.rejects(run('TestEventPattern', { EventPattern: PATTERN, Event: '{}' }), {
    code: 'ValidationException',
    message: 'Parameter Event is not valid.',
  })
})
