import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { MAIL_MAX } from './mail.ts'
import { applicationArn, endpointArn } from './platform.ts'
import type { SnsStore } from './store.ts'
import { type Subscription, subscriptionArn } from './subscription.ts'
import type { Topic } from './topic.ts'

const HERE = { accountId: '111111111111', region: 'us-east-1' }
const ELSEWHERE = { ...HERE, region: 'eu-west-1' }

function topic(name: string, scope = HERE): Topic {
  return { ...scope, name, attributes: {}, tags: {} }
}

function subscription(id: string, endpoint: string, owner = HERE.accountId): Subscription {
  return {
    topic: { ...HERE, name: 't' },
    id,
    owner,
    principalArn: 'p',
    protocol: 'sqs',
    endpoint,
    callback: 'http://127.0.0.1:4566',
    attributes: {},
  }
}

/** What any store of SNS must do. */
export function describeSnsStore(open: (t: TestContext) => Promise<SnsStore>): void {
  test('topics are found by account, region and name, and listed in the order of bytes', async (t) => {
    const store = await open(t)
    await store.change(async (editor) => {
      for (const name of ['b', 'a', 'B']) await editor.saveTopic(topic(name))
      await editor.saveTopic(topic('c', ELSEWHERE))
      await editor.saveTopic({ ...topic('a'), tags: { k: 'v' } })
    })
    assert.deepEqual((await store.findTopic({ ...HERE, name: 'a' }))?.tags, { k: 'v' })
    assert.equal(await store.findTopic({ ...HERE, name: 'c' }), undefined)
    const names = async (page: object) =>
      (await store.listTopics(HERE, { limit: 2, ...page })).map(({ name }) => name)
    assert.deepEqual(await names({}), ['B', 'a'])
    assert.deepEqual(await names({ after: 'a' }), ['b'])
  })

  test('subscriptions are found by ARN, topic, owner and endpoint, and go with their topic', async (t) => {
    const store = await open(t)
    const [first, second] = [subscription('1', 'q1'), subscription('2', 'q2', '222222222222')]
    await store.change(async (editor) => {
      await editor.saveTopic(topic('t'))
      await editor.saveSubscription(second)
      await editor.saveSubscription(first)
      await editor.saveSubscription({ ...first, attributes: { RawMessageDelivery: 'true' } })
    })
    const { topic: address } = first
    assert.equal((await store.findSubscription(first))?.attributes.RawMessageDelivery, 'true')
    assert.equal((await store.findByEndpoint(address, second))?.id, '2')
    assert.equal(await store.findByEndpoint(address, { protocol: 'lambda', endpoint: 'q2' }), undefined)
    const after = subscriptionArn(first)
    const ids = async (found: Promise<Subscription[]>) => (await found).map(({ id }) => id)
    assert.deepEqual(await ids(store.subscriptionsOf(address, { limit: 9 })), ['1', '2'])
    assert.deepEqual(await ids(store.subscriptionsOf(address, { limit: 9, after })), ['2'])
    assert.deepEqual(await ids(store.listSubscriptions(HERE, { limit: 9 })), ['1'])
    assert.deepEqual(await ids(store.listSubscriptions(ELSEWHERE, { limit: 9 })), [])
    await store.change((editor) => editor.removeSubscription(first))
    assert.equal(await store.countSubscriptions(address), 1)
    await store.change((editor) => editor.removeTopic(address))
    assert.equal(await store.countSubscriptions(address), 0)
    assert.equal(await store.findTopic(address), undefined)
  })

  test('messages of FIFO topics are counted by topic, and forgotten when their time is over', async (t) => {
    const store = await open(t)
    const [one, other] = [topic('a.fifo'), topic('b.fifo')]
    const published = { key: 'k', messageId: 'm', sequence: 1, expiresAt: 1000 }
    await store.change(async (editor) => {
      assert.deepEqual([await editor.nextSequence(one), await editor.nextSequence(one)], [1, 2])
      assert.equal(await editor.nextSequence(other), 1)
      await editor.keepPublished(one, published)
      await editor.forgetPublished(one, 999)
      assert.deepEqual(await editor.findPublished(one, 'k'), published)
      assert.equal(await editor.findPublished(other, 'k'), undefined)
      await editor.forgetPublished(one, 1000)
      assert.equal(await editor.findPublished(one, 'k'), undefined)
      await editor.removeTopic(one)
      assert.equal(await editor.nextSequence(one), 1)
    })
  })

  test('what has departed is kept until its time is over, and goes with its topic', async (t) => {
    const store = await open(t)
    const [first, second] = [subscription('1', 'q1'), subscription('2', 'q2')]
    await store.change(async (editor) => {
      await editor.keepDeparted({ subscription: first, token: 'old', expiresAt: 500 })
      await editor.keepDeparted({ subscription: first, token: 'new', expiresAt: 1000 })
      await editor.keepDeparted({ subscription: second, token: 't', expiresAt: 2000 })
      await editor.forgetDeparted(999)
    })
    assert.equal((await store.findDeparted(first))?.token, 'new')
    await store.change((editor) => editor.forgetDeparted(1000))
    assert.equal(await store.findDeparted(first), undefined)
    await store.change((editor) => editor.removeTopic(second.topic))
    assert.equal(await store.findDeparted(second), undefined)
  })

  test('mail is kept once by account and region, the newest up to a number', async (t) => {
    const store = await open(t)
    const mail = (messageId: string, to = 'a') => ({
      protocol: 'email',
      to,
      messageId,
      sentAt: '',
      body: messageId,
    })
    await store.change(async (editor) => {
      for (let index = 0; index < MAIL_MAX + 5; index++) await editor.keepMail(HERE, mail(`m${index}`))
      await editor.keepMail(HERE, { ...mail('m1004'), body: 'the same again' })
      await editor.keepMail(HERE, mail('m1004', 'b'))
      await editor.keepMail(ELSEWHERE, mail('m0'))
    })
    const all = await store.listMail(HERE)
    const shown = [all.length, all[0]?.to, all[1]?.body, all.at(-1)?.body]
    assert.deepEqual(shown, [MAIL_MAX, 'b', 'm1004', 'm6'])
    assert.equal((await store.listMail(HERE, 'b')).length, 1)
    await store.change((editor) => editor.clearMail(HERE))
    assert.deepEqual([await store.listMail(HERE), (await store.listMail(ELSEWHERE)).length], [[], 1])
  })

  test('settings of an account are empty until they are set', async (t) => {
    const store = await open(t)
    assert.deepEqual(await store.accountSettings(HERE), { sms: {}, optedOut: [] })
    const settings = { sms: { DefaultSMSType: 'Promotional' }, optedOut: ['+1'] }
    await store.change(async (editor) => {
      await editor.saveAccountSettings(HERE, { ...settings, optedOut: [] })
      await editor.saveAccountSettings(HERE, settings)
    })
    assert.deepEqual(await store.accountSettings(HERE), settings)
    assert.deepEqual(await store.accountSettings(ELSEWHERE), { sms: {}, optedOut: [] })
  })

  test('applications are listed by account, their endpoints by token and ARN, and go with them', async (t) => {
    const store = await open(t)
    const application = (name: string, scope = HERE) => ({ ...scope, platform: 'GCM', name, attributes: {} })
    const endpoint = (id: string, token: string, name = 'b') => {
      const { attributes: _, ...address } = application(name)
      return { application: address, id, token, isEnabled: true }
    }
    const arn = applicationArn(application('b'))
    await store.change(async (editor) => {
      for (const name of ['b', 'a', 'B']) await editor.saveApplication(application(name))
      await editor.saveApplication(application('c', ELSEWHERE))
      await editor.saveEndpoint(endpoint('2', 'y'))
      await editor.saveEndpoint(endpoint('1', 'x'))
      await editor.saveEndpoint(endpoint('2', 'z'))
      await editor.saveEndpoint(endpoint('3', 'x', 'a'))
    })
    const names = async (page: object) =>
      (await store.listApplications(HERE, { limit: 9, ...page })).map(({ name }) => name)
    assert.deepEqual(await names({}), ['B', 'a', 'b'])
    assert.deepEqual(await names({ after: applicationArn(application('a')) }), ['b'])
    const ids = async (page: object) =>
      (await store.listEndpoints(arn, { limit: 9, ...page })).map(({ id }) => id)
    assert.deepEqual(await ids({}), ['1', '2'])
    assert.deepEqual(await ids({ after: endpointArn(endpoint('1', '')) }), ['2'])
    assert.equal((await store.findEndpointByToken(arn, 'z'))?.id, '2')
    assert.equal(await store.findEndpointByToken(arn, 'y'), undefined)
    await store.change((editor) => editor.removeApplication(arn))
    assert.deepEqual([await store.findApplication(arn), await ids({})], [undefined, []])
    const kept = endpointArn(endpoint('3', '', 'a'))
    assert.equal((await store.findEndpoint(kept))?.token, 'x')
    await store.change((editor) => editor.removeEndpoint(kept))
    assert.equal(await store.findEndpoint(kept), undefined)
  })
}
