import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LogsRig, logsRig } from '../testing.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const STREAM = { logGroupName: '/g', logStreamName: 's' }
const NO_GROUP = { code: 'ResourceNotFoundException', message: 'The specified log group does not exist.' }
const NO_STREAM = { code: 'ResourceNotFoundException', message: 'The specified log stream does not exist.' }

async function withStream(t: Parameters<typeof logsRig>[0]): Promise<LogsRig> {
  const rig = await logsRig(t)
  await rig.run('CreateLogGroup', { logGroupName: '/g' })
  await rig.run('CreateLogStream', STREAM)
  return rig
}

function put(rig: LogsRig, logEvents: { timestamp: number; message: string }[]) {
  return rig.run('PutLogEvents', { ...STREAM, logEvents })
}

async function messages(rig: LogsRig, input: object = {}) {
  const { events = [] } = await rig.run('GetLogEvents', { ...STREAM, startFromHead: true, ...input })
  return events.map(({ message }) => message)
}

test('PutLogEvents keeps events that GetLogEvents and FilterLogEvents give back', async (t) => {
  const rig = await withStream(t)
  const timestamp = rig.clock.now()
  const answer = await put(rig, [
    { timestamp, message: '🙀 - 参よ' },
    { timestamp, message: 'second' },
  ])
  assert.deepEqual(Object.keys(answer), ['nextSequenceToken'])

  const { events } = await rig.run('GetLogEvents', STREAM)
  assert.deepEqual(events, [
    { timestamp, message: '🙀 - 参よ', ingestionTime: timestamp },
    { timestamp, message: 'second', ingestionTime: timestamp },
  ])
  const filtered = await rig.run('FilterLogEvents', { logGroupName: '/g' })
  assert.deepEqual(filtered.searchedLogStreams, [])
  assert.equal(filtered.nextToken, undefined)
  assert.deepEqual(Object.keys(filtered.events?.[0] ?? {}), [
    'logStreamName',
    'timestamp',
    'message',
    'ingestionTime',
    'eventId',
  ])
  assert.match(filtered.events?.[0]?.eventId ?? '', /^\d{56}$/)
  assert.notEqual(filtered.events?.[0]?.eventId, filtered.events?.[1]?.eventId)
})

test('PutLogEvents refuses a batch that breaks a rule, and keeps nothing of it', async (t) => {
  const rig = await withStream(t)
  const now = rig.clock.now()
  const refused = (logEvents: { timestamp: number; message: string }[], message: string | RegExp) =>
    assert.rejects(put(rig, logEvents), { code: 'InvalidParameterException', message })
  await refused(
    [
      { timestamp: now, message: 'a' },
      { timestamp: now - 1, message: 'b' },
    ],
    'Log events in a single PutLogEvents request must be in chronological order.',
  )
  await refused(
    [
      { timestamp: now - DAY - 1, message: 'a' },
      { timestamp: now, message: 'b' },
    ],
    /cannot span more than 24 hours/,
  )
  const mb = 1024 * 1024
  await refused(
    [{ timestamp: now, message: 'x'.repeat(mb - 25) }],
    `Log event too large: ${mb + 1} bytes exceeds limit of ${mb}`,
  )
  const half = { timestamp: now, message: 'é'.repeat(mb / 4) }
  await refused([half, half], /^Upload too large: \d+ bytes exceeds limit of 1048576$/)
  assert.deepEqual(await messages(rig), [])
  await put(rig, [{ timestamp: now, message: 'x'.repeat(mb - 26) }])
  assert.equal((await messages(rig)).length, 1)
})

test('PutLogEvents turns away events that are too old, expired or too new, and says which', async (t) => {
  const rig = await withStream(t)
  const now = rig.clock.now()
  const at = (timestamp: number) => ({ timestamp, message: `${timestamp}` })
  await rig.run('PutRetentionPolicy', { logGroupName: '/g', retentionInDays: 1 })

  const future = await put(rig, [at(now), at(now + 2 * HOUR), at(now + 2 * HOUR + 1)])
  assert.deepEqual(future.rejectedLogEventsInfo, { tooNewLogEventStartIndex: 2 })
  const old = await put(rig, [at(now - 14 * DAY - 1), at(now - 14 * DAY)])
  assert.deepEqual(old.rejectedLogEventsInfo, { tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2 })
  const expired = await put(rig, [at(now - DAY - 1), at(now - DAY)])
  assert.deepEqual(expired.rejectedLogEventsInfo, { expiredLogEventEndIndex: 1 })
  assert.deepEqual(await messages(rig), [now - DAY, now, now + 2 * HOUR].map(String))
})

test('PutLogEvents says that an entity is not taken, and ignores sequence tokens as AWS does', async (t) => {
  const rig = await withStream(t)
  const answer = await rig.run('PutLogEvents', {
    ...STREAM,
    logEvents: [{ timestamp: rig.clock.now(), message: 'x' }],
    sequenceToken: 'anything',
    entity: { keyAttributes: { Type: 'Service' } },
  })
  assert.deepEqual(answer.rejectedEntityInfo, { errorType: 'UnsupportedLogGroupType' })
  assert.deepEqual(await messages(rig), ['x'])
})

