import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HERE, type LogsRig, logsRig } from '../testing.ts'

const ARN = 'arn:aws:logs:us-east-1:111111111111:log-group:/g'
const SECOND = 1000

async function tail(rig: LogsRig, input: object = {}, signal = new AbortController().signal) {
  const { responseStream } = await rig.run(
    'StartLiveTail',
    { logGroupIdentifiers: [ARN], ...input },
    { signal },
  )
  assert.ok(responseStream)
  const stream = responseStream[Symbol.asyncIterator]()
  return {
    start: await stream.next(),
    next: async () => {
      const coming = stream.next()
      // It may reject while the clock moves on.
      coming.catch(() => {})
      await rig.clock.advance(SECOND)
      return coming
    },
    return: () => stream.return?.(),
  }
}

async function withGroup(t: Parameters<typeof logsRig>[0]) {
  const rig = await logsRig(t)
  await rig.run('CreateLogGroup', { logGroupName: '/g' })
  const write = (message: string, stream = 's') =>
    rig.ingest.append({ ...HERE, group: '/g', stream }, [{ timestamp: 5, message }])
  return { ...rig, write }
}

test('a session starts with what was asked for, and has an update every second', async (t) => {
  const rig = await withGroup(t)
  const session = await tail(rig, { logEventFilterPattern: 'ERROR' })
  assert.equal(session.start.value.sessionStart.requestId, 'request-1')
  assert.deepEqual(session.start.value.sessionStart.logGroupIdentifiers, [ARN])
  assert.equal(session.start.value.sessionStart.logEventFilterPattern, 'ERROR')

  rig.write('ERROR one')
  rig.write('fine')
  const ingestionTime = rig.clock.now()
  assert.deepEqual((await session.next()).value, {
    sessionUpdate: {
      sessionMetadata: { sampled: false },
      sessionResults: [
        {
          logGroupIdentifier: '111111111111:/g',
          logStreamName: 's',
          message: 'ERROR one',
          timestamp: 5,
          ingestionTime,
        },
      ],
    },
  })
  const empty = { sessionMetadata: { sampled: false }, sessionResults: [] }
  assert.deepEqual((await session.next()).value, { sessionUpdate: empty })
})

test('events of PutLogEvents are seen too, and of other groups and accounts are not', async (t) => {
  const rig = await withGroup(t)
  const session = await tail(rig)
  await rig.run('CreateLogStream', { logGroupName: '/g', logStreamName: 'x' })
  const logEvents = [{ timestamp: rig.clock.now(), message: 'put' }]
  await rig.run('PutLogEvents', { logGroupName: '/g', logStreamName: 'x', logEvents })
  rig.ingest.append({ ...HERE, group: '/h', stream: 's' }, [{ timestamp: 1, message: 'other group' }])
  rig.ingest.append({ ...HERE, accountId: '2', group: '/g', stream: 's' }, [
    { timestamp: 1, message: 'other' },
  ])
  const { sessionUpdate } = (await session.next()).value
  assert.deepEqual(
    sessionUpdate.sessionResults.map(({ message }: { message: string }) => message),
    ['put'],
  )
})

test('a session can be of some streams only', async (t) => {
  const rig = await withGroup(t)
  const named = await tail(rig, { logStreamNames: ['ab'] })
  const prefixed = await tail(rig, { logStreamNamePrefixes: ['a'] })
  for (const stream of ['a', 'ab', 'b']) rig.write(stream, stream)
  const streams = (update: { value: { sessionUpdate: { sessionResults: { logStreamName: string }[] } } }) =>
    update.value.sessionUpdate.sessionResults.map(({ logStreamName }) => logStreamName)
  assert.deepEqual(streams((await named.next()) as never), ['ab'])
  assert.deepEqual(streams((await prefixed.next()) as never), ['a', 'ab'])
})

test('more than 500 events in a second are cut to 500, and the update says so', async (t) => {
  const rig = await withGroup(t)
  const session = await tail(rig)
  for (let n = 0; n < 600; n++) rig.write(`${n}`)
  const { sessionUpdate } = (await session.next()).value
  assert.equal(sessionUpdate.sessionResults.length, 500)
  assert.equal(sessionUpdate.sessionMetadata.sampled, true)
  rig.write('again')
  assert.equal((await session.next()).value.sessionUpdate.sessionMetadata.sampled, false)
})

test('a session ends after three hours with SessionTimeoutException', async (t) => {
  const rig = await withGroup(t)
  const session = await tail(rig)
  await rig.clock.advance(3 * 3_600_000 - 1)
  await session.next()
  await assert.rejects(session.next(), { code: 'SessionTimeoutException' })
})

test('a session ends when its client goes, before it has read anything as well', async (t) => {
  const rig = await withGroup(t)
  const client = new AbortController()
  const session = await tail(rig, {}, client.signal)
  const coming = session.next()
  client.abort()
  assert.equal((await coming).done, true)

  const sessions = Array.from({ length: 15 }, () => new AbortController())
  for (const { signal } of sessions)
    await rig.run('StartLiveTail', { logGroupIdentifiers: [ARN] }, { signal })
  await assert.rejects(rig.run('StartLiveTail', { logGroupIdentifiers: [ARN] }), {
    code: 'LimitExceededException',
  })
  for (const one of sessions) one.abort()
  await (await tail(rig)).return()
})

test('a session refuses what makes no sense', async (t) => {
  const rig = await withGroup(t)
  await rig.run('CreateLogGroup', { logGroupName: '/h' })
  const refused = (input: object, code: string) =>
    assert.rejects(rig.run('StartLiveTail', { logGroupIdentifiers: [ARN], ...input }), { code })
  await refused({ logGroupIdentifiers: ['/g'] }, 'InvalidParameterException')
  await refused({ logGroupIdentifiers: [`${ARN}:*`] }, 'InvalidParameterException')
  await refused({ logGroupIdentifiers: [`${ARN}x`] }, 'ResourceNotFoundException')
  await refused({ logStreamNames: ['a'], logStreamNamePrefixes: ['b'] }, 'InvalidParameterException')
  await refused(
    { logGroupIdentifiers: [ARN, ARN.replace('/g', '/h')], logStreamNames: ['a'] },
    'InvalidParameterException',
  )
  await refused({ logEventFilterPattern: '[a' }, 'InvalidParameterException')
})
