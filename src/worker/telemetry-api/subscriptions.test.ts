import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { realClock } from '../../base/clock.ts'
import type { PlatformEvent } from '../../wire/platform-event.ts'
import { Lines } from './lines.ts'
import { hostLoopback } from './reach.ts'
import { Subscriptions } from './subscriptions.ts'

const start = (requestId: string): PlatformEvent => ({
  time: '2026-01-01T00:00:00.000Z',
  type: 'platform.start',
  record: { requestId, version: '1' },
})

test('who subscribes during init hears what was before, of the types that it asks for', async (t) => {
  const lines: string[] = []
  const server = createServer((socket) => {
    const split = new Lines((line) => lines.push(line))
    socket.on('data', (bytes) => split.push(bytes))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const subscribed: unknown[] = []
  const subscriptions = new Subscriptions({
    clock: realClock,
    reach: hostLoopback,
    isJson: false,
    onSubscribed: (...what) => subscribed.push(what),
    onDropped: () => assert.fail(),
  })
  t.after(() => {
    subscriptions.stop()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  subscriptions.event(start('r1'))
  subscriptions.output('extension', Buffer.from('not asked for\n'))
  subscriptions.output('function', Buffer.from('first\nsec'))

  const reply = subscriptions.subscribe('Telemetry', 'me', subscription(port))
  subscriptions.output('function', Buffer.from('ond\n'))
  subscriptions.record({ timestamp: 0, level: 'INFO', format: 'Text', text: 'framed\n' })
  await subscriptions.flush()
  await new Promise((resolve) => setTimeout(resolve, 50))

  assert.match((reply as { text: string }).text, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n"OK"$/s)
  assert.deepEqual(subscribed, [['Telemetry', 'me', ['platform', 'function']]])
  const heard = lines.map((line) => JSON.parse(line)).map(({ record }) => record.requestId ?? record)
  assert.deepEqual(heard, ['r1', 'first', 'second', 'framed'])
})

test('what makes no sense is a ValidationError', () => {
  const subscriptions = given()

  const reply = subscriptions.subscribe('Telemetry', 'me', Buffer.from('{"schemaVersion":"1"}'))

  assert.deepEqual(reply, {
    refused: {
      status: 400,
      errorType: 'ValidationError',
      errorMessage: 'schemaVersion must be one of 2022-07-01, 2022-12-13, 2025-01-29',
    },
  })
})

test('what is kept of the time before anybody subscribed is bounded', () => {
  const subscriptions = given()
  for (let i = 0; i < 100_000; i++) subscriptions.output('function', Buffer.from(`${'x'.repeat(1000)}\n`))
  for (let i = 0; i < 100_000; i++) subscriptions.event(start('r'))
  subscriptions.output('function', Buffer.alloc(10 * 2 ** 20, 'x'))
})

test('a long line without an end is told in pieces', () => {
  const told: string[] = []
  const lines = new Lines((line) => told.push(line))
  lines.push(Buffer.alloc(150_000, 'x'))
  lines.push(Buffer.from('y\n'))
  lines.push(Buffer.from('rest'))
  lines.flush()

  assert.deepEqual(
    told.map(({ length }) => length),
    [65_536, 65_536, 18_929, 4],
  )
})

function given(): Subscriptions {
  return new Subscriptions({
    clock: realClock,
    reach: hostLoopback,
    isJson: false,
    onSubscribed: () => {},
    onDropped: () => {},
  })
}

function subscription(port: number): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: '2022-12-13',
      types: ['platform', 'function'],
      destination: { protocol: 'TCP', port },
    }),
  )
}
