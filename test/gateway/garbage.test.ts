import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import http2 from 'node:http2'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { gateway } from './gateway.ts'
import { connect } from './raw.ts'

const INVOKE = '/2015-03-31/functions/f/invocations'

/** A gateway, and proof that it still answers when the test is over. */
async function sturdyGateway(t: TestContext, options: Parameters<typeof gateway>[2] = {}) {
  const made = await gateway(
    t,
    {
      lambda: { Invoke: (input) => ({ StatusCode: 200, Payload: input.Payload }) },
      cloudwatch: { PutMetricData: () => undefined },
    },
    options,
  )
  const stillAnswers = async () => {
    const answer = await fetch(`${made.endpoint}${INVOKE}`, { method: 'POST', body: 'alive' })
    assert.equal(await answer.text(), 'alive')
    assert.deepEqual(made.faults, [])
  }
  return { ...made, stillAnswers }
}

test('what is no HTTP is answered 400 and closed', async (t) => {
  const { port, stillAnswers } = await sturdyGateway(t)
  for (const noise of [
    'hello\r\n\r\n',
    'GET\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'GET / HTTP/9.9\r\n\r\n',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n',
  ]) {
    const connection = await connect(port)
    connection.socket.write(Buffer.from(noise, 'latin1'))
    assert.match(await connection.untilClosed(), /^(HTTP\/1\.1 400 |$)/, noise)
  }
  await stillAnswers()
})

test('random bytes, to HTTP/1.1 and behind the preface of HTTP/2, do no harm', async (t) => {
  const { port, stillAnswers } = await sturdyGateway(t)
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  for (const head of [Buffer.alloc(0), preface, preface.subarray(0, 3), preface.subarray(0, 20)]) {
    for (let round = 0; round < 10; round++) {
      const connection = await connect(port)
      connection.socket.end(Buffer.concat([head, randomBytes(2000)]))
      await connection.untilClosed()
    }
  }
  await stillAnswers()
})

test('a client that vanishes in the middle of its body leaves nothing behind', async (t) => {
  const { port, server, stillAnswers } = await sturdyGateway(t)
  for (let round = 0; round < 20; round++) {
    const connection = await connect(port)
    connection.socket.write(`POST ${INVOKE} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"a":`)
    await new Promise(setImmediate)
    connection.socket.resetAndDestroy()
  }
  await stillAnswers()
  const begins = performance.now()
  await server.stop()
  assert.ok(performance.now() - begins < 2000, 'stop waited for requests of clients that are gone')
})

test('an HTTP/2 client may reset its stream or its session at any time', async (t) => {
  const { endpoint, stillAnswers } = await sturdyGateway(t)
  const session = http2.connect(endpoint)
  session.on('error', () => {})
  for (let round = 0; round < 10; round++) {
    const stream = session.request({ ':method': 'POST', ':path': INVOKE })
    stream.on('error', () => {})
    stream.write('part')
    stream.close(http2.constants.NGHTTP2_CANCEL)
  }
  const stream = session.request({ ':method': 'POST', ':path': INVOKE })
  stream.on('error', () => {})
  stream.write('part')
  await new Promise((resolve) => setTimeout(resolve, 50))
  session.destroy()
  await stillAnswers()
})

test('one HTTP/2 session carries many requests', async (t) => {
  const { endpoint } = await sturdyGateway(t)
  const session = http2.connect(endpoint)
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const stream = session.request({ ':method': 'POST', ':path': INVOKE })
      stream.end(`payload ${index}`)
      return (await Array.fromAsync(stream)).join('')
    }),
  )
  assert.deepEqual(
    answers,
    Array.from({ length: 50 }, (_, index) => `payload ${index}`),
  )
  session.close()
})

test('unknown methods, paths and actions are answered in a protocol of AWS', async (t) => {
  const { endpoint, stillAnswers } = await sturdyGateway(t)
  const cases: [string, string, number][] = [
    ['PATCH', '/2015-03-31/functions', 404],
    ['GET', '/2015-03-31/nonsense/%00', 404],
    ['POST', '/', 405],
    ['OPTIONS', '/a/b/c', 405],
    ['POST', '/service/Nonsense/operation/None', 501],
  ]
  for (const [method, path, status] of cases) {
    const answer = await fetch(`${endpoint}${path}`, { method })
    assert.equal(answer.status, status, `${method} ${path}`)
    assert.match(await answer.text(), /There is no operation|<Code>\w+<\/Code>/)
  }
  await stillAnswers()
})

test('a Lambda request without a signature, or with the content type of a form, is one all the same', async (t) => {
  const { endpoint } = await sturdyGateway(t)
  for (const type of [
    'application/x-www-form-urlencoded',
    'text/html',
    'application/x-amz-json-1.1',
    'nonsense',
  ]) {
    const answer = await fetch(`${endpoint}${INVOKE}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{"a":1}',
    })
    assert.equal(await answer.text(), '{"a":1}')
  }
})

test('bodies that are not of their protocol are SerializationExceptions', async (t) => {
  const { endpoint, stillAnswers } = await sturdyGateway(t)
  const rpc = `${endpoint}/service/GraniteServiceVersion20100801/operation/PutMetricData`
  const cbor = { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' }
  const json = { 'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData' }
  const bodies: [string, Record<string, string>, Buffer][] = [
    [rpc, cbor, Buffer.from([0x9a, 1, 0, 0, 0])],
    [rpc, cbor, randomBytes(100)],
    [rpc, cbor, Buffer.from([5])],
    [endpoint, json, Buffer.from('{"Namespace":')],
    [endpoint, json, Buffer.from([0xff, 0xfe])],
    [endpoint, json, Buffer.from(`{"MetricData":${'['.repeat(100_000)}`)],
    [endpoint, { ...json, 'content-encoding': 'gzip' }, Buffer.from('no gzip')],
    [endpoint, { ...json, 'content-encoding': 'gzip' }, gzipSync('{"a":1}').subarray(0, 15)],
    [endpoint, { ...json, 'content-encoding': 'br' }, Buffer.from('x')],
  ]
  for (const [url, headers, body] of bodies) {
    const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) })
    assert.equal(answer.status, 400, body.toString('latin1', 0, 20))
    assert.match(Buffer.from(await answer.arrayBuffer()).toString('latin1'), /SerializationException/)
  }
  await stillAnswers()
})

test('a Host that is none is not repeated in answers', async (t) => {
  const { port } = await gateway(t, {
    lambda: { Invoke: (_input, call) => ({ StatusCode: 200, Payload: Buffer.from(call.endpoint) }) },
  })
  for (const [host, endpoint] of [
    ['lambda.localhost:1', 'http://lambda.localhost:1'],
    ['[::1]:4566', 'http://[::1]:4566'],
    ['evil/<script>', 'http://localhost'],
    ['a b', 'http://localhost'],
  ]) {
    const connection = await connect(port)
    connection.socket.write(
      `POST ${INVOKE} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
    )
    assert.ok((await connection.untilClosed()).endsWith(`\r\n\r\n${endpoint}`), host)
  }
})
