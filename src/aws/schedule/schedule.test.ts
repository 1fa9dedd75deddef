import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nextTime, parseSchedule } from './schedule.ts'
import { ScheduleError } from './schedule-error.ts'
import { isTimeZone } from './time-zone.ts'

const at = (text: string) => Date.parse(text)

/** The next times after `from`, as ISO texts without milliseconds. */
function next(expression: string, from: string, count = 1, timeZone = 'UTC'): string[] {
  const schedule = parseSchedule(expression)
  const times: string[] = []
  let after: number | undefined = at(from)
  while (times.length < count && after !== undefined) {
    after = nextTime(schedule, after, { timeZone, countedFrom: at(from) })
    if (after !== undefined) times.push(new Date(after).toISOString().replace('.000Z', 'Z'))
  }
  return times
}

test('rate counts from when the schedule was made', () => {
  assert.deepEqual(next('rate(5 minutes)', '2026-03-01T10:02:30Z', 2), [
    '2026-03-01T10:07:30Z',
    '2026-03-01T10:12:30Z',
  ])
  assert.deepEqual(next('rate(1 hour)', '2026-03-01T10:02:30Z'), ['2026-03-01T11:02:30Z'])
  const late = { countedFrom: at('2026-03-01T00:00:00Z') }
  assert.equal(
    nextTime(parseSchedule('rate(1 day)'), at('2026-03-04T05:00:00Z'), late),
    at('2026-03-05T00:00:00Z'),
  )
})

test('Scheduler does not mind the plural, as far as recordings tell', () => {
  for (const text of ['rate(1 minutes)', 'rate(1 hours)', 'rate(1 days)', 'rate(10 minute)']) {
    assert.throws(() => parseSchedule(text), ScheduleError)
    assert.equal(parseSchedule(text, 'scheduler').kind, 'rate')
  }
  assert.throws(() => parseSchedule('rate(10 minutess)', 'scheduler'), ScheduleError)
})

test('examples of the guide', () => {
  const from = '2026-11-20T12:00:00Z' // a Friday
  assert.deepEqual(next('cron(0 10 * * ? *)', from), ['2026-11-21T10:00:00Z'])
  assert.deepEqual(next('cron(15 12 * * ? *)', from), ['2026-11-20T12:15:00Z'])
  assert.deepEqual(next('cron(0 18 ? * MON-FRI *)', from, 2), [
    '2026-11-20T18:00:00Z',
    '2026-11-23T18:00:00Z',
  ])
  assert.deepEqual(next('cron(0 8 1 * ? *)', from), ['2026-12-01T08:00:00Z'])
  assert.deepEqual(next('cron(0/15 * * * ? *)', from, 2), ['2026-11-20T12:15:00Z', '2026-11-20T12:30:00Z'])
  assert.deepEqual(next('cron(0/5 8-17 ? * MON-FRI *)', '2026-11-20T17:54:00Z', 2), [
    '2026-11-20T17:55:00Z',
    '2026-11-23T08:00:00Z',
  ])
  assert.deepEqual(next('cron(0 9 ? * 2#1 *)', from, 2), ['2026-12-07T09:00:00Z', '2027-01-04T09:00:00Z'])
})

test('L, W and # of days', () => {
  const from = '2026-01-31T12:00:00Z'
  assert.deepEqual(next('cron(0 0 L * ? *)', from, 3), [
    '2026-02-28T00:00:00Z',
    '2026-03-31T00:00:00Z',
    '2026-04-30T00:00:00Z',
  ])
  assert.deepEqual(next('cron(0 0 ? * 6L *)', from, 2), ['2026-02-27T00:00:00Z', '2026-03-27T00:00:00Z'])
  assert.deepEqual(next('cron(0 0 ? * L *)', from), ['2026-02-07T00:00:00Z'])
  assert.deepEqual(next('cron(0 0 ? * 3#5 *)', from), ['2026-03-31T00:00:00Z'])
  // The 1st of August 2026 is a Saturday, the 31st of May a Sunday: never another month's day.
  assert.deepEqual(next('cron(0 0 1W AUG ? *)', from), ['2026-08-03T00:00:00Z'])
  assert.deepEqual(next('cron(0 0 31W MAY ? *)', from), ['2026-05-29T00:00:00Z'])
  assert.deepEqual(next('cron(0 0 15W * ? *)', from, 2), ['2026-02-16T00:00:00Z', '2026-03-16T00:00:00Z'])
  assert.deepEqual(next('cron(0 0 LW * ? *)', from), ['2026-02-27T00:00:00Z'])
})

test('the 29th of February comes in leap years', () => {
  assert.deepEqual(next('cron(0 0 29 2 ? *)', '2026-01-01T00:00:00Z', 2), [
    '2028-02-29T00:00:00Z',
    '2032-02-29T00:00:00Z',
  ])
})