test('events want a group and a stream that are there', async (t) => {
  const rig = await logsRig(t)
  const logEvents = [{ timestamp: rig.clock.now(), message: 'x' }]
  await assert.rejects(rig.run('PutLogEvents', { ...STREAM, logEvents }), NO_GROUP)
  await assert.rejects(rig.run('GetLogEvents', STREAM), NO_GROUP)
  await assert.rejects(rig.run('FilterLogEvents', { logGroupName: '/g' }), NO_GROUP)
  await rig.run('CreateLogGroup', { logGroupName: '/g' })
  await assert.rejects(rig.run('PutLogEvents', { ...STREAM, logEvents }), NO_STREAM)
  await assert.rejects(rig.run('GetLogEvents', STREAM), NO_STREAM)
  await assert.rejects(rig.run('FilterLogEvents', { logGroupName: '/g', logStreamNames: ['s'] }), NO_STREAM)
})

test('what a function wrote a moment ago is read at once', async (t) => {
  const rig = await logsRig(t)
  rig.ingest.append({ accountId: '111111111111', region: 'us-east-1', group: '/g', stream: 's' }, [
    { timestamp: 7, message: 'fresh' },
  ])
  assert.deepEqual(await messages(rig), ['fresh'])
})

test('GetLogEvents begins at the end, unless it is told to begin at the head', async (t) => {
  const rig = await logsRig(t)
  await rig.fill(numbered(20))
  assert.deepEqual(await messages(rig, { limit: 3 }), ['0', '1', '2'])
  assert.deepEqual(await messages(rig, { limit: 3, startFromHead: false }), ['17', '18', '19'])
  assert.deepEqual(await messages(rig, { startTime: 4, endTime: 6 }), ['4', '5'])
})

test('the tokens of GetLogEvents lead through the stream in both directions', async (t) => {
  const rig = await logsRig(t)
  await rig.fill(numbered(10))
  const page = async (nextToken: string | undefined) => {
    const answer = await rig.run('GetLogEvents', { ...STREAM, limit: 4, ...(nextToken && { nextToken }) })
    return { ...answer, text: answer.events?.map(({ message }) => message).join('') }
  }
  const last = await page(undefined)
  assert.equal(last.text, '6789')
  const before = await page(last.nextBackwardToken)
  assert.equal(before.text, '2345')
  const first = await page(before.nextBackwardToken)
  assert.equal(first.text, '01')
  assert.equal((await page(first.nextForwardToken)).text, '2345')
  const nothing = await page(first.nextBackwardToken)
  assert.equal(nothing.text, '')
  assert.equal((await page(nothing.nextForwardToken)).text, '0123')
})

test('at the end of a stream the forward token stays the same, and finds what comes later', async (t) => {
  const rig = await logsRig(t)
  await rig.fill(numbered(3))
  const read = (nextToken?: string) =>
    rig.run('GetLogEvents', { ...STREAM, startFromHead: true, ...(nextToken && { nextToken }) })
  const { nextForwardToken } = await read()
  const end = await read(nextForwardToken)
  assert.deepEqual(end.events, [])
  assert.equal(end.nextForwardToken, nextForwardToken)
  await rig.fill([{ timestamp: 9, message: 'later' }])
  assert.equal((await read(nextForwardToken)).events?.[0]?.message, 'later')
  const back = await rig.run('GetLogEvents', { ...STREAM, nextToken: end.nextBackwardToken })
  assert.deepEqual(
    back.events?.map(({ message }) => message),
    ['0', '1', '2'],
  )
})

test('an empty stream has tokens that find its first events', async (t) => {
  const rig = await withStream(t)
  const { nextForwardToken, events } = await rig.run('GetLogEvents', { ...STREAM, startFromHead: true })
  assert.deepEqual(events, [])
  await rig.fill(numbered(2))
  assert.deepEqual(await messages(rig, { nextToken: nextForwardToken }), ['0', '1'])
})

