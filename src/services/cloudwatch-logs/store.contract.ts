import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packBlocks } from './block.ts'
import type { LogGroup } from './group.ts'
import { type ScannedEvent, scanEvents } from './scan.ts'
import type { Announce, LogStore, StreamChoice } from './store.ts'

const HERE = { accountId: '111111111111', region: 'us-east-1' }
const NOW = Date.UTC(2026, 0, 20)
const DAY = 86_400_000

/** What every log store does. `open` gives an empty one, which is closed after the test. */
export function describeLogStore(
  open: (t: { after(run: () => Promise<void>): void }) => Promise<LogStore>,
): void {
  test('a group is made once, and found with all that was said of it', async (t) => {
    const store = await open(t)
    const group = newGroup('/a', { tags: { team: 'x' }, isDeletionProtected: true, retentionDays: 7 })
    assert.equal(await store.createGroup(group), true)
    assert.equal(await store.createGroup(newGroup('/a')), false)

    const { id, ...found } = (await store.findGroup(group)) ?? { id: 0 }
    assert.deepEqual(found, group)
    assert.equal(typeof id, 'number')
  })

  test('groups of another account or region are others', async (t) => {
    const store = await open(t)
    await store.createGroup(newGroup('/a'))

    assert.equal(await store.findGroup({ ...HERE, region: 'eu-west-1', name: '/a' }), undefined)
    assert.equal(await store.findGroup({ ...HERE, accountId: '222222222222', name: '/a' }), undefined)
    assert.deepEqual(await store.listGroups({ ...HERE, region: 'eu-west-1', limit: 10 }), [])
  })

  test('groups are listed by the bytes of their names, by prefix, part, list and page', async (t) => {
    const store = await open(t)
    for (const name of ['b', '/a/x', 'B', '/a/y', '/b/Xx', '_']) await store.createGroup(newGroup(name))
    const names = async (list: object) =>
      (await store.listGroups({ ...HERE, limit: 10, ...list })).map((group) => group.name)

    assert.deepEqual(await names({}), ['/a/x', '/a/y', '/b/Xx', 'B', '_', 'b'])
    assert.deepEqual(await names({ prefix: '/a/' }), ['/a/x', '/a/y'])
    assert.deepEqual(await names({ containing: 'x' }), ['/a/x', '/b/Xx'])
    assert.deepEqual(await names({ names: ['b', 'nowhere'] }), ['b'])
    assert.deepEqual(await names({ after: '/a/x', limit: 2 }), ['/a/y', '/b/Xx'])
  })

  test('a change leaves alone what it does not name', async (t) => {
    const store = await open(t)
    const group = newGroup('/a', { tags: { a: '1', b: '2' } })
    await store.createGroup(group)
    await store.changeGroup(group, { retentionDays: 3 })
    await store.changeGroup(group, { addTags: { c: '3', a: 'new' }, removeTags: ['b'] })
    await store.changeGroup(group, { isDeletionProtected: true })

    const found = await store.findGroup(group)
    assert.equal(found?.retentionDays, 3)
    assert.equal(found?.isDeletionProtected, true)
    assert.deepEqual(found?.tags, { a: 'new', c: '3' })
    await store.changeGroup(group, { retentionDays: null })
    assert.equal((await store.findGroup(group))?.retentionDays, undefined)
    assert.equal(await store.changeGroup(newGroup('/none'), { retentionDays: 3 }), false)
  })

  test('a stream is made once in its group', async (t) => {
    const store = await open(t)
    const groupId = await groupIn(store, '/a')
    const otherId = await groupIn(store, '/b')

    assert.equal(await store.createStream(groupId, { name: 's', createdAt: NOW }), true)
    assert.equal(await store.createStream(groupId, { name: 's', createdAt: NOW }), false)
    assert.equal(await store.createStream(otherId, { name: 's', createdAt: NOW }), true)
  })

  test('appending makes the group and the streams that are missing', async (t) => {
    const store = await open(t)
    await append(store, 's1', [[NOW, 'one']])
    await append(store, 's2', [[NOW + 1, 'two']])

    const group = await store.findGroup({ ...HERE, name: '/a' })
    assert.ok(group)
    const streams = await store.findStreams(group.id, ['s1', 's2', 's3'])
    assert.deepEqual(streams.map(({ name }) => name).sort(), ['s1', 's2'])
    assert.deepEqual(await messages(store, group.id), ['one', 'two'])
  })

  test('a stream knows the times of its first and last event, and its group the bytes', async (t) => {
    const store = await open(t)
    await append(store, 's', [[NOW + 5, 'aaa']])
    await append(
      store,
      's',
      [
        [NOW + 1, 'bb'],
        [NOW + 9, 'c'],
      ],
      NOW + 100,
    )

    const group = await store.findGroup({ ...HERE, name: '/a' })
    const [stream] = await store.findStreams(group?.id ?? 0, ['s'])
    assert.equal(stream?.firstEventAt, NOW + 1)
    assert.equal(stream?.lastEventAt, NOW + 9)
    assert.equal(stream?.lastIngestedAt, NOW + 100)
    assert.deepEqual([...(await store.storedBytes([group?.id ?? 0])).values()], [6 + 3 * 26])
  })

  test('streams are listed by name or by their last event, up or down, page by page', async (t) => {
    const store = await open(t)
    const groupId = await groupIn(store, '/a')
    await store.createStream(groupId, { name: 'empty', createdAt: NOW })
    for (const [name, at] of [
      ['b', 1],
      ['a', 3],
      ['c', 2],
      ['d', 2],
    ] as const)
      await append(store, name, [[NOW + at, 'x']])
    const names = async (list: object) =>
      (
        await store.listStreams(groupId, { orderBy: 'LogStreamName', descending: false, limit: 10, ...list })
      ).map(({ name }) => name)

    assert.deepEqual(await names({}), ['a', 'b', 'c', 'd', 'empty'])
    assert.deepEqual(await names({ descending: true, after: { name: 'd', lastEventAt: 0 } }), ['c', 'b', 'a'])
    assert.deepEqual(await names({ prefix: 'e' }), ['empty'])
    const byEvent = { orderBy: 'LastEventTime' }
    assert.deepEqual(await names(byEvent), ['empty', 'b', 'c', 'd', 'a'])
    assert.deepEqual(await names({ ...byEvent, descending: true, limit: 2 }), ['a', 'd'])
    const after = { name: 'd', lastEventAt: NOW + 2 }
    assert.deepEqual(await names({ ...byEvent, descending: true, after }), ['c', 'b', 'empty'])
  })

  test('events of overlapping blocks come in the order of their timestamps, and back again', async (t) => {
    const store = await open(t)
    await append(store, 's1', [
      [NOW + 1, 'a'],
      [NOW + 7, 'e'],
    ])
    await append(store, 's2', [
      [NOW + 3, 'b'],
      [NOW + 5, 'd'],
    ])
    await append(store, 's1', [
      [NOW + 4, 'c'],
      [NOW + 9, 'f'],
    ])
    const groupId = (await store.findGroup({ ...HERE, name: '/a' }))?.id ?? 0

    assert.deepEqual(await messages(store, groupId), ['a', 'b', 'c', 'd', 'e', 'f'])
    assert.deepEqual(await messages(store, groupId, { direction: 'backward' }), [
      'f',
      'e',
      'd',
      'c',
      'b',
      'a',
    ])
    assert.deepEqual(await messages(store, groupId, { from: NOW + 4, to: NOW + 7 }), ['c', 'd', 'e'])
    assert.deepEqual(await messages(store, groupId, { streams: { prefix: 's2' } }), ['b', 'd'])
  })

  test('events of one timestamp keep the order in which they came', async (t) => {
    const store = await open(t)
    await append(store, 's', [
      [NOW, '1'],
      [NOW, '2'],
    ])
    await append(store, 's', [
      [NOW, '3'],
      [NOW, '4'],
    ])
    const groupId = (await store.findGroup({ ...HERE, name: '/a' }))?.id ?? 0

    assert.deepEqual(await messages(store, groupId), ['1', '2', '3', '4'])
    assert.deepEqual(await messages(store, groupId, { direction: 'backward' }), ['4', '3', '2', '1'])
  })

  test('a scan goes on after any event, over more blocks than one query reads', async (t) => {
    const store = await open(t)
    const blocks = Array.from({ length: 150 }, (_, n) =>
      packBlocks([event(NOW + n * 3, `${n}a`), event(NOW + n * 3 + 4, `${n}b`)]),
    )
    const batches = blocks.map((block, n) => ({
      group: { ...HERE, name: '/a' },
      stream: `s${n % 7}`,
      blocks: block,
    }))
    await store.append(batches, NOW)
    const groupId = (await store.findGroup({ ...HERE, name: '/a' }))?.id ?? 0

    for (const direction of ['forward', 'backward'] as const) {
      const all = await scanned(store, groupId, { direction })
      assert.equal(all.length, 300)
      const order = all.map(({ timestamp }) => timestamp)
      const step = direction === 'forward' ? 1 : -1
      assert.deepEqual(
        order,
        order.toSorted((a, b) => (a - b) * step),
      )
      for (const cut of [0, 1, 99, 298]) {
        const rest = await scanned(store, groupId, { direction, after: all[cut] })
        assert.deepEqual(rest, all.slice(cut + 1))
      }
    }
  })

  test('a moment is found in a long history without reading what lies before it', async (t) => {
    const store = await open(t)
    const history = Array.from({ length: 50 }, (_, n): Event => [NOW - (49 - n) * DAY, `${n}`])
    await append(store, 's', history)
    const groupId = (await store.findGroup({ ...HERE, name: '/a' }))?.id ?? 0

    const blocks = await store.readBlocks({
      groupId,
      streams: 'all',
      from: NOW - DAY,
      to: NOW,
      direction: 'forward',
      limit: 100,
    })
    assert.equal(blocks.length, 2)
  })

  test('appending to a stream that has been deleted adds nothing', async (t) => {
    const store = await open(t)
    await append(store, 's', [[NOW, 'x']])
    const groupId = (await store.findGroup({ ...HERE, name: '/a' }))?.id ?? 0
    const [stream] = await store.findStreams(groupId, ['s'])
    assert.equal(await store.appendTo(stream?.id ?? 0, { blocks: packBlocks([event(NOW, 'y')]) }, NOW), true)
    await store.deleteStream(stream?.id ?? 0)

    assert.equal(await store.appendTo(stream?.id ?? 0, { blocks: packBlocks([event(NOW, 'z')]) }, NOW), false)
    assert.deepEqual(await messages(store, groupId), [])
    assert.deepEqual(await store.streamNames([stream?.id ?? 0]), new Map())
  })

  test('with a group go its streams and events', async (t) => {
    const store = await open(t)
    await append(store, 's', [[NOW, 'x']])
    const group = (await store.findGroup({ ...HERE, name: '/a' })) as LogGroup
    const groupId = group.id
    await store.deleteGroup(group)

    assert.equal(await store.findGroup({ ...HERE, name: '/a' }), undefined)
    assert.deepEqual(await messages(store, groupId), [])
    await append(store, 's', [[NOW, 'again']])
    const again = (await store.findGroup({ ...HERE, name: '/a' }))?.id ?? 0
    assert.deepEqual(await messages(store, again), ['again'])
  })

  test('what has expired is removed, block by block, and only where there is a retention', async (t) => {
    const store = await open(t)
    await append(store, 's', [
      [NOW - 2 * DAY, 'old'],
      [NOW - 2 * DAY + 1, 'old too'],
    ])
    await append(store, 's', [[NOW - 10, 'new']])
    const group = await store.findGroup({ ...HERE, name: '/a' })
    assert.ok(group)
    assert.equal(await store.removeExpired(NOW), 0)
    await store.changeGroup(group, { retentionDays: 1 })

    assert.equal(await store.removeExpired(NOW), 1)
    assert.equal(await store.removeExpired(NOW), 0)
    assert.deepEqual(await messages(store, group.id), ['new'])
    assert.deepEqual([...(await store.storedBytes([group.id])).values()], [3 + 26])
  })

  test('who announces blocks is given their ids in the write that keeps them, and undoes it by failing', async (t) => {
    const store = await open(t)
    const blocks = [...packBlocks([event(NOW, 'x')]), ...packBlocks([event(NOW + 1, 'y')])]
    const announced: (readonly number[])[] = []
    const announce: Announce = async (_, ids) => void announced.push(ids)
    const batch = { group: { ...HERE, name: '/a' }, stream: 's', blocks }
    await store.append([{ ...batch, announce }], NOW)
    const [stream] = await store.findStreams((await store.findGroup(batch.group))?.id ?? 0, ['s'])
    await store.appendTo(stream?.id ?? 0, { blocks: packBlocks([event(NOW + 2, 'z')]), announce }, NOW)

    const ids = announced.flat()
    assert.equal(ids.length, 3)
    const found = await store.findBlocks([...ids.slice(1), 1_000_000])
    assert.deepEqual(
      found.map(({ id, firstAt }) => [id, firstAt]),
      [
        [ids[1], NOW + 1],
        [ids[2], NOW + 2],
      ],
    )
    const failing: Announce = () => Promise.reject(new Error('no'))
    await assert.rejects(store.append([{ ...batch, announce: failing }], NOW), /no/)
    assert.deepEqual(await messages(store, await groupIn(store, '/a')), ['x', 'y', 'z'])
  })

  test('subscriptions are kept by name, replaced, limited, and gone with their group', async (t) => {
    const store = await open(t)
    await store.createGroup(newGroup('/a'))
    const group = (await store.findGroup({ ...HERE, name: '/a' })) as LogGroup
    const subscription = (name: string, more: object = {}) => ({
      name,
      pattern: '',
      destinationArn: 'arn:aws:lambda:us-east-1:111111111111:function:f',
      distribution: 'ByLogStream' as const,
      createdAt: NOW,
      ...more,
    })
    for (const name of ['b', 'B'])
      assert.equal(await store.putSubscription(group, subscription(name), 2), 'put')
    assert.equal(await store.putSubscription(group, subscription('c'), 2), 'too many')
    await store.putSubscription(group, subscription('b', { pattern: 'x', createdAt: NOW + 1 }), 2)
    assert.deepEqual(await store.subscriptionsOf(group), [
      subscription('B'),
      subscription('b', { pattern: 'x' }),
    ])
    assert.deepEqual(await store.subscriptionsOf({ ...group, region: 'eu-west-1' }), [])
    assert.equal(await store.deleteSubscription(group, 'B'), true)
    assert.equal(await store.deleteSubscription(group, 'B'), false)
    await store.deleteGroup(group)
    assert.equal(await store.putSubscription(group, subscription('b'), 2), 'no such group')
    assert.deepEqual(await store.subscriptionsOf(group), [])
  })

  test('resource policies are kept by account and region, replaced and limited', async (t) => {
    const store = await open(t)
    const policy = (name: string, document = '{}') => ({ name, document, updatedAt: NOW })
    assert.equal(await store.putResourcePolicy(HERE, policy('a'), 1), true)
    assert.equal(await store.putResourcePolicy(HERE, policy('b'), 1), false)
    assert.equal(await store.putResourcePolicy(HERE, policy('a', '[]'), 1), true)
    assert.deepEqual(await store.resourcePolicies(HERE), [policy('a', '[]')])
    assert.deepEqual(await store.resourcePolicies({ ...HERE, region: 'eu-west-1' }), [])
    assert.equal(await store.deleteResourcePolicy(HERE, 'b'), false)
    assert.equal(await store.deleteResourcePolicy(HERE, 'a'), true)
    assert.deepEqual(await store.resourcePolicies(HERE), [])
  })

  test('writers of one group and stream at the same time make each once', async (t) => {
    const store = await open(t)
    await Promise.all(Array.from({ length: 8 }, (_, n) => append(store, 's', [[NOW + n, `${n}`]])))
    const groupId = (await store.findGroup({ ...HERE, name: '/a' }))?.id ?? 0
    assert.deepEqual(await messages(store, groupId), ['0', '1', '2', '3', '4', '5', '6', '7'])
  })
}

