import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import {
  INVALID_REQUEST_ID,
  invalidTransition,
  RESPONSE_BYTES_MAX,
  type Refusal,
  TOO_LARGE,
} from './answers.ts'
import type { Connection } from './connection.ts'
import type { Answer, StreamedResponse } from './routes.ts'
import { RuntimeApi } from './server.ts'

const ID = '8476a536-e9f4-11e8-9739-2dfe598c3fcd'
const RESPONSE = `/2018-06-01/runtime/invocation/${ID}/response`
const ERROR = `/2018-06-01/runtime/invocation/${ID}/error`
const STREAMING = 'Transfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n'
const GET_NEXT = 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n'
const ACCEPTED =
  'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'

const invocation = {
  requestId: ID,
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:f',
  payload: Buffer.from('{"a":1}'),
  traceHeader: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
}

test('the next event has the headers that runtimes read, and its bytes unchanged', async (t) => {
  const { calls, client } = await serving(t)
  calls.onNext = (connection) => {
    setImmediate(() =>
      connection.deliver(
        { ...invocation, clientContext: '{"a":\n1}', cognitoIdentity: '{"é":1}', tenantId: 't' },
        1_700_000_000_123,
      ),
    )
    return undefined
  }

  client.write(GET_NEXT)
  const answer = await client.until('{"a":1}')

  assert.equal(
    answer,
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n' +
      `Lambda-Runtime-Aws-Request-Id: ${ID}\r\n` +
      'Lambda-Runtime-Deadline-Ms: 1700000000123\r\n' +
      'Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f\r\n' +
      'Lambda-Runtime-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1\r\n' +
      'Lambda-Runtime-Client-Context: {"a": 1}\r\n' +
      'Lambda-Runtime-Cognito-Identity: {"é":1}\r\n' +
      'Lambda-Runtime-Aws-Tenant-Id: t\r\n' +
      'Content-Length: 7\r\n\r\n{"a":1}',
  )
})

test('a response reaches the environment, and is accepted at once', async (t) => {
  const { calls, client } = await serving(t)

  client.write(post(RESPONSE, '{"b":2}', 'Content-Type: text/plain\r\n'))

  assert.equal(await client.until('OK"}\n'), ACCEPTED)
  assert.equal(calls.responses[0]?.requestId, ID)
  assert.equal(calls.responses[0]?.answer.bytes.toString(), '{"b":2}')
  assert.equal(calls.responses[0]?.answer.contentType, 'text/plain')
})

test('a response and the next request in one write are answered together, with the next event', async (t) => {
  const { calls, client } = await serving(t)
  let waiting: Connection | undefined
  calls.onNext = (connection) => {
    waiting = connection
    return undefined
  }

  client.write(post(RESPONSE, '1') + GET_NEXT)
  await until(() => waiting !== undefined)
  assert.equal(client.received, '')
  waiting?.deliver(invocation, 1)

  const answer = await client.until('{"a":1}')
  assert.ok(answer.startsWith(`${ACCEPTED}HTTP/1.1 200 OK\r\n`))
})

test('a request of which only the start came along does not hold the answer before it', async (t) => {
  const { client } = await serving(t)

  client.write(post(RESPONSE, '1') + GET_NEXT.slice(0, 20))

  assert.equal(await client.until('OK"}\n'), ACCEPTED)
})

test('requests that arrive byte by byte are understood', async (t) => {
  const { calls, client } = await serving(t)

  for (const byte of post(RESPONSE, '{"b":2}')) {
    client.write(byte)
    await new Promise((resolve) => setImmediate(resolve))
  }

  assert.equal(await client.until('OK"}\n'), ACCEPTED)
  assert.equal(calls.responses[0]?.answer.bytes.toString(), '{"b":2}')
})

test('a chunked response is put together, and its streaming mode understood', async (t) => {
  const { calls, client } = await serving(t)

  client.write(
    `POST ${RESPONSE} HTTP/1.1\r\nTransfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n\r\n`,
  )
  client.write('5;x=y\r\nhello\r\n')
  client.write('6\r\n world\r\n0\r\n\r\n')

  assert.equal(await client.until('OK"}\n'), ACCEPTED)
  assert.equal(calls.responses[0]?.answer.bytes.toString(), 'hello world')
  assert.equal(calls.responses[0]?.answer.contentType, 'application/octet-stream')
})

