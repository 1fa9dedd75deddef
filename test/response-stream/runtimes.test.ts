import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { InvokeWithResponseStreamCommand } from '@aws-sdk/client-lambda'
import { PROVIDED } from '../runtimes/languages.ts'
import { works } from '../support/commands.ts'
import { createManaged } from '../support/managed.ts'
import { platform } from '../support/platform.ts'
import { zipOf } from '../support/zip.ts'
import { begin, collect, gate, STREAMER } from './support.ts'

/** A custom runtime of a shell and curl: it streams `one`, asks whether it may go on, and streams `two`. */
const SHELL = {
  bootstrap: `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while :; do
  curl -sS -D /tmp/head -o /tmp/body "$api/next" || exit 1
  id=$(sed -n 's/^lambda-runtime-aws-request-id: *//Ip' /tmp/head | tr -d '\\r')
  gate=$(sed -n 's/.*"gate":"\\([^"]*\\)".*/\\1/p' /tmp/body)
  { printf one; curl -sS "$gate/first"; printf two; } |
    curl -sS -o /dev/null -X POST -T . -H 'Lambda-Runtime-Function-Response-Mode: streaming' \\
      -H 'Transfer-Encoding: chunked' -H 'Content-Type: text/plain' "$api/$id/response"
done
`,
}

/**
 * A runtime on Node's own HTTP client, as the one that AWS publishes for images is: a connection for each request,
 * trailers behind the body.
 */
const CLIENT = `const http = require('node:http')
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':')
const API = '/2018-06-01/runtime/invocation/'

const request = (method, path, headers = {}) => {
  const asked = http.request({ host, port, method, path: API + path, headers })
  const answered = new Promise((resolve, reject) => asked.on('response', resolve).on('error', reject))
  return { asked, answered }
}

async function next() {
  const { asked, answered } = request('GET', 'next')
  asked.end()
  const response = await answered
  const pieces = []
  for await (const piece of response) pieces.push(piece)
  return [response.headers['lambda-runtime-aws-request-id'], JSON.parse(Buffer.concat(pieces))]
}

async function main() {
  for (;;) {
    const [id, event] = await next()
    const { asked, answered } = request('POST', id + '/response', {
      'Lambda-Runtime-Function-Response-Mode': 'streaming',
      'Transfer-Encoding': 'chunked',
      Trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
    })
    asked.write('one')
    await fetch(event.gate + '/first')
    if (event.cut) {
      asked.on('error', () => {}).destroy()
      await answered.catch(() => {})
      continue
    }
    const error = Buffer.from(JSON.stringify({ errorType: 'Own.Error', errorMessage: 'no' })).toString('base64')
    if (event.fail)
      asked.addTrailers({
        'Lambda-Runtime-Function-Error-Type': 'Own.Error',
        'Lambda-Runtime-Function-Error-Body': error,
      })
    asked.end(event.fail ? '' : 'two')
    const response = await answered
    console.log('answered with', response.statusCode)
    response.resume()
  }
}
main()`

