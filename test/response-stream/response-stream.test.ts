import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { InvokeWithResponseStreamCommand, PublishVersionCommand } from '@aws-sdk/client-lambda'
import { collect, gate, streaming } from './support.ts'

// AWS Lambda Developer Guide, "Response streaming for Lambda functions"; API Reference, "InvokeWithResponseStream".
describe('a response that is streamed', () => {
  test('reaches its caller while the handler is at work', async (t) => {
    const { begin } = await streaming(t)
    const { url, asked } = await gate(t)
    const events = await begin({ do: 'gated', gate: url })
    const first = (await events.next()).value
    assert.equal(Buffer.from(first?.PayloadChunk?.Payload ?? []).toString(), 'one')

    const [, goOn] = await asked('/first') // it waits for us, who have its first chunk
    goOn.end()

    const second = (await events.next()).value
    assert.equal(Buffer.from(second?.PayloadChunk?.Payload ?? []).toString(), 'two')
    assert.deepEqual((await events.next()).value, { InvokeComplete: {} })
    assert.equal((await events.next()).done, true)
  })

  test('says what ran, by version and alias, with context and the end of its log', async (t) => {
    const { lambda, name, collect } = await streaming(t)
    await lambda.send(new PublishVersionCommand({ FunctionName: name }))
    const context = { custom: { key: 'value' } }
    const answer = await collect(
      { do: 'context' },
      {
        Qualifier: '1',
        LogType: 'Tail',
        ClientContext: Buffer.from(JSON.stringify(context)).toString('base64'),
      },
    )
    assert.equal(answer.executedVersion, '1')
    assert.deepEqual(JSON.parse(answer.text).client, context)
    assert.match(JSON.parse(answer.text).arn, /:1$/)
    assert.match(answer.log ?? '', new RegExp(`^START RequestId: ${answer.requestId} Version: 1\n`))
    assert.match(answer.log ?? '', /at work on context[\s\S]*\nREPORT RequestId: /)
    // The header that this member is bound to is the event stream's own.
    assert.equal(answer.contentType, 'application/vnd.amazon.eventstream')
  })

  test('begins with status, headers and cookies where it is for HTTP', async (t) => {
    const { collect } = await streaming(t)
    const { text, complete } = await collect({ do: 'http' })
    assert.equal(text, '{"statusCode":201,"headers":{"x-a":"b"},"cookies":["c=d"]}\0\0\0\0\0\0\0\0body')
    assert.deepEqual(complete, {})
  })

  test('may be empty', async (t) => {
    const { collect } = await streaming(t)
    assert.deepEqual((await collect({ do: 'empty' })).chunks, [])
  })

  test('comes whole by pipeline(), also beyond what Invoke may have', async (t) => {
    const { collect } = await streaming(t, { flags: { streamRate: '0' } })
    const bytes = 9_000_001
    const { chunks, complete } = await collect({ do: 'pipeline', bytes })
    assert.equal(
      chunks.reduce((sum, chunk) => sum + chunk.length, 0),
      bytes,
    )
    assert.ok(chunks.length > 50, `it came in ${chunks.length} pieces`)
    assert.deepEqual(complete, {})
  })

  test('is collected for Invoke, up to 6 MB', async (t) => {
    const { lambda, name, invoke } = await streaming(t)
    const small = await invoke(name, { do: 'context' })
    assert.equal(small.status, 200)
    assert.match(small.payload.arn, /function:f\d+$/)
    const large = await invoke(name, { do: 'pipeline', bytes: 6_300_000 })
    assert.equal(large.payload.errorType, 'Function.ResponseSizeTooLarge')
    const failed = await invoke(name, { do: 'late' })
    assert.equal(failed.functionError, 'Unhandled')
    assert.equal(failed.payload.errorMessage, 'midway')
    assert.equal((await collect(lambda, name, { do: 'http' })).complete?.ErrorCode, undefined)
  })
})