test('a streamed response that failed on the way is an error, its JSON from the trailer', async (t) => {
  const { calls, client } = await serving(t)
  const error = '{"errorType":"E","errorMessage":"m","trace":[]}'

  client.write(
    `POST ${RESPONSE} HTTP/1.1\r\nTransfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n` +
      'Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n5\r\nhello\r\n0\r\n' +
      `Lambda-Runtime-Function-Error-Type: Runtime.StreamError\r\nLambda-Runtime-Function-Error-Body: ${btoa(error)}\r\n\r\n`,
  )

  assert.equal(await client.until('OK"}\n'), ACCEPTED)
  assert.deepEqual(calls.responses, [])
  assert.equal(calls.errors[0]?.answer.bytes.toString(), error)
  assert.equal(calls.errors[0]?.answer.errorType, 'Runtime.StreamError')
})

test('a response that somebody takes as it comes is handed on piece by piece, and nothing is collected', async (t) => {
  const { calls, client } = await serving(t)
  const taken = calls.stream()

  client.write(`POST ${RESPONSE} HTTP/1.1\r\n${STREAMING}Content-Type: text/plain\r\n\r\n5\r\nhello\r\n`)
  await until(() => taken.pieces.length === 1)
  client.write('6\r\n world\r\n')
  await until(() => taken.pieces.length === 2)
  assert.equal(client.received, '')
  client.write('0\r\n\r\n')

  assert.equal(await client.until('OK"}\n'), ACCEPTED)
  assert.deepEqual(taken.pieces, ['hello', ' world'])
  assert.deepEqual(taken.ends, ['well'])
  assert.equal(taken.contentType, 'text/plain')
  assert.deepEqual(calls.responses, [])
})

test('a streamed response of a length that is known is handed on as well', async (t) => {
  const { calls, client } = await serving(t)
  const taken = calls.stream()

  client.write(post(RESPONSE, 'hello', 'Lambda-Runtime-Function-Response-Mode: streaming\r\n'))

  assert.equal(await client.until('OK"}\n'), ACCEPTED)
  assert.deepEqual([taken.pieces, taken.ends], [['hello'], ['well']])
  assert.equal(taken.contentType, 'application/octet-stream')
})

test('a streamed response that failed on the way hands on the error behind its bytes, of any type', async (t) => {
  const { calls, client } = await serving(t)
  const taken = calls.stream()

  client.write(
    `POST ${RESPONSE} HTTP/1.1\r\n${STREAMING}\r\n1\r\na\r\n0\r\nLambda-Runtime-Function-Error-Type: RangeError\r\n\r\n`,
  )

  assert.equal(await client.until('OK"}\n'), ACCEPTED)
  assert.deepEqual(taken.ends, ['RangeError Runtime.Unknown'])
})

test('the error behind a streamed response may be long, but not without end', async (t) => {
  const { calls, client } = await serving(t)
  const taken = calls.stream()
  const stream = (body: string) =>
    client.write(
      `POST ${RESPONSE} HTTP/1.1\r\n${STREAMING}\r\n1\r\na\r\n0\r\nLambda-Runtime-Function-Error-Type: E\r\n` +
        `Lambda-Runtime-Function-Error-Body: ${body}\r\n\r\n`,
    )
  stream(btoa('x'.repeat(500_000)))
  assert.equal(await client.until('OK"}\n'), ACCEPTED)
  client.clear()
  stream(btoa('x'.repeat(1_000_000)))
  assert.match(await client.until('}'), /^HTTP\/1\.1 400 .*"errorType":"InvalidRequestFormat"/s)
  assert.deepEqual(taken.ends, ['E Runtime.Unknown', 'broken'])
})

