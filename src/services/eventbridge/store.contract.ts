import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Archive } from './archive.ts'
import type { Rule } from './rule.ts'
import type { EventBridgeStore } from './store.ts'

const HERE = { accountId: '111111111111', region: 'us-east-1' }
const ELSEWHERE = { ...HERE, region: 'eu-west-1' }
const DAY = 86_400_000

function rule(name: string, bus = 'default'): Rule {
  return { bus, name, state: 'ENABLED', targets: [], tags: {} }
}

/** What any store of EventBridge must do. */
export function describeEventBridgeStore(open: (t: TestContext) => Promise<EventBridgeStore>): void {
  test('what is saved is found under its name, and takes the place of the one before', async (t) => {
    const store = await open(t)
    await store.change((editor) => editor.save(HERE, 'rule', rule('r')))
    await store.change((editor) => editor.save(HERE, 'rule', { ...rule('r'), description: 'later' }))
    assert.equal((await store.find(HERE, 'rule', 'r', 'default'))?.description, 'later')
    assert.equal(await store.find(HERE, 'rule', 'r', 'other'), undefined)
    assert.equal(await store.find(ELSEWHERE, 'rule', 'r', 'default'), undefined)
    await store.change((editor) => editor.remove(HERE, 'rule', 'r', 'default'))
    assert.equal(await store.find(HERE, 'rule', 'r', 'default'), undefined)
  })

  test('lists go by bus, prefix and name, in the order of bytes', async (t) => {
    const store = await open(t)
    await store.change(async (editor) => {
      for (const name of ['b', 'a2', 'a1', 'B']) await editor.save(HERE, 'rule', rule(name))
      await editor.save(HERE, 'rule', rule('a3', 'other'))
    })
    const names = async (query: object) => (await store.list(HERE, 'rule', query)).map(({ name }) => name)
    assert.deepEqual(await names({ bus: 'default' }), ['B', 'a1', 'a2', 'b'])
    assert.deepEqual(await names({ bus: 'default', prefix: 'a' }), ['a1', 'a2'])
    assert.deepEqual(await names({ bus: 'default', after: 'a1', limit: 1 }), ['a2'])
  })

  test('what is due is found by its time, and once', async (t) => {
    const store = await open(t)
    await store.change(async (editor) => {
      await editor.save(HERE, 'rule', rule('late'), 2000)
      await editor.save(ELSEWHERE, 'rule', rule('early'), 1000)
      await editor.save(HERE, 'rule', rule('never'))
    })
    assert.equal(await store.nextDue('rule'), 1000)
    assert.equal(await store.nextDue('replay'), undefined)
    const [due] = await store.due('rule', 1500, 10)
    assert.deepEqual([due?.region, due?.resource.name, due?.dueAt], ['eu-west-1', 'early', 1000])
    assert.ok(due)
    const taken = await store.change(async (editor) => {
      const found = await editor.findDue('rule', due)
      await editor.save(ELSEWHERE, 'rule', rule('early'), 3000)
      return found
    })
    assert.equal(taken?.name, 'early')
    assert.equal(await store.change((editor) => editor.findDue('rule', due)), undefined)
  })

  test('kept events come by time and id, and go when their archive says so', async (t) => {
    const store = await open(t)
    const archive = (name: string, retentionDays: number): Archive => ({
      name,
      sourceArn: 'a',
      retentionDays,
      createdAt: 0,
    })
    await store.change(async (editor) => {
      await editor.save(HERE, 'archive', archive('short', 1))
      await editor.save(HERE, 'archive', archive('long', 0))
      for (const [time, text] of [
        [2, 'c'],
        [1, 'a'],
        [1, 'b'],
      ] as const) {
        await editor.keep(HERE, 'short', { time, text })
        await editor.keep(HERE, 'long', { time, text })
      }
    })
    const first = await store.keptEvents(HERE, 'short', { from: 1, to: 3, limit: 2 })
    assert.deepEqual(
      first.map(({ text }) => text),
      ['a', 'b'],
    )
    const after = first.at(-1)
    assert.ok(after)
    const rest = await store.keptEvents(HERE, 'short', { from: 1, to: 3, limit: 2, after })
    assert.deepEqual(
      rest.map(({ text }) => text),
      ['c'],
    )
    assert.deepEqual(await store.keptEvents(HERE, 'short', { from: 2, to: 2, limit: 2 }), [])
    assert.deepEqual(await store.archiveSize(HERE, 'long'), { events: 3, bytes: 3 })
    assert.equal(await store.removeExpired(DAY + 2, 10), 2)
    assert.deepEqual(await store.archiveSize(HERE, 'short'), { events: 1, bytes: 1 })
    assert.deepEqual(await store.archiveSize(HERE, 'long'), { events: 3, bytes: 3 })
    await store.change((editor) => editor.forgetArchive(HERE, 'long'))
    assert.deepEqual(await store.archiveSize(HERE, 'long'), { events: 0, bytes: 0 })
  })
}
