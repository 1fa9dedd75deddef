import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { AwsError } from '../../src/aws/error.ts'
import { gateway } from './gateway.ts'
import { connect } from './raw.ts'

// Plain Invokes are read and written by hand, all else by node:http: nobody may be able to tell.

const PATH = '/2015-03-31/functions/f/invocations'

test('an Invoke is answered alike by hand and by node:http, errors too', async (t) => {
  const { port } = await echoGateway(t)
  for (const payload of ['{"a":1}', '"é"', `"${'large'.repeat(9000)}"`, '"refused"', '"broken"', '']) {
    const byHand = await answerOf(port, invoke(payload))
    const byNode = await answerOf(port, invoke(payload), 'GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n')
    assert.deepEqual(byHand, byNode)
  }
})

test('the answer has the fields of a kept connection', async (t) => {
  const { port } = await echoGateway(t)
  const connection = await connect(port)
  connection.socket.write(invoke('1'))
  const text = await connection.until('\r\n\r\n1')
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
  assert.match(text, /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/)
  assert.match(text, /\r\nConnection: keep-alive\r\nKeep-Alive: timeout=65\r\n/)
  connection.socket.destroy()
})

test('a request may be cut anywhere', async (t) => {
  const { port } = await echoGateway(t)
  const raw = Buffer.from(invoke('{"cut":"somewhere"}'))
  for (let at = 1; at < raw.length; at += 7) {
    const connection = await connect(port)
    connection.socket.setNoDelay(true).write(raw.subarray(0, at))
    await new Promise((resolve) => setTimeout(resolve, 2))
    connection.socket.write(raw.subarray(at))
    await connection.until('{"cut":"somewhere"}')
    connection.socket.destroy()
  }
})

test('requests that are sent ahead are answered one after another, in their order', async (t) => {
  let running = 0
  const { port } = await gateway(t, {
    lambda: {
      Invoke: async ({ Payload }) => {
        assert.equal(++running, 1)
        await new Promise((resolve) => setTimeout(resolve, 3))
        running--
        return { StatusCode: 200, Payload }
      },
    },
  })
  const connection = await connect(port)
  const payloads = Array.from({ length: 30 }, (_, index) => `"<${index}>"`)
  connection.socket.write(payloads.map((payload) => invoke(payload)).join(''))
  const text = await connection.until('"<29>"')
  assert.deepEqual(text.match(/"<\d+>"/g), payloads)
  connection.socket.destroy()
})

test('what is unusual is answered too, on the connection on which plain Invokes came before', async (t) => {
  const { port } = await echoGateway(t)
  const unusual = {
    'a chunked body': head('transfer-encoding: chunked\r\n').concat('5\r\n"odd"\r\n0\r\n\r\n'),
    'a repeated field': head('x-a: 1\r\nx-a: 2\r\ncontent-length: 5\r\n').concat('"odd"'),
    'a field that is no ASCII': head('x-a: \xe9\r\ncontent-length: 5\r\n').concat('"odd"'),
    'an escaped name': invoke('"odd"', '/2015-03-31/functions/%66/invocations?Qualifier=1&a=b'),
    'a large payload': invoke(`"${'x'.repeat(100_000)}odd"`),
  }
  for (const [what, raw] of Object.entries(unusual)) {
    const connection = await connect(port)
    connection.socket.write(invoke('"first"'))
    await connection.until('"first"')
    connection.socket.write(raw, 'latin1')
    await connection.until('odd"')
    connection.socket.write(invoke('"last"'))
    const text = await connection.until('"last"')
    assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 3, what)
    connection.socket.destroy()
  }
})

test('a client that expects 100 Continue gets it', async (t) => {
  const { port } = await echoGateway(t)
  const connection = await connect(port)
  connection.socket.write(head('expect: 100-continue\r\ncontent-length: 3\r\n'))
  await connection.until('100 Continue')
  connection.socket.write('"b"')
  await connection.until('\r\n\r\n"b"')
  connection.socket.destroy()
})

test('a client that closes after its answer is closed after it', async (t) => {
  const { port } = await echoGateway(t)
  const connection = await connect(port)
  connection.socket.write(head('connection: close\r\ncontent-length: 1\r\n').concat('7'))
  assert.match(await connection.untilClosed(), /\r\n\r\n7$/)
})

test('what is no request is refused, on the connection of an Invoke too', async (t) => {
  const { port } = await echoGateway(t)
  const wrong = [
    `POST ${PATH} HTTP/1.1\r\ncontent-length: 1\r\n\r\n1`, // without a host
    head('content-length: 1\r\ncontent-length: 2\r\n').concat('11'),
    head('content-length: 1\r\ntransfer-encoding: chunked\r\n').concat('1\r\n1\r\n0\r\n\r\n'),
    head('content-length: -1\r\n'),
    head('no field\r\n'),
    head('a : space before the colon\r\n'),
    head('a: b\r\n folded\r\n\0: \r\n'),
    head('a: b\nc: line feed alone\r\ncontent-length: 0x1\r\n'),
  ]
  for (const raw of wrong) {
    const connection = await connect(port)
    connection.socket.write(invoke('"first"'))
    await connection.until('"first"')
    connection.socket.write(raw)
    const text = await connection.untilClosed()
    assert.match(text.slice(text.indexOf('"first"')), /HTTP\/1\.1 400 Bad Request/, raw)
  }
})

