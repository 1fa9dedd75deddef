import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { realClock } from '../../../base/clock.ts'
import { ACCOUNT, snsRig, TOPIC } from '../testing.ts'

const HERE = { accountId: ACCOUNT, region: 'us-east-1' }

async function mailRig(t: TestContext) {
  const rig = await snsRig(t)
  await rig.run('CreateTopic', { Name: 't' })
  const { list } = rig.room.doors.outbox
  /** All that is for an address, once there are so many. */
  const mail = async (to: string, count: number) => {
    let found = await list(HERE, to)
    for (let tries = 0; found.length < count && tries < 200; tries++) {
      await rig.clock.advance(10)
      await realClock.sleep(5)
      found = await list(HERE, to)
    }
    return found
  }
  const subscribe = (Protocol: string, Endpoint: string) =>
    rig.run('Subscribe', { TopicArn: TOPIC, Protocol, Endpoint })
  return { ...rig, mail, subscribe }
}

const ADDRESS = 'a@example.com'
const NUMBER = '+15551234567'

test('an address is asked to confirm, and gets mail once it has', async (t) => {
  const { run, subscribe, mail } = await mailRig(t)
  assert.deepEqual(await subscribe('email', ADDRESS), { SubscriptionArn: 'pending confirmation' })
  const [asked] = await mail(ADDRESS, 1)
  assert.deepEqual(
    [asked?.subject, asked?.body.includes(asked.subscribeUrl ?? '?')],
    ['AWS Notification - Subscription Confirmation', true],
  )
  await run('Publish', { TopicArn: TOPIC, Message: 'too early' })
  const { SubscriptionArn } = await run('ConfirmSubscription', { TopicArn: TOPIC, Token: asked?.token })
  const { MessageId } = await run('Publish', { TopicArn: TOPIC, Message: 'hello', Subject: 'S' })
  const [got, ...others] = await mail(ADDRESS, 2)
  assert.equal(others.length, 1)
  assert.deepEqual(
    [got?.protocol, got?.to, got?.messageId, got?.topicArn, got?.subject],
    ['email', ADDRESS, MessageId, TOPIC, 'S'],
  )
  assert.ok(got?.body.startsWith('hello\n\n--\n') && got.body.includes(`SubscriptionArn=${SubscriptionArn}`))
})

test('e-mail as JSON is the envelope', async (t) => {
  const { run, subscribe, mail } = await mailRig(t)
  await subscribe('email-json', ADDRESS)
  const [asked] = await mail(ADDRESS, 1)
  assert.equal(JSON.parse(asked?.body ?? '').Token, asked?.token)
  await run('ConfirmSubscription', { TopicArn: TOPIC, Token: asked?.token })
  await run('Publish', { TopicArn: TOPIC, Message: 'hello' })
  const [got] = await mail(ADDRESS, 2)
  assert.deepEqual([got?.subject, JSON.parse(got?.body ?? '').Message], ['AWS Notification Message', 'hello'])
  assert.ok(JSON.parse(got?.body ?? '').Signature)
})

test('phones are subscribed at once, also where their number is written with dashes', async (t) => {
  const { run, subscribe, mail } = await mailRig(t)
  const { SubscriptionArn } = await subscribe('sms', '+1-555/123.4567')
  assert.match(SubscriptionArn ?? '', /^arn:/)
  const Message = JSON.stringify({ default: 'long', sms: 'short' })
  await run('Publish', { TopicArn: TOPIC, Message, MessageStructure: 'json' })
  const [got] = await mail('+1-555/123.4567', 1)
  assert.deepEqual([got?.protocol, got?.body], ['sms', 'short'])
})