test('a schedule may have no next time', () => {
  assert.deepEqual(next('cron(0 0 1 1 ? 2020)', '2026-01-01T00:00:00Z'), [])
  assert.deepEqual(next('cron(0 0 30 2 ? *)', '2026-01-01T00:00:00Z'), [])
  assert.deepEqual(next('at(2026-01-01T00:00:00)', '2026-01-01T00:00:00Z'), [])
})

test('at is a local time', () => {
  assert.deepEqual(next('at(2026-07-01T12:00:00)', '2026-01-01T00:00:00Z', 2, 'Europe/Berlin'), [
    '2026-07-01T10:00:00Z',
  ])
})

test('cron follows the zone through the year', () => {
  const inBerlin = (from: string, count = 1) => next('cron(30 9 * * ? *)', from, count, 'Europe/Berlin')
  assert.deepEqual(inBerlin('2026-01-10T00:00:00Z'), ['2026-01-10T08:30:00Z'])
  assert.deepEqual(inBerlin('2026-07-10T00:00:00Z'), ['2026-07-10T07:30:00Z'])
  assert.deepEqual(next('cron(0 9 * * ? *)', '2026-01-01T00:00:00Z', 1, 'Asia/Kathmandu'), [
    '2026-01-01T03:15:00Z',
  ])
})

test('a time that daylight saving time skips is left out', () => {
  // On 29 March 2026 Berlin's clocks go from 2:00 to 3:00.
  assert.deepEqual(next('cron(30 2 * * ? *)', '2026-03-28T00:00:00Z', 3, 'Europe/Berlin'), [
    '2026-03-28T01:30:00Z',
    '2026-03-30T00:30:00Z',
    '2026-03-31T00:30:00Z',
  ])
})

test('a time that comes twice is taken once', () => {
  // On 25 October 2026 Berlin's clocks go from 3:00 back to 2:00.
  assert.deepEqual(next('cron(30 2 * * ? *)', '2026-10-24T12:00:00Z', 2, 'Europe/Berlin'), [
    '2026-10-25T00:30:00Z',
    '2026-10-26T01:30:00Z',
  ])
  // In New York 1:30 comes twice on 1 November 2026.
  assert.deepEqual(next('cron(0/30 1 * * ? *)', '2026-11-01T00:00:00Z', 3, 'America/New_York'), [
    '2026-11-01T05:00:00Z',
    '2026-11-01T05:30:00Z',
    '2026-11-02T06:00:00Z',
  ])
})

const REFUSED = [
  '',
  'rate(5)',
  'rate(0 minutes)',
  'rate(1 minutes)',
  'rate(5 minute)',
  'rate(10 seconds)',
  'rate(-1 hours)',
  'rate(1.5 hours)',
  'cron(* * * * *)',
  'cron(* * * * * *)',
  'cron(* * ? * ? *)',
  'cron(60 * * * ? *)',
  'cron(0 24 * * ? *)',
  'cron(0 0 0 * ? *)',
  'cron(0 0 32 * ? *)',
  'cron(0 0 * 13 ? *)',
  'cron(0 0 ? * 8 *)',
  'cron(0 0 ? * MON#6 *)',
  'cron(0 0 * * ? 1969)',
  'cron(5-1 0 * * ? *)',
  'cron(0/0 0 * * ? *)',
  'cron(0 0 * FOO ? *)',
  'at(2026-02-30T00:00:00)',
  'at(2026-01-01)',
  'at(2026-01-01T00:00:00Z)',
  'every(5 minutes)',
  'rate( 10 minutes )',
  ' rate(10 minutes)',
  'rate(10 MINUTES)',
]

for (const text of REFUSED) {
  test(`refused: ${text || 'the empty text'}`, () => assert.throws(() => parseSchedule(text), ScheduleError))
}

test('the next time is later, and nothing lies between it and the time before', () => {
  const minutes = fc.constantFrom('*', '0/7', '3,17', '59')
  const hours = fc.constantFrom('*', '2', '1-3', '23/1')
  const zone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
  )
  const time = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-12-31T00:00:00Z') })
  fc.assert(
    fc.property(minutes, hours, zone, time, fc.nat(86_400_000), (minute, hour, timeZone, first, more) => {
      const schedule = parseSchedule(`cron(${minute} ${hour} * * ? *)`)
      const options = { timeZone, countedFrom: 0 }
      const found = nextTime(schedule, first, options) ?? Infinity
      assert.ok(found > first)
      const between = Math.min(first + more, found - 1)
      assert.equal(nextTime(schedule, between, options), found)
    }),
  )
})

test('time zones are those of IANA', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires']) assert.ok(isTimeZone(name))
  for (const name of ['Europe/Nowhere', '', 'x y']) assert.ok(!isTimeZone(name))
})
