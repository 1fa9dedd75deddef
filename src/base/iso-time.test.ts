import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoTime } from './iso-time.ts'

test('times are ISO 8601 with milliseconds, whichever came before', () => {
  assert.equal(isoTime(0), '1970-01-01T00:00:00.000Z')
  assert.equal(isoTime(Date.UTC(2026, 10, 21, 8, 0, 0, 7)), '2026-11-21T08:00:00.007Z')
  assert.equal(isoTime(Date.UTC(2026, 10, 21, 8, 0, 0, 7)), '2026-11-21T08:00:00.007Z')
  assert.equal(isoTime(0), '1970-01-01T00:00:00.000Z')
})

test('a time that is none is an error, also a second time', () => {
  assert.throws(() => isoTime(Number.NaN), RangeError)
  assert.throws(() => isoTime(Number.NaN), RangeError)
})
