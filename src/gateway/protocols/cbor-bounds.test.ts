import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cbor } from '@smithy/core/cbor'
import { checkCborBounds } from './cbor-bounds.ts'

function check(...bytes: number[]): () => void {
  return () => checkCborBounds(Buffer.from(bytes))
}

test('whatever the SDK writes passes', () => {
  const values = [
    {},
    [],
    'text',
    { a: [1, -1, 1.5, true, null, 'é', new Uint8Array(300)], b: { c: [[], {}] } },
    Array.from({ length: 1000 }, (_, index) => ({ index })),
    { at: { tag: 1, value: 1.5 } },
  ]
  for (const value of values) checkCborBounds(Buffer.from(cbor.serialize(value)))
})

test('lists, maps and texts without a length pass when they are closed', () => {
  assert.doesNotThrow(check(0x9f, 0x01, 0xbf, 0x61, 0x61, 0x02, 0xff, 0xff))
  assert.doesNotThrow(check(0x7f, 0x61, 0x61, 0x61, 0x62, 0xff))
  assert.throws(check(0x9f, 0x01), /ends too soon/)
})

test('a list, a map or a text longer than the body is refused before room is made for it', () => {
  assert.throws(check(0x9a, 0x01, 0, 0, 0, 0x01), /shorter than it says/)
  assert.throws(check(0xba, 0x01, 0, 0, 0, 0x01), /shorter than it says/)
  assert.throws(check(0x5b, 0, 0, 0, 0xff, 0, 0, 0, 0), /shorter than it says/)
  assert.throws(check(0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), /shorter than it says/)
})

test('lists in lists cannot each claim the whole body', () => {
  const lists = Array.from({ length: 40 }, () => [0x98, 100]).flat()
  assert.throws(check(...lists, ...Array(1000).fill(0)), /shorter than it says/)
})

test('what is nested too deeply, cut short or reserved is refused', () => {
  assert.throws(check(...Array(1000).fill(0x81), 0), /nested too deeply/)
  assert.throws(check(...Array(1000).fill(0x9f)), /nested too deeply/)
  assert.throws(check(...Array(1000).fill(0xc1), 0), /nested too deeply/)
  assert.throws(check(), /ends too soon/)
  assert.throws(check(0x19, 0x01), /ends too soon/)
  assert.throws(check(0x1c), /reserved/)
  assert.throws(check(0xff), /break/)
  assert.throws(check(0xa0, 0xa0), /more behind it/)
})
