import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Schedule } from './schedule.ts'
import type { SchedulerStore } from './store.ts'

const HERE = { accountId: '111111111111', region: 'us-east-1' }
const ELSEWHERE = { ...HERE, region: 'eu-west-1' }

function schedule(name: string, group = 'default'): Schedule {
  return {
    group,
    name,
    expression: 'rate(1 hour)',
    isEnabled: true,
    windowMinutes: 0,
    target: { Arn: 'a', RoleArn: 'r' },
    isDeletedAfterwards: false,
    createdAt: 0,
    modifiedAt: 0,
  }
}

/** What any store of schedules must do. */
export function describeSchedulerStore(open: (t: TestContext) => Promise<SchedulerStore>): void {
  test('schedules are found in their group, account and region', async (t) => {
    const store = await open(t)
    await store.change((editor) => editor.saveSchedule(HERE, schedule('s'), undefined))
    await store.change((editor) =>
      editor.saveSchedule(HERE, { ...schedule('s'), description: 'later' }, undefined),
    )
    assert.equal((await store.findSchedule(HERE, 'default', 's'))?.description, 'later')
    assert.equal(await store.findSchedule(HERE, 'other', 's'), undefined)
    assert.equal(await store.findSchedule(ELSEWHERE, 'default', 's'), undefined)
    await store.change((editor) => editor.deleteSchedule(HERE, 'default', 's'))
    assert.equal(await store.findSchedule(HERE, 'default', 's'), undefined)
  })

  test('lists go by group and name, in the order of bytes', async (t) => {
    const store = await open(t)
    await store.change(async (editor) => {
      for (const [name, group] of [
        ['b', 'g'],
        ['a', 'g'],
        ['B', 'g'],
        ['c', 'f'],
      ] as const) {
        await editor.saveSchedule(HERE, schedule(name, group), undefined)
      }
    })
    const names = async (query: object) =>
      (await store.listSchedules(HERE, { limit: 10, ...query })).map(({ group, name }) => `${group}/${name}`)
    assert.deepEqual(await names({}), ['f/c', 'g/B', 'g/a', 'g/b'])
    assert.deepEqual(await names({ after: { group: 'f', name: 'c' }, limit: 1 }), ['g/B'])
    assert.deepEqual(await names({ group: 'g', prefix: 'a' }), ['g/a'])
  })

  test('what is due is found by its time, and once', async (t) => {
    const store = await open(t)
    await store.change(async (editor) => {
      await editor.saveSchedule(HERE, schedule('late'), 2000)
      await editor.saveSchedule(ELSEWHERE, schedule('early'), 1000)
      await editor.saveSchedule(HERE, schedule('never'), undefined)
    })
    assert.equal(await store.nextDue(), 1000)
    const [due, ...others] = await store.due(1500, 10)
    assert.equal(due?.schedule.name, 'early')
    assert.deepEqual(others, [])
    assert.ok(due)
    const taken = await store.change(async (editor) => {
      const found = await editor.findDue(due)
      await editor.saveSchedule(ELSEWHERE, schedule('early'), undefined)
      return found
    })
    assert.equal(taken?.name, 'early')
    assert.equal(await store.change((editor) => editor.findDue(due)), undefined)
  })

  test('a group takes its schedules with it', async (t) => {
    const store = await open(t)
    await store.change(async (editor) => {
      await editor.saveGroup(HERE, { name: 'g', tags: {}, createdAt: 0, modifiedAt: 0 })
      await editor.saveSchedule(HERE, schedule('s', 'g'), 1)
      await editor.saveSchedule(HERE, schedule('s'), 1)
      await editor.deleteGroup(HERE, 'g')
    })
    assert.equal(await store.findGroup(HERE, 'g'), undefined)
    assert.deepEqual(
      (await store.listSchedules(HERE, { limit: 5 })).map(({ group }) => group),
      ['default'],
    )
  })
}
