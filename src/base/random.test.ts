import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { realRandom, seededRandom } from './random.ts'

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

for (const [name, random] of [
  ['real', realRandom],
  ['seeded', seededRandom('a seed')],
] as const) {
  describe(`${name} randomness`, () => {
    test('gives version 4 UUIDs, each once', () => {
      const uuids = Array.from({ length: 100 }, () => random.uuid())
      for (const uuid of uuids) assert.match(uuid, UUID_4)
      assert.equal(new Set(uuids).size, 100)
    })

    test('gives as many bytes as were asked for, and two hex digits for each', () => {
      for (const size of [0, 1, 31, 32, 33, 100]) {
        assert.equal(random.bytes(size).length, size)
        assert.match(random.hex(size), new RegExp(`^[0-9a-f]{${size * 2}}$`))
      }
    })

    test('gives fractions from 0 to below 1, on both sides of the middle', () => {
      const fractions = Array.from({ length: 200 }, () => random.fraction())
      assert.ok(fractions.every((fraction) => fraction >= 0 && fraction < 1))
      assert.ok(fractions.some((fraction) => fraction < 0.5) && fractions.some((fraction) => fraction > 0.5))
    })
  })
}

test('the same seed draws the same, another seed something else', () => {
  const draw = (seed: string) => {
    const random = seededRandom(seed)
    return [random.uuid(), random.hex(40), random.fraction()]
  }
  assert.deepEqual(draw('one'), draw('one'))
  assert.notDeepEqual(draw('one'), draw('two'))
})