test('an answer holds a megabyte, however many events that is', async (t) => {
  const rig = await logsRig(t)
  await rig.fill(Array.from({ length: 30 }, (_, timestamp) => ({ timestamp, message: 'x'.repeat(100_000) })))
  const { events, nextForwardToken } = await rig.run('GetLogEvents', { ...STREAM, startFromHead: true })
  assert.equal(events?.length, 10)
  assert.equal((await messages(rig, { nextToken: nextForwardToken })).length, 10)

  let nextToken: string | undefined
  let count = 0
  do {
    const page = await rig.run('FilterLogEvents', { logGroupName: '/g', ...(nextToken && { nextToken }) })
    count += page.events?.length ?? 0
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  assert.equal(count, 30)
})

test('GetLogEvents and FilterLogEvents refuse tokens and ranges that make no sense', async (t) => {
  const rig = await logsRig(t)
  await rig.fill(numbered(3))
  const invalid = { code: 'InvalidParameterException', message: 'The specified nextToken is invalid.' }
  await assert.rejects(rig.run('GetLogEvents', { ...STREAM, nextToken: 'invalid-token' }), invalid)
  await assert.rejects(rig.run('GetLogEvents', { ...STREAM, nextToken: `f/${'9'.repeat(56)}/s` }), invalid)
  await assert.rejects(rig.run('FilterLogEvents', { logGroupName: '/g', nextToken: 'x' }), invalid)
  const { nextToken } = await rig.run('FilterLogEvents', { logGroupName: '/g', limit: 1 })
  await assert.rejects(
    rig.run('FilterLogEvents', { logGroupName: '/g', nextToken, filterPattern: 'x' }),
    invalid,
  )
  const range = { startTime: 2, endTime: 1 }
  const refused = { code: 'InvalidParameterException' }
  await assert.rejects(rig.run('GetLogEvents', { ...STREAM, ...range }), refused)
  await assert.rejects(rig.run('FilterLogEvents', { logGroupName: '/g', ...range }), refused)
  await assert.rejects(
    rig.run('FilterLogEvents', { logGroupName: '/g', logStreamNames: ['s'], logStreamNamePrefix: 's' }),
    refused,
  )
  await assert.rejects(rig.run('FilterLogEvents', { logGroupName: '/g', startFromHead: false }), refused)
  await assert.rejects(rig.run('FilterLogEvents', {}), refused)
})

test('FilterLogEvents interleaves the streams it is asked for, page by page', async (t) => {
  const rig = await logsRig(t)
  for (const stream of ['a1', 'a2', 'b']) {
    const offset = ['a1', 'a2', 'b'].indexOf(stream)
    await rig.fill(
      numbered(5).map(({ timestamp }) => ({ timestamp, message: `${stream}:${offset}` })),
      stream,
    )
  }
  const streams = async (input: object) => {
    const { events = [] } = await rig.run('FilterLogEvents', { logGroupName: '/g', ...input })
    return events.map(({ timestamp, logStreamName }) => `${timestamp}${logStreamName}`).join(' ')
  }
  assert.equal(await streams({ startTime: 1, endTime: 2 }), '1a1 1a2 1b 2a1 2a2 2b')
  assert.equal(await streams({ startTime: 4, logStreamNamePrefix: 'a' }), '4a1 4a2')
  assert.equal(await streams({ endTime: 0, logStreamNames: ['b', 'a1', 'b'] }), '0a1 0b')

  const seen = new Set<string>()
  let nextToken: string | undefined
  do {
    const page = await rig.run('FilterLogEvents', {
      logGroupName: '/g',
      limit: 4,
      ...(nextToken && { nextToken }),
    })
    for (const { eventId } of page.events ?? []) seen.add(eventId ?? '')
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  assert.equal(seen.size, 15)
})

test('FilterLogEvents gives the latest first where it is asked to, over its pages', async (t) => {
  const rig = await logsRig(t)
  const from = Date.UTC(2025, 0, 1)
  await rig.fill(numbered(5).map(({ timestamp, message }) => ({ timestamp: from + timestamp, message })))
  const input = { logGroupName: '/g', startTime: from, limit: 3 }
  const first = await rig.run('FilterLogEvents', { ...input, startFromHead: false })
  const second = await rig.run('FilterLogEvents', { ...input, nextToken: first.nextToken })
  const text = [...(first.events ?? []), ...(second.events ?? [])].map(({ message }) => message).join('')
  assert.equal(text, '43210')
})

test('FilterLogEvents gives what matches its pattern, and refuses what is none', async (t) => {
  const rig = await logsRig(t)
  await rig.fill([
    { timestamp: 1, message: 'ERROR one' },
    { timestamp: 2, message: '{"level":"ERROR","n":5}' },
    { timestamp: 3, message: 'fine' },
  ])
  const times = async (filterPattern: string) => {
    const { events = [] } = await rig.run('FilterLogEvents', { logGroupName: '/g', filterPattern })
    return events.map(({ timestamp }) => timestamp)
  }
  assert.deepEqual(await times('ERROR'), [1, 2])
  assert.deepEqual(await times('{ $.n > 4 }'), [2])
  assert.deepEqual(await times(''), [1, 2, 3])
  await assert.rejects(times('a.b@c'), {
    code: 'InvalidParameterException',
    message: "Invalid character(s) in term 'a.b@c'",
  })
  await assert.rejects(times('[a'), { code: 'InvalidParameterException', message: 'Invalid filter pattern' })
})

test('what has expired is not shown, and removed within the hour', async (t) => {
  const rig = await logsRig(t)
  const now = rig.clock.now()
  await rig.fill([
    { timestamp: now - DAY - 1, message: 'old' },
    { timestamp: now, message: 'new' },
  ])
  await rig.run('PutRetentionPolicy', { logGroupName: '/g', retentionInDays: 1 })
  assert.deepEqual(await messages(rig), ['new'])
  await rig.clock.advance(DAY + 1)
  assert.deepEqual(await messages(rig), [])
  assert.equal(await rig.store.removeExpired(rig.clock.now()), 2)
})

function numbered(count: number) {
  return Array.from({ length: count }, (_, timestamp) => ({ timestamp, message: `${timestamp}` }))
}
