import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Lambda } from '@aws-sdk/client-lambda'
import { gateway } from './gateway.ts'
import { connect } from './raw.ts'

const INVOKE = '/2015-03-31/functions/f/invocations'
const echo = {
  lambda: { Invoke: (input: { Payload: Buffer }) => ({ StatusCode: 200, Payload: input.Payload }) },
}

test('a payload of 6291456 bytes passes, one byte more is refused in words that the client gets to read', async (t) => {
  const { client } = await gateway(t, echo)
  const lambda = new Lambda(client)
  const answer = await lambda.invoke({ FunctionName: 'f', Payload: Buffer.alloc(6_291_456, 1) })
  assert.equal(answer.Payload?.length, 6_291_456)
  await assert.rejects(lambda.invoke({ FunctionName: 'f', Payload: Buffer.alloc(6_291_457, 1) }), {
    name: 'RequestEntityTooLargeException',
    message: 'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
  })
  lambda.destroy()
})

test('a body of no announced length is refused at the byte that is too much', async (t) => {
  const { port } = await gateway(t, echo)
  const connection = await connect(port)
  connection.socket.write(`POST ${INVOKE} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`)
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000), Buffer.from('\r\n')])
  for (let count = 0; count < 7; count++) connection.socket.write(chunk)
  assert.match(await connection.until('InvokeFunction operation'), /^HTTP\/1\.1 413 /)
  connection.socket.destroy()
})

test('a connection can be used again after a request was too large', async (t) => {
  const { port } = await gateway(t, echo)
  const connection = await connect(port)
  connection.socket.write(`POST ${INVOKE} HTTP/1.1\r\nhost: x\r\ncontent-length: 7000000\r\n\r\n`)
  connection.socket.write(Buffer.alloc(7_000_000))
  await connection.until('InvokeFunction operation')
  connection.socket.write(`POST ${INVOKE} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nagain`)
  await connection.until('\r\n\r\nagain')
  connection.socket.destroy()
})

test('an HTTP/2 client with too large a body is told so', async (t) => {
  const { endpoint } = await gateway(t, echo)
  const session = http2.connect(endpoint)
  const stream = session.request({ ':method': 'POST', ':path': INVOKE })
  stream.on('error', () => {})
  Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(100_000))).pipe(stream)
  const status = await new Promise((resolve) =>
    stream.once('response', (headers) => resolve(headers[':status'])),
  )
  assert.equal(status, 413)
  session.destroy()
})

test('request line and headers may be a megabyte together, and no more', async (t) => {
  const { endpoint, port } = await gateway(t, echo)
  const large = { method: 'POST', body: 'x', headers: { 'x-large': 'a'.repeat(900_000) } }
  assert.equal((await fetch(`${endpoint}${INVOKE}`, large)).status, 200)
  const connection = await connect(port)
  connection.socket.write(`POST ${INVOKE} HTTP/1.1\r\nhost: x\r\nx-large: ${'a'.repeat(1_200_000)}\r\n\r\n`)
  assert.match(await connection.untilClosed(), /^(HTTP\/1\.1 431 |$)/)
})

test('bodies share a budget, and give back what they took', async (t) => {
  const waiting = Promise.withResolvers<void>()
  const called = Promise.withResolvers<void>()
  const { endpoint } = await gateway(
    t,
    {
      lambda: {
        Invoke: async () => {
          called.resolve()
          await waiting.promise
          return {}
        },
      },
    },
    { settings: { bodyBytesMax: 1000 } },
  )
  const invoke = (bytes: number) => fetch(`${endpoint}${INVOKE}`, { method: 'POST', body: 'a'.repeat(bytes) })
  const first = invoke(600)
  await called.promise
  const second = await invoke(600)
  assert.equal(second.status, 503)
  assert.equal(second.headers.get('x-amzn-errortype'), 'ServiceUnavailable')
  waiting.resolve()
  assert.equal((await first).status, 200)
  for (let round = 0; round < 5; round++) assert.equal((await invoke(900)).status, 200)
})

test('a body that unpacks to more than any may have is refused', async (t) => {
  const { endpoint } = await gateway(t, { 'cloudwatch-logs': { CreateLogGroup: () => undefined } })
  const headers = { 'x-amz-target': 'Logs_20140328.CreateLogGroup', 'content-encoding': 'gzip' }
  const body = gzipSync(Buffer.alloc(64 * 1024 * 1024))
  const answer = await fetch(endpoint, { method: 'POST', headers, body })
  assert.equal(answer.status, 413)
})

test('a client that sends its headers too slowly is closed, as is one that sends nothing', async (t) => {
  const { port } = await gateway(t, echo, {
    settings: { headersTimeoutMs: 200, requestTimeoutMs: 5_000 },
  })
  const silent = await connect(port)
  const slow = await connect(port)
  slow.socket.write('POST / HTTP/1.1\r\nhost: ')
  assert.equal(await silent.untilClosed(), '')
  assert.match(await slow.untilClosed(), /^(HTTP\/1\.1 408 |$)/)
})

test('an idle connection is closed, of HTTP/1.1 and of HTTP/2, but not while it is used', async (t) => {
  const { port, endpoint } = await gateway(
    t,
    {
      lambda: {
        Invoke: async () => {
          await new Promise((resolve) => setTimeout(resolve, 400))
          return {}
        },
      },
    },
    { settings: { keepAliveTimeoutMs: 100 } },
  )
  const session = http2.connect(endpoint)
  const stream = session.request({ ':method': 'POST', ':path': INVOKE })
  stream.end()
  const [headers] = await once(stream, 'response')
  assert.equal(headers[':status'], 200)
  stream.resume()
  await once(session, 'close')
  const connection = await connect(port)
  connection.socket.write(`POST ${INVOKE} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`)
  assert.match(await connection.untilClosed(), /^HTTP\/1\.1 200 /)
})

test('more connections than are allowed are closed', async (t) => {
  const { port } = await gateway(t, echo, { settings: { connectionsMax: 2 } })
  const [one, two] = [await connect(port), await connect(port)]
  const three = await connect(port)
  assert.equal(await three.untilClosed(), '')
  assert.equal(one.socket.closed || two.socket.closed, false)
  one.socket.destroy()
  two.socket.destroy()
})