type Event = readonly [timestamp: number, message: string]

function event(timestamp: number, message: string) {
  return { timestamp, message }
}

function newGroup(name: string, more: object = {}) {
  const plain = { createdAt: NOW, retentionDays: undefined, isDeletionProtected: false, tags: {} }
  return { ...HERE, name, ...plain, ...more }
}

async function groupIn(store: LogStore, name: string): Promise<number> {
  await store.createGroup(newGroup(name))
  return (await store.findGroup({ ...HERE, name }))?.id ?? 0
}

function append(store: LogStore, stream: string, events: readonly Event[], now = NOW): Promise<void> {
  const blocks = packBlocks(events.map(([timestamp, message]) => event(timestamp, message)))
  return store.append([{ group: { ...HERE, name: '/a' }, stream, blocks }], now)
}

interface Range {
  readonly from?: number
  readonly to?: number
  readonly streams?: StreamChoice
  readonly direction?: 'forward' | 'backward'
  readonly after?: ScannedEvent | undefined
}

async function scanned(store: LogStore, groupId: number, range: Range = {}): Promise<ScannedEvent[]> {
  const events: ScannedEvent[] = []
  const all = { streams: 'all' as const, from: 0, to: Number.MAX_SAFE_INTEGER, direction: 'forward' as const }
  await scanEvents(store, { groupId, ...all, ...range }, (found) => {
    events.push(found)
    return 'more'
  })
  return events
}

async function messages(store: LogStore, groupId: number, range: Range = {}): Promise<string[]> {
  return (await scanned(store, groupId, range)).map(({ message }) => message)
}
