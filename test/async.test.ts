import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  InvokeAsyncCommand,
  InvokeCommand,
  PutFunctionEventInvokeConfigCommand,
  PutFunctionRecursionConfigCommand,
} from '@aws-sdk/client-lambda'
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { ran, works } from './support/commands.ts'
import { CREDENTIALS, type Platform, platform } from './support/platform.ts'

const CLI_ENV = {
  ...process.env,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_DEFAULT_REGION: 'us-east-1',
}

const ECHO = {
  'index.mjs': `export const handler = async (event, context) => {
    console.log('GOT ' + context.awsRequestId + ' ' + JSON.stringify(event) + ' ' + context.invokedFunctionArn)
    return event
  }`,
}

/** Lines of the function's log that begin with `mark`, once there are so many. */
async function lines({ logs }: Platform, name: string, mark: string, count: number): Promise<string[]> {
  const logGroupName = `/aws/lambda/${name}`
  for (let tries = 0; tries < 400; tries++) {
    const found = await logs
      .send(new FilterLogEventsCommand({ logGroupName, filterPattern: mark }))
      .catch(() => ({ events: [] }))
    const all = (found.events ?? []).map(({ message = '' }) => message.slice(message.indexOf(mark)))
    if (all.length >= count) return all
    await sleep(25)
  }
  throw new Error(`no ${count} lines with ${mark} in time`)
}

describe('an Event invocation', () => {
  test('is answered 202 with nothing, and runs as the request that was answered', async (t) => {
    const p = await platform(t)
    const name = await p.createFunction(ECHO)
    const { status, payload, executedVersion, functionError, requestId } = await p.invoke(
      name,
      { a: 'ü' },
      { InvocationType: 'Event' },
    )
    assert.deepEqual(
      [status, payload, executedVersion, functionError],
      [202, undefined, undefined, undefined],
    )
    const arn = `arn:aws:lambda:us-east-1:000000000000:function:${name}`
    const [line] = await lines(p, name, 'GOT', 1)
    assert.equal(line?.trim(), `GOT ${requestId} {"a":"ü"} ${arn}`)
  })

  test('by the deprecated InvokeAsync is one, too', async (t) => {
    const p = await platform(t)
    const name = await p.createFunction(ECHO)
    const { Status } = await p.lambda.send(
      new InvokeAsyncCommand({ FunctionName: name, InvokeArgs: Buffer.from('{"b":2}') }),
    )
    assert.equal(Status, 202)
    const [line] = await lines(p, name, 'GOT', 1)
    assert.match(line ?? '', / \{"b":2\} /)
    await assert.rejects(
      p.lambda.send(new InvokeAsyncCommand({ FunctionName: name, InvokeArgs: Buffer.from('{b') })),
      { name: 'InvalidRequestContentException' },
    )
    await assert.rejects(
      p.lambda.send(new InvokeAsyncCommand({ FunctionName: 'none', InvokeArgs: Buffer.from('{}') })),
      { name: 'ResourceNotFoundException' },
    )
  })

  test('takes 1 MB, and not a byte more', async (t) => {
    const p = await platform(t)
    const name = await p.createFunction({
      'index.mjs': `export const handler = async (event) => console.log('LENGTH ' + event.length)`,
    })
    const send = (bytes: number) =>
      p.lambda.send(
        new InvokeCommand({
          FunctionName: name,
          InvocationType: 'Event',
          Payload: Buffer.from(`"${'x'.repeat(bytes - 2)}"`),
        }),
      )
    assert.equal((await send(1_048_576)).StatusCode, 202)
    assert.match((await lines(p, name, 'LENGTH', 1)).join(), /LENGTH 1048574/)
    await assert.rejects(send(1_048_577), (error: Error & { $metadata: { httpStatusCode: number } }) => {
      assert.match(error.name, /^Request(Entity)?TooLargeException$/)
      assert.equal(
        error.message,
        '1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)',
      )
      assert.equal(error.$metadata.httpStatusCode, 413)
      return true
    })
  })

  test('is refused as a synchronous one is: no JSON, no such function, no such tenant', async (t) => {
    const p = await platform(t)
    const name = await p.createFunction(ECHO)
    const send = (FunctionName: string, more = {}) =>
      p.lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', ...more }))
    await assert.rejects(send(name, { Payload: '{' }), { name: 'InvalidRequestContentException' })
    await assert.rejects(send('none'), { name: 'ResourceNotFoundException' })
    await assert.rejects(send(name, { Qualifier: '7' }), { name: 'ResourceNotFoundException' })
    await assert.rejects(send(name, { TenantId: 'blue' }), { name: 'InvalidParameterValueException' })
  })

  test('leaves its record to another function', async (t) => {
    const p = await platform(t)
    const other = await p.createFunction(ECHO, { name: 'other' })
    const name = await p.createFunction({
      'index.mjs': `export const handler = async () => { throw new Error('no') }`,
    })
    await p.lambda.send(
      new PutFunctionEventInvokeConfigCommand({
        FunctionName: name,
        MaximumRetryAttempts: 0,
        DestinationConfig: {
          OnFailure: { Destination: `arn:aws:lambda:us-east-1:000000000000:function:${other}` },
        },
      }),
    )
    const { requestId } = await p.invoke(name, { c: 3 }, { InvocationType: 'Event' })
    const [line = ''] = await lines(p, other, 'GOT', 1)
    const record = JSON.parse(line.slice(line.indexOf('{'), line.lastIndexOf('}') + 1))
    assert.equal(record.requestContext.requestId, requestId)
    assert.equal(record.requestContext.condition, 'RetriesExhausted')
    assert.deepEqual(record.requestPayload, { c: 3 })
    assert.equal(record.responsePayload.errorMessage, 'no')
    assert.deepEqual(Object.keys(record.responsePayload), ['errorType', 'errorMessage', 'trace'])
  })

  test('that fails is at its queues: the record at one, the event at the other', async (t) => {
    const p = await platform(t)
    const sqs = new SQSClient(p.client)
    t.after(() => sqs.destroy())
    const queue = async (QueueName: string) => {
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }))
      return { QueueUrl, arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` }
    }
    const [records, dead] = [await queue('records'), await queue('dead')]
    const name = await p.createFunction(
      { 'index.mjs': `export const handler = async () => { throw new Error('no') }` },
      { DeadLetterConfig: { TargetArn: dead.arn } },
    )
    await p.lambda.send(
      new PutFunctionEventInvokeConfigCommand({
        FunctionName: name,
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure: { Destination: records.arn } },
      }),
    )
    const { requestId } = await p.invoke(name, { d: 4 }, { InvocationType: 'Event' })
    const receive = async (QueueUrl: string | undefined) => {
      const all = { MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All' as const] }
      const { Messages } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, ...all }),
      )
      return Messages?.[0]
    }
    const record = await receive(records.QueueUrl)
    assert.equal(JSON.parse(record?.Body ?? '').requestContext.requestId, requestId)
    assert.match(record?.Attributes?.AWSTraceHeader ?? '', /^Root=1-.*;Lineage=1:[0-9a-f]{8}:0$/)
    const letter = await receive(dead.QueueUrl)
    assert.equal(letter?.Body, '{"d":4}')
    const { RequestID, ErrorCode, ErrorMessage } = letter?.MessageAttributes ?? {}
    assert.deepEqual(
      [RequestID?.StringValue, ErrorCode?.DataType, ErrorCode?.StringValue, ErrorMessage?.StringValue],
      [requestId, 'Number', '200', 'no'],
    )
  })

  test('by the AWS CLI', {
    skip: !works('aws', '--version') && 'skipped: no aws CLI on this machine',
  }, async (t) => {
    const p = await platform(t)
    const name = await p.createFunction(ECHO)
    const file = path.join(p.data, 'event.json')
    await writeFile(file, '{"cli":1}')
    const { stdout, stderr } = await ran(
      'aws',
      [
        ...['lambda', 'invoke', '--function-name', name, '--invocation-type', 'Event'],
        ...['--payload', `fileb://${file}`, '/dev/null', '--endpoint-url', p.endpoint],
      ],
      { env: CLI_ENV },
    )
    assert.match(stdout, /"StatusCode": 202/, stderr)
    assert.match((await lines(p, name, 'GOT', 1)).join(), /\{"cli":1\}/)
  })
})

