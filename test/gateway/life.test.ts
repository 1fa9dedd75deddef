import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { Lambda } from '@aws-sdk/client-lambda'
import { AwsError } from '../../src/aws/error.ts'
import type { Call } from '../../src/aws/operation.ts'
import { gateway } from './gateway.ts'
import { connect } from './raw.ts'

const INVOKE = '/2015-03-31/functions/f/invocations'

test('a client that goes away aborts its call', async (t) => {
  const called = Promise.withResolvers<Call>()
  const { port } = await gateway(t, {
    lambda: {
      Invoke: (_input, call) => {
        called.resolve(call)
        return new Promise((resolve) => call.signal.addEventListener('abort', () => resolve({})))
      },
    },
  })
  const connection = await connect(port)
  connection.socket.write(`POST ${INVOKE} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`)
  const call = await called.promise
  assert.equal(call.signal.aborted, false)
  connection.socket.destroy()
  await once(call.signal, 'abort')
})

test('an HTTP/2 client that resets its stream aborts its call, and what it sent is no whole body', async (t) => {
  const called = Promise.withResolvers<Call>()
  let wasCalled = false
  const { endpoint } = await gateway(t, {
    lambda: {
      Invoke: () => {
        wasCalled = true
        return {}
      },
    },
    s3: {
      PutObject: async (input, call) => {
        called.resolve(call)
        await assert.rejects(buffer(input.Body))
        return {}
      },
    },
  })
  const session = http2.connect(endpoint)
  const cancelled = async (method: string, path: string) => {
    // Without a length the reset of Node's client looks like a proper end.
    const stream = session.request({ ':method': method, ':path': path, 'content-length': '100' })
    stream.on('error', () => {})
    stream.write('part')
    await new Promise((resolve) => setTimeout(resolve, 50))
    stream.close(http2.constants.NGHTTP2_CANCEL)
    await once(stream, 'close')
  }
  await cancelled('PUT', '/bucket/key')
  const { signal } = await called.promise
  if (!signal.aborted) await once(signal, 'abort')
  await cancelled('POST', INVOKE)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(wasCalled, false)
  session.close()
})

test('a call that has been answered is not aborted afterwards', async (t) => {
  let call: Call | undefined
  const { endpoint } = await gateway(t, {
    lambda: {
      Invoke: (_input, theCall) => {
        call = theCall
        return {}
      },
    },
  })
  await (await fetch(`${endpoint}${INVOKE}`, { method: 'POST' })).text()
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(call?.signal.aborted, false)
  const session = http2.connect(endpoint)
  const stream = session.request({ ':method': 'POST', ':path': INVOKE }).resume()
  stream.end()
  await once(stream, 'close')
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(call?.signal.aborted, false)
  session.close()
})

test('a stream that nobody will read any more is destroyed', async (t) => {
  const body = Readable.from([])
  const goesOn = Promise.withResolvers<void>()
  const called = Promise.withResolvers<Call>()
  const { port } = await gateway(t, {
    s3: {
      GetObject: async (_input, call) => {
        called.resolve(call)
        await goesOn.promise
        return { Body: body }
      },
    },
  })
  const connection = await connect(port)
  connection.socket.write('GET /bucket/key HTTP/1.1\r\nhost: x\r\n\r\n')
  const call = await called.promise
  connection.socket.destroy()
  await once(call.signal, 'abort')
  goesOn.resolve()
  await once(body, 'close')
})

test('a client that goes away in the middle of a streamed body is no fault of ours', async (t) => {
  const failed = Promise.withResolvers<unknown>()
  const { port, faults } = await gateway(t, {
    s3: {
      PutObject: async (input) => {
        try {
          await buffer(input.Body)
        } catch (error) {
          failed.resolve(error)
          throw error
        }
      },
    },
  })
  for (const encoding of ['', 'content-encoding: aws-chunked\r\n']) {
    const connection = await connect(port)
    connection.socket.write(
      `PUT /bucket/key HTTP/1.1\r\nhost: x\r\n${encoding}content-length: 100\r\n\r\n5\r\nhello\r\n`,
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    connection.socket.destroy()
    assert.ok((await failed.promise) instanceof Error)
  }
  assert.deepEqual(faults, [])
})

test('stop lets a call end and takes no new ones', async (t) => {
  const called = Promise.withResolvers<void>()
  const goesOn = Promise.withResolvers<void>()
  const { client, server, endpoint } = await gateway(t, {
    lambda: {
      Invoke: async () => {
        called.resolve()
        await goesOn.promise
        return { StatusCode: 200, Payload: Buffer.from('done') }
      },
    },
  })
  const answer = new Lambda(client).invoke({ FunctionName: 'f' })
  await called.promise
  const stopped = server.stop()
  await assert.rejects(fetch(endpoint))
  goesOn.resolve()
  assert.equal((await answer).Payload?.transformToString(), 'done')
  await stopped
})

test('stop cuts streams that never end at once', async (t) => {
  const { server, endpoint } = await gateway(
    t,
    {
      lambda: {
        Invoke: (_input, call) => new Promise((resolve) => call.signal.addEventListener('abort', resolve)),
      },
      'cloudwatch-logs': {
        StartLiveTail: (_input, call) => ({
          responseStream: (async function* () {
            yield { sessionStart: { sessionId: 's', logGroupIdentifiers: ['g'] } }
            await once(call.signal, 'abort')
          })(),
        }),
      },
    },
    { settings: { stopGraceMs: 300 } },
  )
  const tail = await fetch(endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'Logs_20140328.StartLiveTail', 'content-type': 'application/x-amz-json-1.1' },
    body: '{"logGroupIdentifiers":["g"]}',
  })
  await tail.body?.getReader().read()
  const begins = performance.now()
  await server.stop()
  assert.ok(performance.now() - begins < 250, 'stop waited for a stream without end')
})

