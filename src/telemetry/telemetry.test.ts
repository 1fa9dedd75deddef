import assert from 'node:assert/strict'
import { test } from 'node:test'
import { environment, REQUEST, telemetryRig } from './testing.ts'

const MB = 1024 * 1024

test('an unfinished line ends with its invocation, before END', () => {
  const rig = telemetryRig()
  rig.start()
  rig.write('no newline')
  rig.done()
  rig.write('after the answer')
  rig.report()

  assert.deepEqual(
    rig.events.map(({ message }) => message.slice(0, 16)),
    [`START RequestId:`, 'no newline', 'after the answer', 'END RequestId: 9', 'REPORT RequestId'],
  )
})

test('an unfinished line within an invocation waits for its rest', async () => {
  const rig = telemetryRig()
  rig.start()
  rig.write('slow ')
  await rig.clock.advance(60_000)
  rig.write('line\n')
  assert.equal(rig.events[1]?.message, 'slow line\n')
})

test('an unfinished line outside an invocation becomes an event after two quiet seconds', async () => {
  const rig = telemetryRig()
  rig.write('last words')
  await rig.clock.advance(1000)
  rig.write(' of init')
  await rig.clock.advance(1999)
  assert.equal(rig.events.length, 0)
  await rig.clock.advance(2000)
  assert.equal(rig.text(), 'last words of init')
})

test('the end of an environment ends its line and settles the tail of its invocation', async () => {
  const rig = telemetryRig()
  const tail = rig.telemetry.collectTail(REQUEST)
  rig.start()
  rig.write('killed here')
  rig.telemetry.ended(rig.source)
  assert.equal(decoded(await tail), `START RequestId: ${REQUEST} Version: $LATEST\nkilled here`)
})

test('environments that speak at the same time are kept apart', () => {
  const rig = telemetryRig()
  const other = environment('e2')
  rig.write('one ')
  rig.telemetry.output(other, Buffer.from('two\n'))
  rig.write('one\n')
  assert.deepEqual(
    rig.events.map(({ stream, message }) => [stream.slice(-2), message]),
    [
      ['e2', 'two\n'],
      ['e1', 'one one\n'],
    ],
  )
})

test('a tail has START to REPORT of its own invocation, and nothing from before', async () => {
  const rig = telemetryRig()
  rig.write('init output\n')
  rig.start()
  rig.report()
  const tail = rig.telemetry.collectTail(REQUEST)
  rig.write('between\n')
  rig.start()
  rig.write('hello\n')
  rig.done()
  rig.report()
  rig.write('after\n')

  const text = decoded(await tail)
  assert.ok(
    text.startsWith(`START RequestId: ${REQUEST} Version: $LATEST\nhello\nEND RequestId: ${REQUEST}\n`),
  )
  assert.ok(text.endsWith('Max Memory Used: 67 MB\t\n'))
})

test('a tail is the last 4096 bytes, cut at a character', async () => {
  const rig = telemetryRig()
  const tail = rig.telemetry.collectTail(REQUEST)
  rig.start()
  for (let line = 0; line < 3000; line++) rig.write('日本語日本語\n')
  rig.write('本'.repeat(100_000))
  rig.report()

  const bytes = Buffer.from(await tail, 'base64')
  assert.ok(bytes.length > 4093 && bytes.length <= 4096)
  assert.equal(bytes.toString().includes('\ufffd'), false)
  assert.ok(bytes.toString().startsWith('本'))
})

test('a tail whose invocation never reports is settled in the end, and at once when it is dropped', async () => {
  const rig = telemetryRig()
  const waiting = rig.telemetry.collectTail('never')
  const dropped = rig.telemetry.collectTail('dropped')
  rig.telemetry.dropTail('dropped')
  assert.equal(await dropped, '')
  await rig.clock.advance(20 * 60_000)
  assert.equal(await waiting, '')
})

test('stopping hands on what is unfinished and settles every tail', async () => {
  const rig = telemetryRig()
  const tail = rig.telemetry.collectTail(REQUEST)
  const other = rig.telemetry.collectTail('other')
  rig.start()
  rig.write('half')
  rig.telemetry.stop()
  assert.ok(decoded(await tail).endsWith('half'))
  assert.equal(await other, '')
})

test('a sink that is full makes the writer wait', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const rig = telemetryRig({ full: () => promise })
  const waits = rig.write('line\n')
  assert.equal(waits, promise)
  assert.equal(rig.write('no line yet'), undefined)
  const record = { timestamp: rig.clock.now(), level: undefined, format: 'Text' as const, text: 'x' }
  assert.equal(rig.telemetry.record(rig.source, record), promise)
  resolve()
  await waits
})

test('fifty megabytes of fast output are all there, in their order', () => {
  const rig = telemetryRig()
  const chunk = Buffer.from(`${'x'.repeat(99)}\n`.repeat(655).concat('y'.repeat(36)))
  let written = 0
  rig.start()
  while (written < 50 * MB) {
    rig.write(chunk)
    written += chunk.length
  }
  rig.report()
  const output = rig.events.slice(1, -2)
  assert.equal(
    output.reduce((sum, { message }) => sum + message.length, 0),
    written,
  )
  assert.equal(output[0]?.message, `${'x'.repeat(99)}\n`)
  assert.equal(output[655]?.message, `${'y'.repeat(36)}${'x'.repeat(99)}\n`)
})

test('fifty megabytes without a newline become events of a megabyte', () => {
  const rig = telemetryRig()
  const chunk = Buffer.alloc(64 * 1024, 'z')
  rig.start()
  for (let n = 0; n < 800; n++) rig.write(chunk)
  rig.report()
  const output = rig.events.slice(1, -2)
  assert.equal(output.length, 51)
  assert.ok(output.every(({ message }) => message.length <= MB - 26))
  assert.equal(
    output.reduce((sum, { message }) => sum + message.length, 0),
    50 * MB,
  )
})

test('a framed record that is too long becomes several events of its time', () => {
  const rig = telemetryRig({ settings: { messageBytesMax: 10 } })
  const record = { timestamp: rig.clock.now() - 7, level: undefined, format: 'Text' as const }
  rig.telemetry.record(rig.source, { ...record, text: '0123456789\nabc' })
  assert.deepEqual(
    rig.events.map(({ message }) => message),
    ['0123456789', '\nabc'],
  )
  assert.equal(rig.events[1]?.timestamp, rig.clock.now() - 7)
})

function decoded(tail: string): string {
  return Buffer.from(tail, 'base64').toString()
}

test('measurements reach those who listen, until they stop', () => {
  const { telemetry } = telemetryRig()
  const metric = (value: number) => ({
    name: 'AsyncEventAge' as const,
    accountId: '123456789012',
    region: 'eu-central-1',
    functionName: 'f',
    value,
    at: 0,
  })
  const heard: number[] = []
  const stop = telemetry.onMetric(({ value }) => heard.push(value))
  telemetry.recordMetric(metric(1))
  stop()
  telemetry.recordMetric(metric(2))
  assert.deepEqual(heard, [1])
})