describe('a function that invokes itself by the SDK', () => {
  const SELF = {
    'index.mjs': `import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
    const lambda = new LambdaClient({ maxAttempts: 1 })
    export const handler = async ({ round = 1, max = 1000, type = 'RequestResponse' }, context) => {
      console.log('ROUND ' + round)
      if (round === max) return round
      const command = new InvokeCommand({
        FunctionName: context.functionName,
        InvocationType: type,
        Payload: JSON.stringify({ round: round + 1, max, type }),
      })
      const { Payload } = await lambda.send(command).catch((error) => {
        throw Object.assign(new Error(error.name + ' in round ' + round), { name: 'Stopped' })
      })
      const answer = Payload?.length ? JSON.parse(Buffer.from(Payload)) : round
      if (answer?.errorMessage) throw Object.assign(new Error(answer.errorMessage), { name: 'Stopped' })
      return answer
    }`,
  }
  const options = { Timeout: 60, MemorySize: 256 }

  test('is stopped after 16 rounds', async (t) => {
    const p = await platform(t)
    const name = await p.createFunction(SELF, options)
    const { payload } = await p.invoke(name, {})
    assert.equal(payload.errorMessage, 'RecursiveInvocationException in round 16')
  })

  test('goes on where that is allowed', async (t) => {
    const p = await platform(t)
    const name = await p.createFunction(SELF, options)
    await p.lambda.send(new PutFunctionRecursionConfigCommand({ FunctionName: name, RecursiveLoop: 'Allow' }))
    const { payload } = await p.invoke(name, { max: 18 })
    assert.equal(payload, 18)
  })

  test('by events is stopped as well', async (t) => {
    const p = await platform(t)
    const name = await p.createFunction(SELF, options)
    await p.invoke(name, { type: 'Event' }, { InvocationType: 'Event' })
    await lines(p, name, 'ROUND', 16)
    await sleep(300)
    const rounds = await lines(p, name, 'ROUND', 16)
    assert.deepEqual(
      rounds.map((line) => Number(line.trim().slice(6))).sort((a, b) => a - b),
      [...Array.from({ length: 16 }, (_, i) => i + 1)],
    )
  })
})
