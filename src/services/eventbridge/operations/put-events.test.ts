import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventBridgeRig, FUNCTION, QUEUE } from '../testing.ts'

test('an event goes to the targets of the rules that it matches, in the form that AWS gives it', async (t) => {
  const { run, rule, sent, until } = await eventBridgeRig(t)
  await rule('r', { source: ['my.app'], detail: { total: [{ numeric: ['>', 10] }] } }, { Arn: FUNCTION })
  const { Entries, FailedEntryCount } = await run('PutEvents', {
    Entries: [
      {
        Source: 'my.app',
        DetailType: 'order',
        Detail: '{"total":11}',
        Resources: ['x'],
        Time: new Date('2026-02-03T04:05:06.789Z'),
      },
      { Source: 'my.app', DetailType: 'order', Detail: '{"total":9}' },
    ],
  })
  assert.equal(FailedEntryCount, 0)
  await until(() => sent.length > 0)
  assert.deepEqual(JSON.parse(sent[0]?.body ?? ''), {
    version: '0',
    id: Entries?.[0]?.EventId,
    'detail-type': 'order',
    source: 'my.app',
    account: '111111111111',
    time: '2026-02-03T04:05:06Z',
    region: 'us-east-1',
    resources: ['x'],
    detail: { total: 11 },
  })
  assert.equal(sent[0]?.sender.principal, 'events.amazonaws.com')
  assert.equal(sent[0]?.sender.sourceArn, 'arn:aws:events:us-east-1:111111111111:rule/r')
  await until(() => true)
  assert.equal(sent.length, 1)
})

test('entries fail one by one', async (t) => {
  const { run } = await eventBridgeRig(t)
  const good = { Source: 's', DetailType: 't', Detail: '{}' }
  const { Entries = [], FailedEntryCount } = await run('PutEvents', {
    Entries: [
      good,
      { ...good, Source: '' },
      { ...good, DetailType: undefined },
      { ...good, Detail: undefined },
      { ...good, Detail: 'text' },
      { ...good, Detail: '[1]' },
      { ...good, Source: 'aws.ec2' },
      { ...good, EventBusName: 'nowhere' },
    ],
  })
  assert.equal(FailedEntryCount, 6)
  assert.deepEqual(
    Entries.map(({ ErrorCode }) => ErrorCode),
    [
      undefined,
      'InvalidArgument',
      'InvalidArgument',
      'InvalidArgument',
      'MalformedDetail',
      'MalformedDetail',
      'NotAuthorizedForSourceException',
      undefined,
    ],
  )
  assert.equal(
    Entries[1]?.ErrorMessage,
    'Parameter Source is not valid. Reason: Source is a required argument.',
  )
})

test('more than 1 MiB of entries is refused', async (t) => {
  const { run } = await eventBridgeRig(t)
  const Detail = JSON.stringify({ text: 'x'.repeat(2 ** 20) })
  await assert.rejects(run('PutEvents', { Entries: [{ Source: 's', DetailType: 't', Detail }] }), {
    code: 'ValidationException',
  })
})

test('a bus of another account takes events where its policy says so', async (t) => {
  const { run } = await eventBridgeRig(t)
  const EventBusName = 'arn:aws:events:us-east-1:111111111111:event-bus/default'
  const stranger = { accountId: '222222222222', principalArn: 'arn:aws:iam::222222222222:root' }
  const Entries = [{ Source: 's', DetailType: 't', Detail: '{}', EventBusName }]
  await assert.rejects(run('PutEvents', { Entries }, stranger), { code: 'AccessDeniedException' })
  await run('PutPermission', { StatementId: 's', Principal: '222222222222', Action: 'events:PutEvents' })
  assert.equal((await run('PutEvents', { Entries }, stranger)).FailedEntryCount, 0)
})

test('input, path and transformer make what a target is sent', async (t) => {
  const { rule, put, sent, until } = await eventBridgeRig(t)
  const InputPathsMap = {
    who: '$.detail.who',
    list: '$.detail.list',
    none: '$.detail.none',
    first: '$.detail.list[0]',
  }
  await rule(
    'r',
    { source: ['my.app'] },
    { Input: '{"constant":1}' },
    { InputPath: '$.detail.who' },
    {
      InputTransformer: {
        InputPathsMap,
        InputTemplate:
          '{"to":<who>,"text":"for <who>: <first>","all":<list>,"n":<first>,"rule":"<aws.events.rule-name>","none":<none>}',
      },
    },
    { InputTransformer: { InputPathsMap, InputTemplate: '"<who> said \\"hello\\" <none><list>."' } },
  )
  await put({ who: 'Anna "A"', list: [1, 'x'] })
  await until(() => sent.length === 4)
  const bodies = sent.map(({ body }) => body)
  assert.ok(bodies.includes('{"constant":1}'))
  assert.ok(bodies.includes('"Anna \\"A\\""'))
  assert.ok(
    bodies.includes(
      '{"to":"Anna \\"A\\"","text":"for Anna \\"A\\": 1","all":[1,"x"],"n":1,"rule":"r","none":""}',
    ),
  )
  assert.ok(bodies.includes('"Anna \\"A\\" said \\"hello\\" [1,x]."'))
})

