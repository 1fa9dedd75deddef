import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gather } from './gather.ts'

test('what comes while there is work waits for it, and is then done together', async () => {
  const done: (readonly number[])[] = []
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const gather = new Gather<number>(async (items) => {
    done.push(items)
    await gates[done.length - 1]?.promise
  })
  const first = gather.add(1)
  await Promise.resolve()
  await Promise.resolve()
  const [second, third] = [gather.add(2), gather.add(3)]
  assert.deepEqual(done, [[1]])
  gates[0]?.resolve()
  await first
  gates[1]?.resolve()
  await Promise.all([second, third])
  assert.deepEqual(done, [[1], [2, 3]])
})

test('a failure is heard by those whose work it was, and by no others', async () => {
  let isFailing = true
  const gather = new Gather<number>(async () => {
    if (isFailing) throw new Error('no')
  })
  await assert.rejects(Promise.all([gather.add(1), gather.add(2)]), /no/)
  isFailing = false
  await gather.add(3)
})