test('while who takes it is full, no more of a response is read', async (t) => {
  const { calls, client } = await serving(t)
  const taken = calls.stream()
  const room = Promise.withResolvers<void>()
  taken.full = room.promise

  const size = 256 * 1024
  client.write(`POST ${RESPONSE} HTTP/1.1\r\n${STREAMING}\r\n`)
  for (let i = 0; i < 64; i++) client.write(`${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`)
  await until(() => taken.bytes > 0)
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(taken.bytes <= 128 * 1024, `${taken.bytes} bytes were read`)
  assert.ok(client.socket.writableLength > 0)

  taken.full = undefined
  room.resolve()
  client.write('0\r\n\r\n')
  await client.until('OK"}\n')
  assert.equal(taken.bytes, 64 * size)
})

for (const [what, end] of [
  ['shuts down its sending side', (client: Client) => client.end()],
  ['is gone', (client: Client) => client.socket.destroy()],
  ['writes what is no chunk', (client: Client) => client.write('no chunk\r\n')],
] as const) {
  test(`a client that ${what} within its response has broken it off`, async (t) => {
    const { calls, client } = await serving(t)
    const taken = calls.stream()
    client.write(`POST ${RESPONSE} HTTP/1.1\r\n${STREAMING}\r\n5\r\nhello\r\n`)
    await until(() => taken.pieces.length === 1)

    end(client)

    await until(() => taken.ends.length > 0)
    assert.deepEqual(taken.ends, ['broken'])
  })
}

test('a response mode that does not exist is refused', async (t) => {
  const { calls, client } = await serving(t)

  client.write(post(RESPONSE, '1', 'Lambda-Runtime-Function-Response-Mode: fast\r\n'))

  assert.match(await client.until('}'), /^HTTP\/1\.1 400 .*"errorType":"InvalidFunctionResponseMode"/s)
  assert.deepEqual(calls.responses, [])
})

for (const [given, logged] of [
  ['Runtime.ImportModuleError', 'Runtime.ImportModuleError'],
  ['Function.Odd', 'Function.Odd'],
  ['Function.odd one', 'Function.Unknown'],
  ['TypeError', 'Runtime.Unknown'],
  [undefined, 'Runtime.Unknown'],
] as const) {
  test(`the error type ${given} is logged as ${logged}`, async (t) => {
    const { calls, client } = await serving(t)

    client.write(
      post(ERROR, '{}', given === undefined ? '' : `Lambda-Runtime-Function-Error-Type: ${given}\r\n`),
    )

    await client.until('OK"}\n')
    assert.equal(calls.errors[0]?.answer.errorType, logged)
  })
}

for (const [what, given, taken] of [
  ['of JSON is taken', '{"exceptions":[]}', '{"exceptions":[]}'],
  ['that is no JSON is dropped', 'not JSON', undefined],
  ['over 64 KB is dropped', `"${'x'.repeat(64 * 1024)}"`, undefined],
] as const) {
  test(`a cause for the trace ${what}, and the error with it is accepted`, async (t) => {
    const { calls, client } = await serving(t)

    client.write(post(ERROR, '{}', `Lambda-Runtime-Function-XRay-Error-Cause: ${given}\r\n`))

    await client.until('OK"}\n')
    assert.equal(calls.errors[0]?.answer.errorCause, taken)
  })
}