test('a number is published to without a topic, as the sender that is wanted or set', async (t) => {
  const { run, mail } = await mailRig(t)
  const { MessageId } = await run('Publish', { PhoneNumber: NUMBER, Message: 'one' })
  await mail(NUMBER, 1)
  const attributes = { DefaultSenderID: 'Acme', DefaultSMSType: 'Transactional' }
  await run('SetSMSAttributes', { attributes })
  assert.deepEqual(await run('GetSMSAttributes', {}), { attributes })
  assert.deepEqual(await run('GetSMSAttributes', { attributes: ['DefaultSMSType'] }), {
    attributes: { DefaultSMSType: 'Transactional' },
  })
  await run('SetSMSAttributes', { attributes: { DefaultSenderID: '', MonthlySpendLimit: '' } })
  const sender = { DataType: 'String', StringValue: 'Other' }
  const MessageAttributes = { 'AWS.SNS.SMS.SenderID': sender }
  await run('Publish', { PhoneNumber: NUMBER, Message: 'two', MessageAttributes })
  assert.deepEqual(await run('GetSMSAttributes', {}), { attributes: { DefaultSMSType: 'Transactional' } })
  const [two, one] = await mail(NUMBER, 2)
  assert.deepEqual(one, {
    protocol: 'sms',
    to: NUMBER,
    messageId: MessageId,
    sentAt: '2026-01-01T00:00:00.000Z',
    body: 'one',
  })
  assert.deepEqual([two?.body, two?.senderId, two?.smsType], ['two', 'Other', 'Transactional'])
})

test('who has opted out gets nothing until they opt in again', async (t) => {
  const { run, room, mail } = await mailRig(t)
  const isOut = async () => (await run('CheckIfPhoneNumberIsOptedOut', { phoneNumber: NUMBER })).isOptedOut
  assert.equal(await isOut(), false)
  await room.doors.outbox.optOut(HERE, NUMBER)
  await room.doors.outbox.optOut(HERE, NUMBER)
  assert.equal(await isOut(), true)
  assert.deepEqual(await run('ListPhoneNumbersOptedOut', {}), { phoneNumbers: [NUMBER] })
  await run('Publish', { PhoneNumber: NUMBER, Message: 'unwanted' })
  await run('Publish', { PhoneNumber: '+15550000000', Message: 'wanted' })
  await mail('+15550000000', 1)
  await run('OptInPhoneNumber', { phoneNumber: NUMBER })
  assert.deepEqual([await isOut(), await run('ListPhoneNumbersOptedOut', {})], [false, { phoneNumbers: [] }])
  await run('Publish', { PhoneNumber: NUMBER, Message: 'wanted again' })
  assert.deepEqual(
    (await mail(NUMBER, 1)).map(({ body }) => body),
    ['wanted again'],
  )
})

for (const [why, attributes, message] of [
  [
    'an attribute about money',
    { MonthlySpendLimit: '1' },
    /MonthlySpendLimit is not supported by lambdad yet/,
  ],
  ['an unknown attribute', { Color: 'red' }, 'Invalid parameter: Color is not a valid attribute'],
  ['an unknown type', { DefaultSMSType: 'Loud' }, /DefaultSMSType Reason: Loud is not a valid value/],
  ['a long sender', { DefaultSenderID: 'abcdefghijkl' }, /DefaultSenderID Reason/],
] as const) {
  test(`refused: ${why}`, async (t) => {
    const { run } = await mailRig(t)
    await assert.rejects(run('SetSMSAttributes', { attributes }), {
      code: 'InvalidParameterException',
      message,
    })
  })
}

test('addresses and numbers that are none are refused, in AWS’s words', async (t) => {
  const { run, subscribe } = await mailRig(t)
  await assert.rejects(subscribe('email', 'nobody'), { message: 'Invalid parameter: Email address' })
  for (const number of ['invalid-number', 'NAA+15551234567', '+15--551234567', '-15551234567']) {
    await assert.rejects(subscribe('sms', number), { message: `Invalid SMS endpoint: ${number}` })
  }
  for (const PhoneNumber of ['+1a234', 'NAA+15551234567']) {
    await assert.rejects(run('Publish', { PhoneNumber, Message: 'm' }), {
      message: `Invalid parameter: PhoneNumber Reason: ${PhoneNumber} is not valid to publish to`,
    })
  }
  assert.deepEqual(await run('GetSMSSandboxAccountStatus', {}), { IsInSandbox: false })
})
