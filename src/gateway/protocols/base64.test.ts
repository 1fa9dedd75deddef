import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBase64 as fromBase64OfSdk } from '@smithy/core/serde'
import fc from 'fast-check'
import { fromBase64 } from './base64.ts'

const outcome = (decode: (text: string) => Uint8Array, text: string) => {
  try {
    return Buffer.from(decode(text)).toString('hex')
  } catch (error) {
    return (error as Error).name
  }
}

test('what the SDK decodes is decoded to the same bytes, and what it refuses is refused', () => {
  const characters = fc.constantFrom(...'ABab09+/==-_ \n!é')
  fc.assert(
    fc.property(fc.string({ unit: characters, maxLength: 16 }), (text) => {
      assert.equal(outcome(fromBase64, text), outcome(fromBase64OfSdk, text), JSON.stringify(text))
    }),
    { numRuns: 5000 },
  )
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.deepEqual(Buffer.from(fromBase64(Buffer.from(bytes).toString('base64'))), Buffer.from(bytes))
    }),
  )
})

for (const text of ['A', 'AA', 'AAA=A', 'AA-_', 'A=AA', '====', 'AA\nA', 'AAAé'])
  test(`${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => fromBase64(text), TypeError)
  })
