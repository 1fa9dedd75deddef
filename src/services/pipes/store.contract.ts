import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Pipe } from './pipe.ts'
import type { PipesStore } from './store.ts'

const HERE = { accountId: '111111111111', region: 'us-east-1' }
const ELSEWHERE = { ...HERE, region: 'eu-west-1' }

function pipe(name: string, isRunning = true): Pipe {
  return {
    id: name,
    name,
    isRunning,
    source: 's',
    target: 't',
    sourceParameters: {},
    enrichmentParameters: {},
    targetParameters: {},
    roleArn: 'r',
    tags: {},
    createdAt: 0,
    modifiedAt: 0,
  }
}

/** What any store of pipes must do. */
export function describePipesStore(open: (t: TestContext) => Promise<PipesStore>): void {
  test('pipes are found in their account and region', async (t) => {
    const store = await open(t)
    await store.change((editor) => editor.save(HERE, pipe('p')))
    await store.change((editor) => editor.save(HERE, { ...pipe('p'), description: 'later' }))
    assert.equal((await store.find(HERE, 'p'))?.description, 'later')
    assert.equal(await store.find(ELSEWHERE, 'p'), undefined)
    await store.change((editor) => editor.delete(ELSEWHERE, 'p'))
    await store.change((editor) => editor.delete(HERE, 'p'))
    assert.equal(await store.find(HERE, 'p'), undefined)
  })

  test('lists go by name, in the order of bytes', async (t) => {
    const store = await open(t)
    await store.change(async (editor) => {
      for (const name of ['b', 'a', 'B', 'ab']) await editor.save(HERE, pipe(name))
    })
    const names = async (query: object) =>
      (await store.list(HERE, { limit: 10, ...query })).map(({ name }) => name)
    assert.deepEqual(await names({}), ['B', 'a', 'ab', 'b'])
    assert.deepEqual(await names({ after: 'a', limit: 1 }), ['ab'])
    assert.deepEqual(await names({ prefix: 'a' }), ['a', 'ab'])
  })

  test('those that run are found wherever they are', async (t) => {
    const store = await open(t)
    await store.change(async (editor) => {
      await editor.save(HERE, pipe('runs'))
      await editor.save(HERE, pipe('stands', false))
      await editor.save(ELSEWHERE, pipe('runs'))
    })
    await store.change((editor) => editor.save(HERE, pipe('runs', false)))
    const running = await store.running()
    assert.deepEqual(
      running.map(({ region, pipe: { name } }) => `${region}/${name}`),
      ['eu-west-1/runs'],
    )
  })
}