test('a client that goes away in the middle of its body calls nothing, and is no fault', async (t) => {
  const { port, faults, calls } = await echoGateway(t)
  const connection = await connect(port)
  connection.socket.write(head('content-length: 10\r\n').concat('"part'))
  await new Promise((resolve) => setTimeout(resolve, 20))
  connection.socket.end()
  await connection.untilClosed()
  assert.deepEqual([calls, faults], [[], []])
})

test('a request whose body stops coming is closed in the time that requests have', async (t) => {
  const { port } = await echoGateway(t, {
    settings: { requestTimeoutMs: 150, headersTimeoutMs: 100, keepAliveTimeoutMs: 100 },
  })
  const connection = await connect(port)
  connection.socket.write(head('content-length: 10\r\n').concat('"part'))
  assert.match(await connection.untilClosed(), /^HTTP\/1\.1 408 Request Timeout/)
})

test('whoever answers for the path with a stream ends it with the connection', async (t) => {
  const { port } = await echoGateway(t, {
    frontDoors: [
      {
        matches: ({ headers }) => headers.host === 'streams',
        handle: async () => ({ status: 200, headers: {}, body: Readable.from(['one ', 'two']) }),
      },
    ],
  })
  const connection = await connect(port)
  connection.socket.write(`POST ${PATH} HTTP/1.1\r\nhost: streams\r\n\r\n`)
  const text = await connection.untilClosed()
  assert.match(text, /\r\nConnection: close\r\n\r\none two$/)
  assert.doesNotMatch(text, /content-length/i)
})

test('a server that stops closes idle connections, and those at work after their answer', async (t) => {
  const called = Promise.withResolvers<void>()
  const goesOn = Promise.withResolvers<void>()
  const { port, server } = await gateway(t, {
    lambda: {
      Invoke: async ({ Payload }) => {
        if (Payload.toString() === '"idle"') return { StatusCode: 200, Payload }
        called.resolve()
        await goesOn.promise
        return { StatusCode: 200, Payload }
      },
    },
  })
  const [idle, busy] = [await connect(port), await connect(port)]
  idle.socket.write(invoke('"idle"'))
  await idle.until('"idle"')
  busy.socket.write(invoke('"busy"'))
  await called.promise
  const stopped = server.stop()
  await idle.untilClosed()
  goesOn.resolve()
  const text = await busy.untilClosed()
  assert.match(text, /\r\nConnection: close\r\n\r\n"busy"$/)
  await stopped
})

test('a connection that an answer cannot reach any more is given up', async (t) => {
  const called = Promise.withResolvers<AbortSignal>()
  const { port, server } = await gateway(t, {
    lambda: {
      Invoke: (_input, call) => {
        called.resolve(call.signal)
        return once(call.signal, 'abort').then(() => ({ StatusCode: 200, Payload: Buffer.from('late') }))
      },
    },
  })
  const connection = await connect(port)
  connection.socket.write(invoke('1'))
  await called.promise
  connection.socket.resetAndDestroy()
  const { aborted } = await called.promise
  if (!aborted) await once(await called.promise, 'abort')
  await server.stop()
})

/** Answers what it gets; `"refused"` by an error of AWS's, `"broken"` by a defect. */
async function echoGateway(t: TestContext, options: Parameters<typeof gateway>[2] = {}) {
  const calls: string[] = []
  const Invoke = async ({ Payload }: { Payload?: Buffer }) => {
    const text = Payload?.toString() ?? ''
    calls.push(text)
    if (text === '"broken"') throw new Error('a defect')
    if (text === '"refused"')
      throw new AwsError('ResourceNotFoundException', 'There is none.', { status: 404 })
    return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload }
  }
  return { calls, ...(await gateway(t, { lambda: { Invoke } }, options)) }
}

function head(fields: string): string {
  return `POST ${PATH} HTTP/1.1\r\nhost: x\r\n${fields}\r\n`
}

function invoke(payload: string, path = PATH): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nX-Any: thing\r\nContent-Length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`
}

/** The answer's head, in its parts, and its body; without what differs from one to the next. */
async function answerOf(port: number, raw: string, before = '') {
  const connection = await connect(port)
  connection.socket.write(before)
  let skipped = 0
  if (before !== '') skipped = (await connection.until('</Error>')).length
  connection.socket.write(raw)
  let lines = ''
  let body: string | undefined
  while (body?.length !== Number(/content-length: (\d+)/i.exec(lines)?.[1])) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    ;[lines = '', body] = (await connection.until('')).slice(skipped).split('\r\n\r\n')
  }
  connection.socket.destroy()
  const fields = lines.replace(/(date|requestid): .*/gi, '$1')
  return { fields: fields.split('\r\n').map((line) => line.toLowerCase()), body }
}