test('a call that hangs is cut when the grace is over', async (t) => {
  const called = Promise.withResolvers<void>()
  const { server, endpoint } = await gateway(
    t,
    {
      lambda: {
        Invoke: () => {
          called.resolve()
          return new Promise(() => {})
        },
      },
    },
    { settings: { stopGraceMs: 50 } },
  )
  const answer = fetch(`${endpoint}${INVOKE}`, { method: 'POST' })
  answer.catch(() => {})
  await called.promise
  await server.stop()
  await assert.rejects(answer)
})

test('a port that is taken is an error of listen', async (t) => {
  const { port } = await gateway(t, {})
  const { createGateway } = await import('../../src/gateway/gateway.ts')
  const { realClock } = await import('../../src/base/clock.ts')
  const { realRandom } = await import('../../src/base/random.ts')
  const { openAuthenticator } = await import('../../src/gateway/open-authenticator.ts')
  const other = createGateway({
    services: [],
    definitions: [],
    authenticator: openAuthenticator(),
    frontDoors: [],
    clock: realClock,
    random: realRandom,
    reportFault: () => {},
  })
  await assert.rejects(other.listen('127.0.0.1', port), { code: 'EADDRINUSE' })
})

test('front doors are asked first, and their failures do not get out', async (t) => {
  const { endpoint, faults } = await gateway(
    t,
    {},
    {
      frontDoors: [
        {
          matches: ({ path }) => path === '/_lambdad/health',
          handle: () => ({ status: 200, headers: {}, body: 'ready' }),
        },
        {
          matches: ({ path }) => path === '/_lambdad/refused',
          handle: () => Promise.reject(new AwsError('Nope', 'not here', { status: 403 })),
        },
        {
          matches: ({ path }) => path === '/_lambdad/broken',
          handle: () => Promise.reject(new Error('secret')),
        },
      ],
    },
  )
  assert.equal(await (await fetch(`${endpoint}/_lambdad/health`)).text(), 'ready')
  const refused = await fetch(`${endpoint}/_lambdad/refused`)
  assert.deepEqual([refused.status, await refused.json()], [403, { message: 'not here' }])
  const broken = await fetch(`${endpoint}/_lambdad/broken`)
  assert.deepEqual([broken.status, await broken.json()], [500, { message: 'Internal failure' }])
  assert.equal((faults[0] as Error).message, 'secret')
})

test('an authenticator that refuses is answered in the protocol of the service', async (t) => {
  const { endpoint } = await gateway(
    t,
    { lambda: { Invoke: () => ({}) } },
    {
      authenticator: {
        authenticateForm: () => assert.fail('there is no form'),
        authenticate: async (request) => {
          assert.equal(
            await request.bodySha256(),
            '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
          )
          throw new AwsError('InvalidSignatureException', `no, ${request.service.id}`, { status: 403 })
        },
      },
    },
  )
  const answer = await fetch(`${endpoint}${INVOKE}`, { method: 'POST', body: 'test' })
  assert.equal(answer.status, 403)
  assert.equal(answer.headers.get('x-amzn-errortype'), 'InvalidSignatureException')
  assert.deepEqual(await answer.json(), { message: 'no, lambda' })
})

test('a signature that covers the body is held against it, also where it is a form', async (t) => {
  const seen: string[] = []
  const { endpoint } = await gateway(
    t,
    { lambda: { Invoke: () => ({}) }, sts: { GetCallerIdentity: () => ({}) } },
    {
      authenticator: {
        authenticateForm: () => assert.fail('there is no form'),
        authenticate: () => ({
          accountId: '1',
          region: 'r',
          principalArn: 'p',
          accessKeyId: 'a',
          body: {
            update: (bytes) => seen.push(Buffer.from(bytes).toString()),
            endChunk: () => assert.fail('the body is not chunked'),
            endTrailers: () => assert.fail('the body has no trailers'),
            end: () => {
              throw new AwsError('XAmzContentSHA256Mismatch', 'wrong body')
            },
          },
        }),
      },
    },
  )
  const invoke = await fetch(`${endpoint}${INVOKE}`, { method: 'POST', body: 'payload' })
  const form = new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' })
  const query = await fetch(endpoint, { method: 'POST', body: form })
  assert.deepEqual([invoke.status, query.status], [400, 400])
  assert.deepEqual(seen, ['payload', form.toString()])
})
