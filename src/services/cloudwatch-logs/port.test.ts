import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogsPort } from './port.ts'
import { FUNCTION, type LogsRig, logsRig } from './testing.ts'

const GROUP = 'arn:aws:logs:us-east-1:111111111111:log-group:/aws/events/g'
const RULE = 'arn:aws:events:us-east-1:111111111111:rule/r'
const SENDER = { principal: 'events.amazonaws.com', accountId: '111111111111', sourceArn: RULE }

/** The rig with a log group; `put` writes to it as a rule does. */
async function withGroup(t: Parameters<typeof logsRig>[0]) {
  const rig = await logsRig(t)
  await rig.run('CreateLogGroup', { logGroupName: '/aws/events/g' })
  const port = createLogsPort(rig)
  return {
    rig,
    put: (message: string, sender: object = {}, arn = GROUP) =>
      port.put(arn, 's', [{ timestamp: rig.clock.now(), message }], { ...SENDER, ...sender }),
  }
}

function allow(rig: LogsRig, policyName: string, statement: object = {}) {
  const Statement = {
    Effect: 'Allow',
    Principal: { Service: ['events.amazonaws.com', 'delivery.logs.amazonaws.com'] },
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: `${GROUP}:*`,
    ...statement,
  }
  const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [Statement] })
  return rig.run('PutResourcePolicy', { policyName, policyDocument })
}

async function messages(rig: LogsRig): Promise<(string | undefined)[]> {
  const { events = [] } = await rig.run('FilterLogEvents', { logGroupName: '/aws/events/g' })
  return events.map(({ message }) => message)
}

const DENIED = { fault: 'AccessDenied', code: 'AccessDeniedException' }

test('who acts as a role of the account makes the group, where that is wanted', async (t) => {
  const { rig } = await withGroup(t)
  const port = createLogsPort(rig)
  const write = (sender: object, options?: { readonly makesGroup: true }) =>
    port.put(
      `${GROUP}/new`,
      's',
      [{ timestamp: rig.clock.now(), message: 'm' }],
      { ...SENDER, ...sender },
      options,
    )
  const ours = { roleArn: 'arn:aws:iam::111111111111:role/r' }
  await assert.rejects(write(ours), { fault: 'NotFound' })
  await assert.rejects(write({}, { makesGroup: true }), { fault: 'NotFound' })
  await write(ours, { makesGroup: true })
  await write(ours, { makesGroup: true })
  const { events = [] } = await rig.run('FilterLogEvents', { logGroupName: '/aws/events/g/new' })
  assert.equal(events.length, 2)
})

test('a service writes where a resource policy lets it in', async (t) => {
  const { rig, put } = await withGroup(t)
  await assert.rejects(put('no policy'), DENIED)
  await allow(rig, 'no-stream', { Action: 'logs:PutLogEvents' })
  await assert.rejects(put('may not make the stream'), DENIED)
  await allow(rig, 'other-service', { Principal: { Service: 's3.amazonaws.com' } })
  await assert.rejects(put('another service'), DENIED)
  await allow(rig, 'group-only', { Resource: GROUP })
  await assert.rejects(put('the ARN without :* means no stream'), DENIED)
  await allow(rig, 'other-rule', { Condition: { ArnEquals: { 'aws:SourceArn': `${RULE}2` } } })
  await assert.rejects(put('another rule'), DENIED)

  await allow(rig, 'all-events', {
    Resource: 'arn:aws:logs:us-east-1:111111111111:log-group:/aws/events/*:*',
  })
  await put('yes')
  await allow(rig, 'denied', { Effect: 'Deny' })
  await assert.rejects(put('denied'), DENIED)
  await rig.run('DeleteResourcePolicy', { policyName: 'denied' })
  await put('again')
  assert.deepEqual(await messages(rig), ['yes', 'again'])
})

test('who acts as a role of the group’s account needs no policy, of another account it does', async (t) => {
  const { rig, put } = await withGroup(t)
  const roleArn = 'arn:aws:iam::111111111111:role/r'
  await put('role', { roleArn, principal: 'pipes.amazonaws.com' })
  await assert.rejects(put('foreign', { roleArn, accountId: '222222222222' }), DENIED)
  assert.deepEqual(await messages(rig), ['role'])
})

test('a group that is not there, what is no group, and events that cannot be are refused', async (t) => {
  const { rig, put } = await withGroup(t)
  await allow(rig, 'p', { Resource: '*' })
  await assert.rejects(put('x', {}, `${GROUP}-none`), {
    fault: 'NotFound',
    code: 'ResourceNotFoundException',
  })
  await assert.rejects(put('x', {}, 'arn:aws:logs:us-east-1:111111111111:destination:d'), {
    fault: 'Invalid',
  })
  await assert.rejects(put(''), { fault: 'Invalid' })
  await assert.rejects(put('x'.repeat(1024 * 1024)), { fault: 'Invalid' })
  assert.deepEqual(await messages(rig), [])
})

test('what a service writes reaches the group’s subscribers', async (t) => {
  const { rig, put } = await withGroup(t)
  await allow(rig, 'p')
  const filter = { filterName: 'f', filterPattern: '', destinationArn: FUNCTION }
  await rig.run('PutSubscriptionFilter', { logGroupName: '/aws/events/g', ...filter })
  await put('heard', {}, `${GROUP}:*`)
  await rig.until(() => rig.targets.sent.length === 1)
})
