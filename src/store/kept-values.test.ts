import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { SqlKeptValues } from './kept-values.ts'
import { describeOnEveryDatabase } from './testing.ts'

describeOnEveryDatabase('kept values', (open) => {
  async function withValues(t: TestContext) {
    const database = await open()
    t.after(() => database.close())
    return new SqlKeptValues(database)
  }

  test('what was put is found, and what was not is undefined', async (t) => {
    const values = await withValues(t)
    await values.put('root-key', 'one')
    await values.put('root-key', 'two')
    assert.equal(await values.find('root-key'), 'two')
    assert.equal(await values.find('other'), undefined)
  })

  test('nodes that start together agree on the first value', async (t) => {
    const values = await withValues(t)
    const kept = await Promise.all(['a', 'b', 'c'].map((value) => values.putIfAbsent('secret', value)))
    assert.equal(new Set(kept).size, 1)
    assert.equal(await values.putIfAbsent('secret', 'd'), kept[0])
  })
})
