import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventBridgeRig } from '../testing.ts'

const BUS = 'arn:aws:events:us-east-1:111111111111:event-bus/default'
const DAY = 24 * 3_600_000

test('an archive keeps what matches, and a replay sends it again under its own name', async (t) => {
  const { run, rule, put, sent, until, clock } = await eventBridgeRig(t)
  const { ArchiveArn } = await run('CreateArchive', {
    ArchiveName: 'a',
    EventSourceArn: BUS,
    EventPattern: '{"detail":{"keep":[true]}}',
  })
  const from = new Date(clock.now() - 1000)
  await put({ keep: true, n: 1 }, { keep: false, n: 2 }, { keep: true, n: 3 })
  await rule('late', { source: ['my.app'] }, {})
  await clock.advance(5000)
  await run('StartReplay', {
    ReplayName: 'again',
    EventSourceArn: ArchiveArn,
    EventStartTime: from,
    EventEndTime: new Date(clock.now()),
    Destination: { Arn: BUS },
  })
  await until(() => sent.length === 2)
  const events = sent.map(({ body }) => JSON.parse(body))
  assert.deepEqual(events.map(({ detail }) => detail.n).sort(), [1, 3])
  assert.ok(events.every((event) => event['replay-name'] === 'again'))
  const shown = () => run('DescribeReplay', { ReplayName: 'again' })
  while ((await shown()).State === 'RUNNING') await clock.advance(100)
  const { State, EventLastReplayedTime } = await shown()
  assert.equal(State, 'COMPLETED')
  assert.ok(EventLastReplayedTime)
  const { EventCount } = await run('DescribeArchive', { ArchiveName: 'a' })
  assert.equal(EventCount, 2)
})

test('a replay may name the rules that see it', async (t) => {
  const { run, rule, put, sent, until, clock } = await eventBridgeRig(t)
  const { ArchiveArn } = await run('CreateArchive', { ArchiveName: 'a', EventSourceArn: BUS })
  const from = new Date(clock.now() - 1000)
  await put({ n: 1 })
  await rule('one', { source: ['my.app'] }, {})
  await rule('two', { source: ['my.app'] }, {})
  await clock.advance(1000)
  const Destination = { Arn: BUS, FilterArns: ['arn:aws:events:us-east-1:111111111111:rule/two'] }
  await run('StartReplay', {
    ReplayName: 'r',
    EventSourceArn: ArchiveArn,
    EventStartTime: from,
    EventEndTime: new Date(clock.now()),
    Destination,
  })
  await until(() => sent.length === 1)
  await until(() => true, 60_000)
  assert.deepEqual(
    sent.map(({ sender }) => sender.sourceArn),
    Destination.FilterArns,
  )
})

test('what is older than the archive keeps goes', async (t) => {
  const { run, put, until, clock } = await eventBridgeRig(t)
  await run('CreateArchive', { ArchiveName: 'a', EventSourceArn: BUS, RetentionDays: 2 })
  await put({ n: 1 })
  const end = clock.now() + 3 * DAY
  await until(() => clock.now() > end, 3_600_000)
  assert.equal((await run('DescribeArchive', { ArchiveName: 'a' })).EventCount, 0)
})

test('archives and replays refuse what cannot be', async (t) => {
  const { run } = await eventBridgeRig(t)
  const { ArchiveArn } = await run('CreateArchive', { ArchiveName: 'a', EventSourceArn: BUS })
  await assert.rejects(run('CreateArchive', { ArchiveName: 'a', EventSourceArn: BUS }), {
    message: 'Archive a already exists.',
  })
  await assert.rejects(run('CreateArchive', { ArchiveName: 'b', EventSourceArn: `${BUS}x` }), {
    message: 'Event bus defaultx does not exist.',
  })
  await assert.rejects(
    run('CreateArchive', { ArchiveName: 'b', EventSourceArn: BUS, EventPattern: '{"a":1}' }),
    { code: 'InvalidEventPatternException' },
  )
  await assert.rejects(run('DescribeArchive', { ArchiveName: 'none' }), {
    message: 'Archive none does not exist.',
  })
  await assert.rejects(run('DescribeReplay', { ReplayName: 'none' }), {
    message: 'Replay none does not exist.',
  })
  const replay = {
    ReplayName: 'r',
    EventSourceArn: ArchiveArn,
    EventStartTime: new Date(1000),
    EventEndTime: new Date(2000),
    Destination: { Arn: BUS },
  }
  await assert.rejects(run('StartReplay', { ...replay, EventEndTime: new Date(1000) }), {
    message: /EventStartTime must be before/,
  })
  await assert.rejects(run('StartReplay', { ...replay, Destination: { Arn: `${BUS}x` } }), {
    code: 'ResourceNotFoundException',
    message: 'Event bus defaultx does not exist.',
  })
  await run('CreateEventBus', { Name: 'other' })
  const Arn = BUS.replace(/default$/, 'other')
  await assert.rejects(run('StartReplay', { ...replay, Destination: { Arn } }), {
    message: 'Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.',
  })
  await assert.rejects(run('ListArchives', { EventSourceArn: `${BUS}x` }), {
    message: 'Event bus defaultx does not exist.',
  })
  await assert.rejects(run('StartReplay', { ...replay, EventSourceArn: `${ArchiveArn}x` }), {
    message: /Archive ax does not exist/,
  })
  await run('StartReplay', replay)
  await assert.rejects(run('StartReplay', replay), { message: 'Replay r already exists.' })
  for (let n = 2; n <= 10; n++) await run('StartReplay', { ...replay, ReplayName: `r${n}` })
  await assert.rejects(run('StartReplay', { ...replay, ReplayName: 'r11' }), {
    code: 'LimitExceededException',
    message: 'The requested resource exceeds the maximum number allowed.',
  })
  await run('DeleteArchive', { ArchiveName: 'a' })
  assert.deepEqual((await run('ListArchives', {})).Archives, [])
})
