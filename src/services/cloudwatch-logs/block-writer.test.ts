import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LogEvent } from '../../wire/log-event.ts'
import { BLOCK_BYTES_MAX, BLOCK_SPAN_MS, packBlocks } from './block.ts'
import { BlockWriter } from './block-writer.ts'

function written(events: readonly LogEvent[]) {
  const writer = new BlockWriter()
  for (const event of events) writer.add(event)
  assert.equal(writer.count, events.length)
  return writer.blocks()
}

const message = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('', 'x'.repeat(3000), 'é'.repeat(BLOCK_BYTES_MAX / 4), 'z'.repeat(BLOCK_BYTES_MAX + 1)),
)
const timestamp = fc.oneof(fc.nat(20), fc.nat(3 * BLOCK_SPAN_MS))

test('events that are written as they come make the blocks of events that are packed at once', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ timestamp, message })), fc.boolean(), (events, inOrder) => {
      const given = inOrder ? events.toSorted((a, b) => a.timestamp - b.timestamp) : events
      assert.deepEqual(written(given), packBlocks(given))
    }),
    { numRuns: 300 },
  )
})

test('no events make no block', () => {
  assert.deepEqual(written([]), [])
})
