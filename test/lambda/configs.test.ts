import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Lambda } from '@aws-sdk/client-lambda'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { platform } from '../support/platform.ts'

const CODE = { 'index.mjs': 'export const handler = async (event) => event' }
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

describe('what belongs to functions, as an SDK client sees it', () => {
  test('a mapping of a queue is created, becomes Enabled, is changed, listed, tagged and deleted', async (t) => {
    const p = await platform(t)
    const lambda = new Lambda(p.client)
    const sqs = new SQSClient(p.client)
    t.after(() => {
      lambda.destroy()
      sqs.destroy()
    })
    const FunctionName = await p.createFunction(CODE)
    await sqs.send(new CreateQueueCommand({ QueueName: 'q' }))
    const EventSourceArn = 'arn:aws:sqs:us-east-1:000000000000:q'
    const created = await lambda.createEventSourceMapping({ EventSourceArn, FunctionName, BatchSize: 5 })
    assert.match(created.UUID ?? '', UUID)
    assert.ok(created.LastModified instanceof Date)
    assert.equal(created.$metadata.httpStatusCode, 202)
    const { UUID: id } = created
    const until = async (state: string) => {
      for (;;) {
        const shown = await lambda.getEventSourceMapping({ UUID: id })
        if (shown.State === state) return shown
      }
    }
    await until('Enabled')
    await lambda.updateEventSourceMapping({ UUID: id, Enabled: false, BatchSize: 7 })
    assert.equal((await until('Disabled')).BatchSize, 7)
    const Resource = created.EventSourceMappingArn
    await lambda.tagResource({ Resource, Tags: { a: 'b' } })
    assert.deepEqual((await lambda.listTags({ Resource })).Tags, { a: 'b' })
    const { EventSourceMappings } = await lambda.listEventSourceMappings({ EventSourceArn })
    assert.deepEqual(
      EventSourceMappings?.map((one) => one.UUID),
      [id],
    )
    await assert.rejects(lambda.createEventSourceMapping({ EventSourceArn, FunctionName }), {
      name: 'ResourceConflictException',
    })
    await assert.rejects(
      lambda.createEventSourceMapping({ EventSourceArn: `${EventSourceArn}2`, FunctionName }),
      {
        name: 'InvalidParameterValueException',
        message:
          'Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. ' +
          'SQS Error Message: The specified queue does not exist.',
      },
    )
    await assert.rejects(lambda.updateEventSourceMapping({ UUID: id, BatchSize: 0 }), {
      name: 'ValidationException',
    })
    assert.equal((await lambda.deleteEventSourceMapping({ UUID: id })).State, 'Deleting')
  })

  test('a URL configuration, and a policy as a whole', async (t) => {
    const p = await platform(t)
    const lambda = new Lambda(p.client)
    t.after(() => lambda.destroy())
    const FunctionName = await p.createFunction(CODE)
    const url = await lambda.createFunctionUrlConfig({ FunctionName, AuthType: 'NONE' })
    assert.match(url.FunctionUrl ?? '', /^http:\/\/[a-z0-9]{32}\.lambda-url\.us-east-1\.localhost:\d+\/$/)
    assert.equal(url.$metadata.httpStatusCode, 201)
    assert.equal((await lambda.getFunctionUrlConfig({ FunctionName })).InvokeMode, 'BUFFERED')
    await assert.rejects(lambda.getFunctionUrlConfig({ FunctionName, Qualifier: '1' }), {
      name: 'ValidationException',
    })
    assert.equal((await lambda.deleteFunctionUrlConfig({ FunctionName })).$metadata.httpStatusCode, 204)

    const ResourceArn = url.FunctionArn
    const Statement = [
      { Effect: 'Allow', Principal: '*', Action: 'lambda:InvokeFunction', Resource: ResourceArn },
    ]
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    const put = await lambda.putResourcePolicy({ ResourceArn, Policy })
    const got = await lambda.getResourcePolicy({ ResourceArn })
    assert.deepEqual(JSON.parse(got.Policy ?? '').Statement, Statement)
    assert.equal(got.RevisionId, put.RevisionId)
    await assert.rejects(lambda.putResourcePolicy({ ResourceArn, Policy: '{}' }), {
      name: 'InvalidParameterValueException',
    })
    await lambda.deleteResourcePolicy({ ResourceArn })
    await assert.rejects(lambda.getResourcePolicy({ ResourceArn }), { name: 'ResourceNotFoundException' })
  })

  test('a package that is no base64 is refused, be it short or long', async (t) => {
    const p = await platform(t)
    const authorization =
      'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0'
    for (const ZipFile of ['A-==', `${'AAAA'.repeat(2000)}A-==`, `${'AAAA'.repeat(2000)}AAA`]) {
      const body = JSON.stringify({ FunctionName: 'f', Role: 'r', Code: { ZipFile } })
      const url = `${p.endpoint}/2015-03-31/functions`
      const refused = await fetch(url, { method: 'POST', body, headers: { authorization } })
      assert.equal(refused.status, 400)
      assert.equal(refused.headers.get('x-amzn-errortype'), 'SerializationException')
    }
  })
})