describe('a handler that fails', () => {
  test('before the first byte has its error in a chunk, as Invoke has it', async (t) => {
    const { collect } = await streaming(t)
    const { chunks, complete } = await collect({ do: 'early' }, { LogType: 'Tail' })
    assert.equal(chunks.length, 1)
    assert.equal(JSON.parse(chunks[0] ?? '').errorType, 'RangeError')
    assert.equal(complete?.ErrorCode, 'Unhandled')
    assert.equal(JSON.parse(complete?.ErrorDetails ?? '').errorMessage, 'before the first byte')
    assert.ok(complete?.LogResult)
  })

  test('within its response ends it with the error, and the next one is well', async (t) => {
    const { collect } = await streaming(t)
    for (const action of ['late', 'behindTheEnd', 'afterThrow']) {
      const { text, complete, log } = await collect({ do: action }, { LogType: 'Tail' })
      assert.equal(text, action === 'late' ? 'onetwo' : 'one')
      assert.equal(complete?.ErrorCode, action === 'late' ? 'RangeError' : 'Error')
      const details = JSON.parse(complete?.ErrorDetails ?? '')
      assert.equal(details.errorMessage, 'midway')
      assert.match(details.trace[0], /midway/)
      assert.match(log ?? '', /ERROR\tInvoke Error[\s\S]*REPORT/)
    }
    const open = await collect({ do: 'open' })
    assert.equal(
      JSON.parse(open.complete?.ErrorDetails ?? '').errorMessage,
      'Response stream is not finished.',
    )
    assert.equal((await collect({ do: 'http' })).text.slice(-4), 'body')
  })

  test('by what nobody caught ends its response with that, and its process', async (t) => {
    const { collect } = await streaming(t)
    const { text, complete, log } = await collect({ do: 'uncaught' }, { LogType: 'Tail' })
    assert.equal(text, 'one')
    assert.equal(complete?.ErrorCode, 'RangeError')
    assert.equal(JSON.parse(complete?.ErrorDetails ?? '').errorMessage, 'nobody caught it')
    assert.match(log ?? '', /Error Type: Runtime.ExitError/)
    assert.equal((await collect({ do: 'http' })).text.slice(-4), 'body')
  })

  test('by the end of its process breaks the response off', async (t) => {
    const { begin, collect } = await streaming(t)
    const { url, asked } = await gate(t)
    const events = await begin({ do: 'exit', gate: url })
    assert.ok((await events.next()).value?.PayloadChunk)
    const [, goOn] = await asked('/first')
    goOn.end()
    const complete = (await events.next()).value?.InvokeComplete
    assert.equal(complete?.ErrorCode, 'Runtime.TruncatedResponse')
    assert.equal((await collect({ do: 'http' })).text.slice(-4), 'body')
  })

  test('to end in its time has what it streamed, and the timeout', async (t) => {
    const { collect } = await streaming(t, { Timeout: 1 })
    const { text, complete, requestId, log } = await collect({ do: 'hang' }, { LogType: 'Tail' })
    assert.equal(text, 'one')
    assert.equal(complete?.ErrorCode, 'Sandbox.Timedout')
    assert.deepEqual(JSON.parse(complete?.ErrorDetails ?? ''), {
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds`,
    })
    assert.match(log ?? '', /Status: timeout/)
    assert.equal((await collect({ do: 'http' })).text.slice(-4), 'body')
  })

  test('by a write behind the end has streamed what came before', async (t) => {
    const { collect } = await streaming(t)
    assert.equal((await collect({ do: 'afterEnd' })).text, 'one')
    assert.equal((await collect({ do: 'http' })).text.slice(-4), 'body')
  })
})

test('a function that does not stream is answered in one chunk, whatever its language', async (t) => {
  const { createFunction, lambda } = await streaming(t)
  const node = await createFunction({ 'index.mjs': 'export const handler = async (event) => event' })
  const python = await createFunction(
    { 'app.py': 'def handler(event, context):\n    return event if event["a"] else 1 / 0\n' },
    { Runtime: 'python3.11', Handler: 'app.handler' },
  )
  for (const name of [node, python]) {
    const { chunks, complete } = await collect(lambda, name, { a: 1 })
    assert.equal(chunks.length, 1)
    assert.deepEqual(JSON.parse(chunks[0] ?? ''), { a: 1 })
    assert.deepEqual(complete, {})
  }
  const { complete } = await collect(lambda, python, { a: 0 })
  assert.equal(complete?.ErrorCode, 'Unhandled')
  assert.equal(JSON.parse(complete?.ErrorDetails ?? '').errorType, 'ZeroDivisionError')
})

test('a dry run runs nothing', async (t) => {
  const { lambda, name, running } = await streaming(t)
  const before = running.counts().environments
  const answer = await lambda.send(
    new InvokeWithResponseStreamCommand({ FunctionName: name, InvocationType: 'DryRun' }),
  )
  assert.equal(answer.StatusCode, 204)
  assert.equal(running.counts().environments, before)
})
