import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ACCOUNT, FUNCTION, LOG_GROUP, QUEUE, snsRig, TOPIC } from '../testing.ts'

const ROLE = `arn:aws:iam::${ACCOUNT}:role/feedback`

/** A topic that logs, and what it has logged. */
async function loggingRig(t: TestContext, Attributes: Record<string, string>) {
  const rig = await snsRig(t)
  await rig.run('CreateTopic', { Name: 't', Attributes })
  const publish = (Message = 'm') => rig.run('Publish', { TopicArn: TOPIC, Message })
  const logged = () =>
    rig.sent.flatMap((one) =>
      one.service === 'logs' ? [{ ...one, record: JSON.parse(one.what.message) }] : [],
    )
  return { ...rig, publish, logged }
}

const ALL = { LambdaSuccessFeedbackRoleArn: ROLE, LambdaSuccessFeedbackSampleRate: '100' }

test('what a function took is logged as AWS logs it, as the role', async (t) => {
  const { publish, subscribe, logged, until } = await loggingRig(t, ALL)
  await subscribe(FUNCTION)
  await subscribe(QUEUE)
  const { MessageId } = await publish('This is a test message')
  await until(() => logged().length === 1)
  const [one] = logged()
  assert.deepEqual([one?.to, one?.sender.roleArn], [LOG_GROUP, ROLE])
  const { deliveryId, dwellTimeMs, providerResponse, ...delivery } = one?.record.delivery ?? {}
  assert.match(deliveryId, /^[0-9a-f-]{36}$/)
  assert.ok(dwellTimeMs >= 0 && JSON.parse(providerResponse).lambdaRequestId)
  assert.deepEqual(
    { ...one?.record, delivery },
    {
      notification: {
        messageMD5Sum: 'fafb00f5732ab283681e124bf8747ed1',
        messageId: MessageId,
        topicArn: TOPIC,
        timestamp: '2026-01-01 00:00:00.000',
      },
      delivery: { destination: FUNCTION, attempts: 1, statusCode: 202 },
      status: 'SUCCESS',
    },
  )
})

test('what is given up is logged beside, with the attempts that it took', async (t) => {
  const roles = { SQSFailureFeedbackRoleArn: ROLE }
  const { publish, subscribe, fail, sent, logged, until } = await loggingRig(t, roles)
  await subscribe(QUEUE)
  await publish()
  await until(() => sent.length === 1)
  fail(QUEUE, 'AccessDenied')
  await publish()
  await until(() => logged().length === 1)
  const [{ to, record } = assert.fail()] = logged()
  assert.equal(to, `${LOG_GROUP}/Failure`)
  assert.deepEqual([record.status, record.delivery.statusCode, record.delivery.attempts], ['FAILURE', 403, 1])
  assert.equal(JSON.parse(record.delivery.providerResponse).ErrorCode, 'Test.AccessDenied')
})

test('of successes the share is logged that is wanted', async (t) => {
  const half = { SQSSuccessFeedbackRoleArn: ROLE, SQSSuccessFeedbackSampleRate: '50' }
  const { publish, subscribe, logged, sent, until } = await loggingRig(t, half)
  await subscribe(QUEUE)
  for (let index = 0; index < 60; index++) await publish()
  await until(() => sent.filter(({ service }) => service === 'sqs').length === 60)
  await until(() => logged().length > 0)
  assert.ok(logged().length > 10 && logged().length < 50, String(logged().length))
})

test('what cannot be logged is delivered all the same, and heard of', async (t) => {
  const { publish, subscribe, fail, faults, sent, until } = await loggingRig(t, ALL)
  await subscribe(FUNCTION)
  fail(LOG_GROUP, 'AccessDenied')
  await publish()
  await until(() => sent.length === 1 && faults.length === 1)
  assert.equal(sent[0]?.to, FUNCTION)
})
