import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import { realClock, VirtualClock } from '../../base/clock.ts'
import { AwakeTime, deliveryTo } from './delivery.ts'
import { hostLoopback } from './reach.ts'

test('by HTTP a batch is the JSON array of a POST', async (t) => {
  const got: unknown[] = []
  const port = await listening(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    got.push([
      request.method,
      request.url,
      request.headers.host,
      request.headers['content-type'],
      body.toString(),
    ])
    response.end()
  })

  await http(port).send(['{"a":1}', '"é"'])

  assert.deepEqual(got, [['POST', '/x?y=z', 'sandbox:1', 'application/json', '[{"a":1},"é"]']])
})

for (const [what, listener] of [
  ['a status that is no success', (_, response) => response.writeHead(500).end()],
  ['a connection that ends', (request) => request.socket.destroy()],
  [
    'an answer that ends midway',
    (request, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('x')
      setTimeout(() => request.socket.destroy(), 10)
    },
  ],
] as [string, RequestListener][]) {
  test(`${what} is a failure`, async (t) => {
    await assert.rejects(http(await listening(t, listener)).send(['1']))
  })
}

test('nobody who listens is a failure', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  t.after(() => server.close())

  await assert.rejects(http(port).send(['1']), /ECONNREFUSED/)
  const tcp = deliveryTo({ protocol: 'TCP', port }, hostLoopback, new AwakeTime(realClock))
  await assert.rejects(tcp.send(['1']))
})

test('a subscriber that never answers has 5 s, of the time in which its environment runs', async (t) => {
  const port = await listening(t, () => {})
  const clock = new VirtualClock()
  const time = new AwakeTime(clock)
  const delivery = deliveryTo({ protocol: 'HTTP', port, path: '/', host: 'x' }, hostLoopback, time)
  const failures: Error[] = []
  const sent = delivery.send(['1']).catch((error) => failures.push(error))
  time.isAwake = false
  await clock.advance(12_000)
  assert.equal(failures.length, 0)

  time.isAwake = true
  await clock.advance(5000)
  await sent

  assert.match(failures[0]?.message ?? '', /no answer within 5000 ms/)
})

test('by TCP a record is a line, on one connection, and on another where it was closed', async (t) => {
  const received: string[] = []
  let connections = 0
  const server = createServer((socket) => {
    const mine = connections++
    socket.on('data', (bytes) => {
      received[mine] = (received[mine] ?? '') + bytes
    })
    socket.on('error', () => {})
    if (mine === 0) setTimeout(() => socket.destroy(), 50)
  })
  const port = await startedPort(t, server)
  const delivery = deliveryTo({ protocol: 'TCP', port }, hostLoopback, new AwakeTime(realClock))
  t.after(() => delivery.close())

  await delivery.send(['{"a":1}', '2'])
  await delivery.send(['3'])
  await new Promise((resolve) => setTimeout(resolve, 100))
  await delivery.send(['4'])
  await new Promise((resolve) => setTimeout(resolve, 50))

  assert.deepEqual(received, ['{"a":1}\n2\n3\n', '4\n'])
})

function http(port: number) {
  const reach = { connect: () => connect({ host: '127.0.0.1', port }) }
  const destination = { protocol: 'HTTP' as const, port: 1, path: '/x?y=z', host: 'sandbox:1' }
  return deliveryTo(destination, reach, new AwakeTime(realClock))
}

function listening(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createHttpServer(listener)
  t.after(() => server.closeAllConnections())
  return startedPort(t, server)
}

async function startedPort(t: TestContext, server: Server): Promise<number> {
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