test('a transformer knows the event without its detail, by the names that AWS gives', async (t) => {
  const { rule, put, sent, until } = await eventBridgeRig(t)
  const InputTemplate = '{"event":<aws.events.event>,"whole":<aws.events.event.json>}'
  await rule('r', { source: ['my.app'] }, { InputTransformer: { InputTemplate } })
  await put({ n: 1 })
  await until(() => sent.length === 1)
  const { event, whole } = JSON.parse(sent[0]?.body ?? '')
  assert.deepEqual(Object.keys(event).join(), 'id,account,detailType,time,source,region,resources,version')
  assert.deepEqual(whole.detail, { n: 1 })
  assert.equal(event.detailType, whole['detail-type'])
})

test('an object inside the quotes of a JSON template makes no JSON: nothing is sent, and the dead-letter queue hears of it', async (t) => {
  const { rule, put, sent, until } = await eventBridgeRig(t)
  const InputPathsMap = { whole: '$.detail' }
  const queue = { DeadLetterConfig: { Arn: `${QUEUE}-dead` } }
  const template = (InputTemplate: string) => ({
    InputTransformer: { InputPathsMap, InputTemplate },
    ...queue,
  })
  await rule('r', { source: ['my.app'] }, template('{"text":"<whole>"}'), template('"text of <whole>"'))
  await put({ a: 'x' })
  await until(() => sent.length === 2)
  const [dead, text] = [...sent].sort((one, other) => other.arn.length - one.arn.length)
  assert.equal(dead?.arn, `${QUEUE}-dead`)
  assert.equal(dead?.attributes?.ERROR_CODE, 'INVALID_PARAMETER')
  assert.equal(text?.body, '"text of {a:x}"')
})

test('a template with a name that has no path is refused, as recorded from AWS', async (t) => {
  const { run } = await eventBridgeRig(t)
  await run('PutRule', { Name: 'r', EventPattern: '{"source":["my.app"]}' })
  const InputTransformer = { InputPathsMap: { a: '$.a' }, InputTemplate: '"<a> and <notdefinedkey>"' }
  await assert.rejects(
    run('PutTargets', { Rule: 'r', Targets: [{ Id: 't', Arn: QUEUE, InputTransformer }] }),
    {
      code: 'ValidationException',
      message: 'InputTemplate for target t contains invalid placeholder notdefinedkey.',
    },
  )
})

test('a FIFO queue gets the group that the target names', async (t) => {
  const { rule, put, sent, until } = await eventBridgeRig(t)
  await rule('r', { source: ['my.app'] }, { Arn: `${QUEUE}.fifo`, SqsParameters: { MessageGroupId: 'g' } })
  await put({})
  await until(() => sent.length === 1)
  assert.equal(sent[0]?.groupId, 'g')
})

test('a rule that is switched off, or gone, sends nothing; changes count at once', async (t) => {
  const { run, rule, put, sent, until } = await eventBridgeRig(t)
  await rule('r', { source: ['my.app'] }, {})
  await run('DisableRule', { Name: 'r' })
  await put({ n: 1 })
  await run('EnableRule', { Name: 'r' })
  await put({ n: 2 })
  await until(() => sent.length === 1)
  assert.deepEqual(JSON.parse(sent[0]?.body ?? '').detail, { n: 2 })
})

test('events go from bus to bus, with account and source kept, and not round for ever', async (t) => {
  const { run, rule, put, sent, until } = await eventBridgeRig(t)
  const { EventBusArn = '' } = await run('CreateEventBus', { Name: 'second' })
  await rule('forward', { source: ['my.app'] }, { Arn: EventBusArn })
  await run('PutRule', { Name: 'back', EventBusName: 'second', EventPattern: '{"source":["my.app"]}' })
  const back = { Id: 'b', Arn: 'arn:aws:events:us-east-1:111111111111:event-bus/default' }
  await run('PutTargets', { Rule: 'back', EventBusName: 'second', Targets: [back, { Id: 'q', Arn: QUEUE }] })
  await put({ n: 1 })
  await until(() => sent.length === 3)
  await until(() => true, 60_000)
  assert.equal(sent.length, 3)
  assert.equal(sent[0]?.sender.sourceArn, 'arn:aws:events:us-east-1:111111111111:rule/second/back')
})
