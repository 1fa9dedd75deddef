import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlatformEvent } from '../../wire/platform-event.ts'
import { recordsOf } from './records.ts'

const TIME = '2026-01-01T00:00:00.000Z'
const line = { type: 'function' as const, time: TIME, text: '{"a":1}', isJson: true }
const report: PlatformEvent = {
  time: TIME,
  type: 'platform.report',
  record: {
    requestId: 'r1',
    status: 'success',
    metrics: { durationMs: 1, billedDurationMs: 1, memorySizeMB: 128, maxMemoryUsedMB: 40 },
    spans: [{ name: 'extensionOverhead', start: TIME, durationMs: 2 }],
  },
}
const done: PlatformEvent = {
  time: TIME,
  type: 'platform.runtimeDone',
  record: {
    requestId: 'r1',
    status: 'error',
    errorType: 'X',
    errorMessage: 'ours',
    errorCause: '{"exceptions":[]}',
    metrics: { durationMs: 1 },
  },
}
const initStart: PlatformEvent = {
  time: TIME,
  type: 'platform.initStart',
  record: {
    initializationType: 'on-demand',
    phase: 'init',
    functionName: 'f',
    functionVersion: '1',
    instanceId: 'i',
    instanceMaxMemory: 1,
  },
}

test('a line is text; one that is an object is that object, in the schemas that know it', () => {
  for (const [schema, record] of [
    ['2022-07-01', '{"a":1}'],
    ['2022-12-13', { a: 1 }],
    ['2025-01-29', { a: 1 }],
    ['2020-08-15', '{"a":1}'],
  ] as const) {
    assert.deepEqual(parsed(recordsOf(line, schema)), [{ time: TIME, type: 'function', record }])
  }
})

test('a line of a function that logs text, and one that only looks like JSON, stay text', () => {
  for (const told of [
    { ...line, isJson: false },
    { ...line, text: '{"a":' },
    { ...line, text: 'a "b"\t' },
  ])
    assert.deepEqual(parsed(recordsOf(told, '2022-12-13')), [
      { time: TIME, type: 'function', record: told.text },
    ])
})

test('a platform record is as it is told, without what is ours alone', () => {
  assert.deepEqual(parsed(recordsOf({ type: 'platform', event: report }, '2022-12-13')), [report])
  assert.deepEqual(parsed(recordsOf({ type: 'platform', event: done }, '2022-12-13')), [
    {
      time: TIME,
      type: 'platform.runtimeDone',
      record: { requestId: 'r1', status: 'error', errorType: 'X', metrics: { durationMs: 1 } },
    },
  ])
})

test('the first schema knows nothing of instances', () => {
  assert.deepEqual(parsed(recordsOf({ type: 'platform', event: initStart }, '2022-07-01')), [
    { time: TIME, type: 'platform.initStart', record: { initializationType: 'on-demand', phase: 'init' } },
  ])
})

test('the Logs API has platform.end, no inits, and runtimeDone since 2021', () => {
  const types = (event: PlatformEvent, schema: '2020-08-15' | '2021-03-18') =>
    parsed(recordsOf({ type: 'platform', event }, schema)).map(({ type }) => type)

  assert.deepEqual(types(report, '2020-08-15'), ['platform.end', 'platform.report'])
  assert.deepEqual(types(initStart, '2020-08-15'), [])
  assert.deepEqual(types(done, '2020-08-15'), [])
  assert.deepEqual(parsed(recordsOf({ type: 'platform', event: done }, '2021-03-18')), [
    { time: TIME, type: 'platform.runtimeDone', record: { requestId: 'r1', status: 'error' } },
  ])
})

function parsed(records: string[]): { time: string; type: string; record: unknown }[] {
  return records.map((record) => JSON.parse(record))
}