test('refusals have the statuses and bodies of AWS', async (t) => {
  const { calls, client } = await serving(t)
  calls.refusal = INVALID_REQUEST_ID
  client.write(post(RESPONSE, '1'))
  assert.match(
    await client.until('}'),
    /^HTTP\/1\.1 400 .*\{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"\}$/s,
  )

  calls.refusal = invalidTransition('Ready', 'InvocationResponse')
  client.clear()
  client.write(post(RESPONSE, '1'))
  assert.match(
    await client.until('}'),
    /^HTTP\/1\.1 403 .*\{"errorMessage":"State transition from Ready to InvocationResponse failed for runtime\. Error: State transition is not allowed","errorType":"InvalidStateTransition"\}$/s,
  )
})

for (const framing of ['with a length', 'in chunks']) {
  test(`a response over the limit, ${framing}, is refused, and the connection goes on`, async (t) => {
    const { calls, client } = await serving(t)
    const body = 'x'.repeat(RESPONSE_BYTES_MAX + 1)

    if (framing === 'with a length') client.write(post(RESPONSE, body))
    else
      client.write(
        `POST ${RESPONSE} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      )

    assert.match(
      await client.until('}'),
      /^HTTP\/1\.1 413 .*"errorMessage":"Exceeded maximum allowed payload size \(6291556 bytes\)\."/s,
    )
    assert.equal(calls.responses[0]?.answer.tooLarge, true)
    assert.equal(calls.responses[0]?.answer.bytes.length, 0)
    client.clear()
    client.write('GET /ping HTTP/1.1\r\n\r\n')
    assert.match(await client.until('pong'), /^HTTP\/1\.1 200 OK/)
  })
}

test('a response of exactly the limit is taken', async (t) => {
  const { calls, client } = await serving(t)

  client.write(post(RESPONSE, 'x'.repeat(RESPONSE_BYTES_MAX)))

  assert.equal(await client.until('OK"}\n'), ACCEPTED)
  assert.equal(calls.responses[0]?.answer.bytes.length, RESPONSE_BYTES_MAX)
})

test('a client that waits for 100 Continue gets it', async (t) => {
  const { client } = await serving(t)

  client.write(`POST ${RESPONSE} HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n`)
  assert.equal(await client.until('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n')
  client.clear()
  client.write('1')

  assert.equal(await client.until('OK"}\n'), ACCEPTED)
})

test('half a body, and no more to come, is a truncated request', async (t) => {
  const { calls, client } = await serving(t)

  client.write(`POST ${RESPONSE} HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345`)
  client.end()

  assert.match(
    await client.closed(),
    /^HTTP\/1\.1 400 .*"errorMessage":"HTTP request detected as truncated","errorType":"TruncatedHTTPRequest"/s,
  )
  assert.deepEqual(calls.responses, [])
})

for (const [what, bytes] of [
  ['binary noise', '\x00\x01\x02\xff\r\n\r\n'],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n'],
  ['a header without a name', 'GET /ping HTTP/1.1\r\n: x\r\n\r\n'],
  ['a folded header', 'GET /ping HTTP/1.1\r\nA: b\r\n c\r\n\r\n'],
  ['two lengths', 'POST /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  ['a length and chunks', 'POST /x HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a negative length', 'POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n'],
  ['an unknown encoding', 'POST /x HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n'],
  ['a chunk without a size', 'POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ['a head without end', `GET /ping HTTP/1.1\r\nA: ${'x'.repeat(200_000)}`],
] as const) {
  test(`${what} is refused with 400, and the connection closed`, async (t) => {
    const { client } = await serving(t)

    client.write(Buffer.from(bytes, 'latin1'))

    assert.match(await client.closed(), /^HTTP\/1\.1 400 Bad Request\r\n/)
  })
}

test('what is not there yet says so', async (t) => {
  const { client } = await serving(t)
  for (const [request, status, errorType] of [
    ['GET /2018-06-01/runtime/restore/next', 403, 'InvalidStateTransition'],
    ['GET /2018-06-01/runtime/invocation/previous', 404, 'NotFound'],
    ['POST /2018-06-01/runtime/invocation/x/shrug', 404, 'NotFound'],
    ['DELETE /', 404, 'NotFound'],
  ] as const) {
    client.clear()
    client.write(`${request} HTTP/1.1\r\n\r\n`)
    assert.match(
      await client.until('}'),
      new RegExp(`^HTTP/1\\.1 ${status} .*"errorType":"${errorType}"`, 's'),
    )
  }
})

test('a client that waits for an event and goes away is forgotten', async (t) => {
  const { calls, client } = await serving(t)

  client.write(GET_NEXT)
  await until(() => calls.nexts === 1)
  client.end()

  await until(() => calls.closed === 1)
})

test('an old client, and one that says so, gets its answer and the end', async (t) => {
  for (const head of ['GET /ping HTTP/1.0\r\n\r\n', 'GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n']) {
    const { client } = await serving(t)
    client.write(head)
    assert.match(await client.closed(), /pong$/)
  }
})

test('the port speaks the same as the socket', async (t) => {
  const { address } = await serving(t)

  const response = await fetch(`http://${address}${RESPONSE}`, { method: 'POST', body: '1' })

  assert.equal(response.status, 202)
  assert.deepEqual(await response.json(), { status: 'OK' })
})

test('a process of another user gets nothing on the port', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const { address } = await serving(t, { uid: 4_000_000_000 })

  await assert.rejects(fetch(`http://${address}/ping`))
})

test('a process of the environment’s user is served on the port', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const { address } = await serving(t, { uid: process.getuid?.() ?? 0 })

  assert.equal(await (await fetch(`http://${address}/ping`)).text(), 'pong')
})

test('closing it closes every connection', async (t) => {
  const { api, client } = await serving(t)
  client.write(GET_NEXT)

  api.close()

  await client.closed()
})

class Calls {
  readonly responses: { requestId: string; answer: Answer }[] = []
  readonly errors: { requestId: string; answer: Answer }[] = []
  readonly initErrors: Answer[] = []
  nexts = 0
  closed = 0
  taken: Taken | undefined
  refusal: Refusal | undefined
  onNext: (connection: Connection) => Refusal | undefined = () => undefined

  /** From now on responses are taken as they come. */
  stream(): Taken {
    this.taken = new Taken()
    return this.taken
  }
  next(connection: Connection) {
    this.nexts++
    return this.onNext(connection)
  }
  response(requestId: string, answer: Answer) {
    this.responses.push({ requestId, answer })
    return this.refusal ?? (answer.tooLarge ? TOO_LARGE : undefined)
  }
  error(requestId: string, answer: Answer) {
    this.errors.push({ requestId, answer })
    return this.refusal
  }
  initError(answer: Answer) {
    this.initErrors.push(answer)
    return this.refusal
  }
}

async function serving(t: TestContext, { uid }: { uid?: number } = {}) {
  const folder = mkdtempSync(`${tmpdir()}/rapi-`)
  const calls = new Calls()
  const api = new RuntimeApi(
    {
      next: (connection) => calls.next(connection),
      response: (requestId, answer) => calls.response(requestId, answer),
      stream: (_requestId, contentType) => calls.taken?.begin(contentType),
      error: (requestId, answer) => calls.error(requestId, answer),
      initError: (answer) => calls.initError(answer),
      closed: () => {
        calls.closed++
      },
      extension: () => 'accepted',
      external: () => {},
    },
    uid,
  )
  const address = await api.listen(`${folder}/rt.sock`)
  const client = new Client(connect(`${folder}/rt.sock`))
  t.after(() => {
    client.socket.destroy()
    api.close()
    rmSync(folder, { recursive: true })
  })
  return { api, address, calls, client }
}

/** Takes a response as it comes. */
class Taken implements StreamedResponse {
  readonly pieces: string[] = []
  readonly ends: string[] = []
  bytes = 0
  contentType = ''
  full: Promise<void> | undefined

  begin(contentType: string): this {
    this.contentType = contentType
    return this
  }
  take(piece: Buffer) {
    this.bytes += piece.length
    if (piece.length < 100) this.pieces.push(piece.toString())
    return this.full
  }
  end(failure: Answer | undefined) {
    this.ends.push(failure === undefined ? 'well' : `${failure.givenErrorType} ${failure.errorType}`)
    return undefined
  }
  broken() {
    this.ends.push('broken')
  }
}

class Client {
  readonly socket: Socket
  received = ''

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes) => {
      this.received += bytes
    })
    socket.on('error', () => {})
  }
  write(bytes: string | Buffer) {
    this.socket.write(bytes)
  }
  end() {
    this.socket.end()
  }
  clear() {
    this.received = ''
  }
  async until(end: string): Promise<string> {
    await until(() => this.received.endsWith(end))
    return this.received
  }
  async closed(): Promise<string> {
    await until(() => this.socket.closed || this.socket.readableEnded)
    return this.received
  }
}

function post(path: string, body: string, fields = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\n${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 4000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('It did not happen within 4 s.')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