// AWS Lambda Developer Guide, "Building a custom runtime", response streaming.
describe('a custom runtime', () => {
  test('of a shell streams by curl', { skip: !works('curl', '--version') }, async (t) => {
    const { createFunction, lambda } = await platform(t, { network: 'shared' })
    const options = { Runtime: 'provided.al2023', Timeout: 20 } as const
    const name = await createFunction(SHELL, { ...options, mode: 0o100755 })
    const { url, asked } = await gate(t)
    const events = await begin(lambda, name, { gate: url })
    assert.equal(chunk((await events.next()).value), 'one')
    const [, goOn] = await asked('/first')
    goOn.end()
    assert.equal(chunk((await events.next()).value), 'two')
    assert.deepEqual((await events.next()).value, { InvokeComplete: {} })
    assert.equal((await collect(lambda, name, { gate: url })).text, 'onetwo')
  })

  test('of Go streams by its HTTP client, and fails in trailers', async (t) => {
    const files = PROVIDED['provided.al2023 by Go']?.() ?? ''
    if (typeof files === 'string') return t.skip(files)
    const { createFunction, lambda } = await platform(t)
    const program = Object.fromEntries(files.map(({ name, data }) => [name, data])) as never
    const name = await createFunction(program, { Runtime: 'provided.al2023', Timeout: 20, mode: 0o100755 })
    const { chunks, complete } = await collect(lambda, name, { action: 'stream', ms: 100 })
    assert.deepEqual(chunks, ['one', 'two'])
    assert.deepEqual(complete, {})
    const failed = await collect(lambda, name, { action: 'stream', name: 'OwnError' })
    assert.equal(failed.text, 'one')
    assert.equal(failed.complete?.ErrorCode, 'OwnError')
    assert.equal(JSON.parse(failed.complete?.ErrorDetails ?? '').errorMessage, 'broken ü')
    const whole = await collect(lambda, name, { action: 'echo', value: 1 })
    assert.deepEqual([whole.chunks, whole.complete], [['1'], {}])
  })

  test('on an HTTP client of its own streams, fails in trailers, and is cut off', async (t) => {
    const { createFunction, lambda } = await platform(t, { network: 'shared', sandbox: 'process' })
    const bootstrap = `#!/bin/sh\nexec ${process.execPath} "$LAMBDA_TASK_ROOT/client.cjs"\n`
    const name = await createFunction(
      { bootstrap, 'client.cjs': CLIENT },
      { Runtime: 'provided.al2023', Timeout: 20, mode: 0o100755 },
    )
    const { url, asked } = await gate(t)
    const events = await begin(lambda, name, { gate: url }, { LogType: 'Tail' })
    assert.equal(chunk((await events.next()).value), 'one')
    const [, goOn] = await asked('/first')
    goOn.end()
    assert.equal(chunk((await events.next()).value), 'two')
    const { LogResult = '' } = (await events.next()).value?.InvokeComplete ?? {}
    assert.match(Buffer.from(LogResult, 'base64').toString(), /answered with 202/)

    const failed = await collect(lambda, name, { gate: url, fail: true })
    assert.equal(failed.text, 'one')
    assert.deepEqual(failed.complete, {
      ErrorCode: 'Own.Error',
      ErrorDetails: '{"errorType":"Own.Error","errorMessage":"no"}',
    })
    const cut = await collect(lambda, name, { gate: url, cut: true })
    assert.equal(cut.text, 'one')
    assert.equal(cut.complete?.ErrorCode, 'Runtime.TruncatedResponse')
    assert.equal((await collect(lambda, name, { gate: url })).text, 'onetwo')
  })
})

test('on managed instances several responses are streamed at once by one environment', async (t) => {
  const { lambda } = await platform(t, { network: 'shared' })
  await createManaged(lambda, 'm', 8, { Timeout: 2, Code: { ZipFile: await zipOf(STREAMER) } })
  const gates = [await gate(t), await gate(t)]
  const streams = await Promise.all(gates.map(({ url }) => begin(lambda, 'm', { do: 'gated', gate: url })))
  for (const events of streams) assert.equal(chunk((await events.next()).value), 'one')
  for (const { asked } of gates) (await asked('/first'))[1].end()
  for (const events of streams) {
    assert.equal(chunk((await events.next()).value), 'two')
    assert.deepEqual((await events.next()).value, { InvokeComplete: {} })
  }
  const late = await collect(lambda, 'm', { do: 'late' })
  assert.equal(late.text, 'onetwo')
  assert.equal(late.complete?.ErrorCode, 'RangeError')
  const hanging = await collect(lambda, 'm', { do: 'hang' })
  assert.equal(hanging.text, 'one')
  assert.equal(hanging.complete?.ErrorCode, 'Sandbox.Timedout')
  const ended = await collect(lambda, 'm', { do: 'exit', gate: gates[0]?.url })
  assert.equal(ended.complete?.ErrorCode, 'Runtime.TruncatedResponse')
})

test('a durable function is refused: its executions have results, not responses', async (t) => {
  const { createFunction, lambda } = await platform(t)
  const FunctionName = await createFunction(STREAMER, {
    DurableConfig: { ExecutionTimeout: 60, RetentionPeriodInDays: 1 },
  })
  await assert.rejects(lambda.send(new InvokeWithResponseStreamCommand({ FunctionName })), {
    name: 'InvalidParameterValueException',
    message: 'Durable functions do not support response streaming. Use the Invoke operation.',
  })
})

function chunk(
  event: { PayloadChunk?: { Payload?: Uint8Array | undefined } | undefined } | undefined,
): string {
  return Buffer.from(event?.PayloadChunk?.Payload ?? []).toString()
}
