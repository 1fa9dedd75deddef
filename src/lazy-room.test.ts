import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LazyRoom } from './lazy-room.ts'

function counted(options: { hasWork?: boolean; fails?: number } = {}) {
  const seen: string[] = []
  let fails = options.fails ?? 0
  const room = new LazyRoom({
    build: async () => {
      seen.push('build')
      if (fails-- > 0) throw new Error('no file descriptor')
      return { start: () => seen.push('start'), stop: () => seen.push('stop'), name: 'a room' }
    },
    hasWork: async () => options.hasWork ?? false,
  })
  return { room, seen }
}

test('a room that nobody asks for is never built', async () => {
  const { room, seen } = counted()
  await room.start()
  await room.stop()
  assert.deepEqual(seen, [])
})

test('a room is built and started once, by whoever asks first, and stopped', async () => {
  const { room, seen } = counted()
  const [one, other] = await Promise.all([room.get(), room.get()])
  assert.equal(one, other)
  await room.stop()
  assert.deepEqual(seen, ['build', 'start', 'stop'])
})

test('a room with work of an earlier run starts with the daemon', async () => {
  const { room, seen } = counted({ hasWork: true })
  await room.start()
  assert.deepEqual(seen, ['build', 'start'])
})

test('a room that failed to load is tried again', async () => {
  const { room, seen } = counted({ fails: 1 })
  await assert.rejects(room.get(), /no file descriptor/)
  await room.get()
  assert.deepEqual(seen, ['build', 'build', 'start'])
})

test('a stopped room is not loaded any more', async () => {
  const { room, seen } = counted()
  await room.stop()
  await assert.rejects(room.get(), /stopping/)
  assert.deepEqual(seen, [])
})
