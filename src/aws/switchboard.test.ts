import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeliveryError } from './ports/delivery.ts'
import { createSwitchboard } from './switchboard.ts'

const SENDER = {
  principal: 'lambda.amazonaws.com',
  accountId: '000000000000',
  sourceArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
}

test('a service that lambdad does not have refuses in words', async () => {
  const board = createSwitchboard({})
  await assert.rejects(
    board.sqs.send('arn:aws:sqs:us-east-1:000000000000:q', { body: '1' }, SENDER),
    (error) => {
      assert.ok(error instanceof DeliveryError)
      assert.equal(error.fault, 'Unavailable')
      assert.equal(error.message, 'Amazon SQS is not in lambdad yet')
      return true
    },
  )
})

test('a service is loaded by the first call, and gets what it was given', async () => {
  const published: unknown[] = []
  let loads = 0
  const board = createSwitchboard({
    sns: async () => {
      loads++
      return {
        publish: async (...given) => {
          published.push(given)
          return { messageId: 'm' }
        },
        exists: async () => true,
      }
    },
  })
  assert.equal(loads, 0)
  const topic = 'arn:aws:sns:us-east-1:000000000000:t'
  assert.deepEqual(await board.sns.publish(topic, { message: 'hello' }, SENDER), { messageId: 'm' })
  assert.deepEqual(published, [[topic, { message: 'hello' }, SENDER]])
})
