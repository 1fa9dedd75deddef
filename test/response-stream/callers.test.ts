import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  InvokeWithResponseStreamCommand,
  PutFunctionConcurrencyCommand,
  TooManyRequestsException,
} from '@aws-sdk/client-lambda'
import { ran, works } from '../support/commands.ts'
import { eventually } from '../support/managed.ts'
import { gate, streaming } from './support.ts'

const RAW = '/2021-11-15/functions/NAME/response-streaming-invocations'

describe('a caller', () => {
  test('that reads slowly holds the function back', async (t) => {
    const { endpoint, name } = await streaming(t, { flags: { streamRate: '0' }, MemorySize: 512 })
    const { url, asked } = await gate(t)
    const bytes = 64 * 2 ** 20
    const slow = raw(t, endpoint, name, { do: 'flood', gate: url, bytes })
    slow.pause()

    const [request, goOn] = await asked('/stalled')
    const written = Number(request.url?.split('?')[1])
    // That much is in the sockets between.
    assert.ok(written < 32 * 2 ** 20, `${written} bytes were written to a caller that reads none`)
    goOn.end()

    slow.resume()
    const [, done] = await asked('/done')
    done.end()
  })

  test('that goes away does not end the function, whose environment is free when it is done', async (t) => {
    const { endpoint, name, running, logs, collect } = await streaming(t, { flags: { concurrency: '1' } })
    const { url, asked } = await gate(t)
    const caller = raw(t, endpoint, name, { do: 'flood', gate: url, bytes: 20 * 2 ** 20 })
    await new Promise((resolve) => caller.once('data', resolve))
    caller.destroy()

    const [, done] = await asked('/done') // 20 MB further, at once: nobody reads them
    assert.equal(running.counts().idle, 0)
    done.end()
    // The one unit of concurrency is given back.
    await eventually(async () => assert.equal((await collect({ do: 'http' })).text.slice(-4), 'body'))
    await eventually(async () => {
      const filter = { logGroupName: `/aws/lambda/${name}`, filterPattern: 'REPORT' }
      const { events = [] } = await logs.send(new FilterLogEventsCommand(filter))
      assert.equal(events.length, 2)
      assert.ok(events.every(({ message }) => !/Status|Error/.test(message ?? '')))
      assert.equal(running.counts().idle, 1)
    })
  })

  test('that goes away before the function says anything does not end it either', async (t) => {
    const { endpoint, name, running } = await streaming(t)
    const { url, asked } = await gate(t)
    const caller = raw(t, endpoint, name, { do: 'flood', gate: url, bytes: 0 })
    const [, done] = await asked('/done')
    caller.destroy()
    done.end()
    await eventually(async () => assert.equal(running.counts().idle, 1))
  })

  test('who is answered when lambdad stops has the response to its end', async (t) => {
    const { running, begin } = await streaming(t)
    const { url, asked } = await gate(t)
    const events = await begin({ do: 'gated', gate: url })
    await events.next()
    const [, goOn] = await asked('/first')
    const stopped = running.stop()
    goOn.end()
    assert.equal(Buffer.from((await events.next()).value?.PayloadChunk?.Payload ?? []).toString(), 'two')
    assert.deepEqual((await events.next()).value, { InvokeComplete: {} })
    await stopped
  })

  test('is refused as by Invoke, before anything is streamed', async (t) => {
    const { lambda, name, createFunction } = await streaming(t)
    const send = (FunctionName: string, given = {}) =>
      lambda.send(new InvokeWithResponseStreamCommand({ FunctionName, ...given }))
    await assert.rejects(send('missing'), {
      name: 'ResourceNotFoundException',
      message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:missing:$LATEST',
    })
    await assert.rejects(send(name, { Payload: 'no JSON' }), { name: 'InvalidRequestContentException' })
    await assert.rejects(send(name, { ClientContext: 'bm8=' }), { name: 'InvalidRequestContentException' })
    await assert.rejects(send(name, { InvocationType: 'Event' }), {
      name: 'ValidationException',
      message: /'invocationType' failed to satisfy constraint: Member must satisfy enum value set: /,
    })
    await assert.rejects(send(name, { TenantId: 'blue' }), { name: 'InvalidParameterValueException' })
    const isolated = await createFunction(
      { 'index.mjs': 'export const handler = async () => 1' },
      { TenancyConfig: { TenantIsolationMode: 'PER_TENANT' } },
    )
    await assert.rejects(send(isolated), { name: 'InvalidParameterValueException' })
    const concurrency = { FunctionName: name, ReservedConcurrentExecutions: 0 }
    await lambda.send(new PutFunctionConcurrencyCommand(concurrency))
    await assert.rejects(send(name), (error) => {
      assert(error instanceof TooManyRequestsException)
      return error.Reason === 'ReservedFunctionConcurrentInvocationLimitExceeded'
    })
  })

  test('that is a tenant has its own environment', async (t) => {
    const { collect } = await streaming(t, { TenancyConfig: { TenantIsolationMode: 'PER_TENANT' } })
    const { text } = await collect({ do: 'context' }, { TenantId: 'blue' })
    assert.equal(JSON.parse(text).tenant, 'blue')
  })

  const knowsStreams = works(
    'python3',
    '-c',
    'import boto3; boto3.client("lambda", region_name="us-east-1").invoke_with_response_stream',
  )
  test('by boto3 gets chunks and the end', {
    skip: !knowsStreams && 'no boto3 that knows of it',
  }, async (t) => {
    const { endpoint, name } = await streaming(t)
    const script = `import boto3, json, sys
client = boto3.client('lambda', endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='test', aws_secret_access_key='test')
answer = client.invoke_with_response_stream(FunctionName=sys.argv[2], Payload=json.dumps({'do': sys.argv[3]}), LogType='Tail')
for event in answer['EventStream']:
    if 'PayloadChunk' in event: print('chunk', event['PayloadChunk']['Payload'].decode())
    else: print('end', sorted(event['InvokeComplete']), event['InvokeComplete'].get('ErrorCode'))
print(answer['StatusCode'], answer['ExecutedVersion'])`
    const late = await ran('python3', ['-c', script, endpoint, name, 'late'])
    assert.equal(
      late.stdout,
      "chunk one\nchunk two\nend ['ErrorCode', 'ErrorDetails', 'LogResult'] RangeError\n200 $LATEST\n",
      late.stderr,
    )
  })
})

/** A caller without a client: what it reads, and when, is the test's. */
function raw(t: { after(end: () => void): void }, endpoint: string, name: string, event: unknown) {
  const body = JSON.stringify(event)
  const { hostname, port } = new URL(endpoint)
  const socket = connect(Number(port), hostname)
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  socket.write(
    `POST ${RAW.replace('NAME', name)} HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  return socket
}
