import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REQUEST, TIME, telemetryRig } from './testing.ts'

test('system events are the records of the Telemetry API, one JSON object a line', () => {
  const rig = telemetryRig({ logging: { format: 'JSON', systemLevel: 'DEBUG' } })
  rig.start()
  rig.done('error', { errorType: 'Runtime.ExitError', errorMessage: 'ours alone' })
  rig.report('error', { errorType: 'Runtime.ExitError' })

  assert.equal(
    rig.events[0]?.message,
    `{"time":"${TIME}","type":"platform.start","record":{"requestId":"${REQUEST}","version":"$LATEST"}}\n`,
  )
  assert.deepEqual(JSON.parse(rig.events[1]?.message ?? ''), {
    time: TIME,
    type: 'platform.runtimeDone',
    record: {
      requestId: REQUEST,
      status: 'error',
      metrics: { durationMs: 2.5 },
      errorType: 'Runtime.ExitError',
    },
  })
  assert.equal(JSON.parse(rig.events[2]?.message ?? '').record.metrics.billedDurationMs, 106)
  assert.equal(rig.events.length, 3)
})

test('by default start and report are shown, and runtimeDone where it failed', () => {
  const types = (systemLevel?: 'DEBUG' | 'INFO' | 'WARN') => {
    const rig = telemetryRig({ logging: { format: 'JSON', ...(systemLevel && { systemLevel }) } })
    rig.start()
    rig.done()
    rig.report()
    rig.done('timeout')
    rig.report('timeout')
    return rig.events.map(({ message }) => JSON.parse(message).type.slice('platform.'.length))
  }
  assert.deepEqual(types(), ['start', 'report', 'runtimeDone', 'report'])
  assert.deepEqual(types('DEBUG'), ['start', 'runtimeDone', 'report', 'runtimeDone', 'report'])
  assert.deepEqual(types('WARN'), ['runtimeDone', 'report'])
})

test('a raw line has the level that its JSON names, and INFO where it names none', () => {
  const kept = (line: string, applicationLevel: 'DEBUG' | 'INFO' | 'WARN') => {
    const rig = telemetryRig({ logging: { format: 'JSON', applicationLevel } })
    rig.write(`${line}\n`)
    return rig.events.length === 1
  }
  assert.equal(kept('{"level":"debug","message":"x"}', 'INFO'), false)
  assert.equal(kept('{"level":"debug","message":"x"}', 'DEBUG'), true)
  assert.equal(kept('{"level":"Error"}', 'WARN'), true)
  assert.equal(kept('{"level":"loud"}', 'WARN'), false)
  assert.equal(kept('{"level":"ERROR","timestamp":"yesterday"}', 'WARN'), false)
  assert.equal(kept('{"level":"ERROR","timestamp":"2026-01-01T00:00:00Z"}', 'WARN'), true)
  assert.equal(kept('plain', 'INFO'), true)
  assert.equal(kept('plain', 'WARN'), false)
  assert.equal(kept('{broken', 'INFO'), true)
})

test('a raw JSON line is stored unchanged, at its own time where that is plausible', () => {
  const rig = telemetryRig({ logging: { format: 'JSON' } })
  const now = rig.clock.now()
  rig.write('{"timestamp":"2025-12-31T23:59:58.5Z",  "message":"x"}\n')
  rig.write('{"timestamp":"1999-01-01T00:00:00Z"}\n')

  assert.equal(rig.events[0]?.message, '{"timestamp":"2025-12-31T23:59:58.5Z",  "message":"x"}\n')
  assert.equal(rig.events[0]?.timestamp, now - 1500)
  assert.equal(rig.events[1]?.timestamp, now)
})

test('a framed record is one event with its newlines, filtered by its own level', () => {
  const rig = telemetryRig({ logging: { format: 'JSON', applicationLevel: 'WARN' } })
  const timestamp = rig.clock.now() + 5
  const frame = { timestamp, format: 'JSON' as const }
  rig.telemetry.record(rig.source, { ...frame, level: 'INFO', text: 'no' })
  rig.telemetry.record(rig.source, { ...frame, level: 'ERROR', text: 'two\nlines' })
  rig.telemetry.record(rig.source, { ...frame, level: undefined, text: 'counts as INFO' })

  assert.deepEqual(
    rig.events.map(({ message }) => message),
    ['two\nlines'],
  )
  assert.equal(rig.events[0]?.timestamp, timestamp)
})

test('a framed record in the format Text is not filtered, and its absurd time is not believed', () => {
  const rig = telemetryRig()
  const frame = { format: 'Text' as const, level: 'TRACE' as const }
  for (const timestamp of [Number.NaN, 2 ** 60, -5])
    rig.telemetry.record(rig.source, { ...frame, timestamp, text: 'x' })
  assert.deepEqual(
    rig.events.map(({ timestamp }) => timestamp),
    Array(3).fill(rig.clock.now()),
  )
})
