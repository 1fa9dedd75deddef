import assert from 'node:assert/strict'
import { verify, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { VirtualClock } from '../../../base/clock.ts'
import { seededRandom } from '../../../base/random.ts'
import { SqlKeptValues } from '../../../store/kept-values.ts'
import { describeOnEveryDatabase } from '../../../store/testing.ts'
import { FIFO_QUEUE, FUNCTION, QUEUE, snsRig, TOPIC } from '../testing.ts'
import { Signer } from './signer.ts'

describeOnEveryDatabase('the key that signs', (open) => {
  test('is one for all nodes, and there after a restart', async (t) => {
    const database = await open()
    t.after(() => database.close())
    const values = new SqlKeptValues(database)
    const signer = (seed: string) =>
      new Signer({ values, clock: new VirtualClock(), random: seededRandom(seed) })
    const [one, other] = [signer('one'), signer('other')]
    const seals = await Promise.all([one, other].map((each) => each.sign('m', 'text', '1')))
    assert.deepEqual(seals[0], seals[1])
    const again = await signer('later').sign('m', 'text', '1')
    assert.deepEqual(again, seals[0])
    const pem = await other.certificate(again.certificateId)
    const { publicKey } = new X509Certificate(pem ?? '')
    assert.ok(verify('sha1', Buffer.from('text'), publicKey, Buffer.from(again.signature, 'base64')))
    assert.equal(await one.certificate('0'.repeat(32)), undefined)
  })
})

interface Signed {
  readonly [name: string]: string | undefined
}

/** The guide's own steps, "Verifying the signatures of Amazon SNS messages", without any code of the room's. */
function isVerified(message: Signed, pem: string, names: readonly string[]): boolean {
  const text = names
    .filter((name) => message[name] != null)
    .map((name) => `${name}\n${message[name]}\n`)
    .join('')
  const algorithm = message.SignatureVersion === '2' ? 'sha256' : 'sha1'
  const { publicKey } = new X509Certificate(pem)
  return verify(algorithm, Buffer.from(text), publicKey, Buffer.from(message.Signature ?? '', 'base64'))
}

const OF_NOTIFICATIONS = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
const OF_CONFIRMATIONS = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']

for (const version of ['1', '2']) {
  test(`queues and functions verify signatures of version ${version}; functions always get the first`, async (t) => {
    const { run, room, subscribe, sent, bodies, until } = await snsRig(t)
    await run('CreateTopic', { Name: 't', Attributes: { SignatureVersion: version } })
    await subscribe(QUEUE)
    await subscribe(FUNCTION)
    await run('Publish', { TopicArn: TOPIC, Message: 'one\ntwo ü', Subject: 'S' })
    await run('Publish', { TopicArn: TOPIC, Message: 'no subject' })
    await until(() => sent.length === 4)
    const messages: Signed[] = bodies().map((body) => {
      const parsed = JSON.parse(body)
      return parsed.Records?.[0].Sns ?? parsed
    })
    for (const message of messages) {
      const isOfFunction = message.SigningCertUrl !== undefined
      assert.equal(message.SignatureVersion, isOfFunction ? '1' : version)
      const url = message.SigningCertURL ?? message.SigningCertUrl ?? ''
      const [, id = ''] = /-([0-9a-f]{32})\.pem$/.exec(url) ?? []
      const pem = (await room.doors.certificate(id)) ?? ''
      assert.ok(isVerified(message, pem, OF_NOTIFICATIONS))
      assert.ok(!isVerified({ ...message, Message: 'forged' }, pem, OF_NOTIFICATIONS))
    }
  })
}

test('a queue of another account must confirm, by a message that is signed', async (t) => {
  const { run, room, sent, bodies, until } = await snsRig(t)
  await run('CreateTopic', { Name: 't' })
  const stranger = { accountId: '222222222222', principalArn: 'arn:aws:iam::222222222222:root' }
  const permission = {
    TopicArn: TOPIC,
    Label: 'l',
    AWSAccountId: ['222222222222'],
    ActionName: ['Subscribe'],
  }
  await run('AddPermission', permission)
  const request = { TopicArn: TOPIC, Protocol: 'sqs', Endpoint: QUEUE }
  assert.deepEqual(await run('Subscribe', request, stranger), { SubscriptionArn: 'pending confirmation' })
  await until(() => sent.length === 1)
  const message = JSON.parse(bodies()[0] ?? '')
  assert.equal(message.Type, 'SubscriptionConfirmation')
  const [, id = ''] = /-([0-9a-f]{32})\.pem$/.exec(message.SigningCertURL) ?? []
  assert.ok(isVerified(message, (await room.doors.certificate(id)) ?? '', OF_CONFIRMATIONS))
  await run('Publish', { TopicArn: TOPIC, Message: 'too early' })
  await run('ConfirmSubscription', { TopicArn: TOPIC, Token: message.Token })
  await run('Publish', { TopicArn: TOPIC, Message: 'm' })
  await until(() => sent.length === 2)
  assert.equal(JSON.parse(bodies()[1] ?? '').Message, 'm')
})

test('what is raw is not signed', async (t) => {
  const { run, sent, bodies, until } = await snsRig(t)
  const { TopicArn } = await run('CreateTopic', { Name: 't.fifo', Attributes: { FifoTopic: 'true' } })
  const Attributes = { RawMessageDelivery: 'true' }
  await run('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: FIFO_QUEUE, Attributes })
  await run('Publish', { TopicArn, Message: 'm', MessageGroupId: 'g', MessageDeduplicationId: 'd' })
  await until(() => sent.length === 1)
  assert.deepEqual(bodies(), ['m'])
})
