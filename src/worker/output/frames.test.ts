import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LogRecord } from '../../wire/worker.ts'
import { FRAME_BYTES_MAX, FrameDecoder } from './frames.ts'

test('frames arrive whole however the bytes are cut', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 8 })
  fc.assert(
    fc.property(texts, fc.array(fc.nat(40), { minLength: 1, maxLength: 20 }), (written, cuts) => {
      const bytes = Buffer.concat(written.map((text) => frame(text)))
      const { records, stray } = decode(pieces(bytes, cuts))
      assert.deepEqual(
        records.map(({ text }) => text),
        written.map((text) => Buffer.from(text).toString()),
      )
      assert.equal(stray, '')
    }),
  )
})

for (const [bits, level] of [
  [0, undefined],
  [4, 'TRACE'],
  [8, 'DEBUG'],
  [12, 'INFO'],
  [16, 'WARN'],
  [20, 'ERROR'],
  [24, 'FATAL'],
] as const) {
  test(`level bits ${bits} are ${level}`, () => {
    const { records } = decode([frame('x', 0xa55a0003 | bits), frame('{}', 0xa55a0002 | bits)])
    assert.deepEqual(records, [
      { timestamp: 1_700_000_000_123, level, format: 'Text', text: 'x' },
      { timestamp: 1_700_000_000_123, level, format: 'JSON', text: '{}' },
    ])
  })
}

test('what is no frame is output all the same', () => {
  assert.equal(
    decode([Buffer.from('this is plain text, and long enough')]).stray,
    'this is plain text, and long enough',
  )
  assert.equal(decode([frame('a'), Buffer.from('short')]).stray, 'short')
  assert.equal(decode([frame('cut off').subarray(0, 18)]).stray.length, 18)
})

test('a frame over the limit is not waited for', () => {
  const head = frame('')
  head.writeUInt32BE(FRAME_BYTES_MAX + 1, 4)
  assert.equal(decode([head]).stray.length, 16)
})

function decode(chunks: readonly Uint8Array[]): { records: LogRecord[]; stray: string } {
  const records: LogRecord[] = []
  const stray: Buffer[] = []
  const decoder = new FrameDecoder(
    (record) => records.push(record),
    (bytes) => stray.push(Buffer.from(bytes)),
  )
  for (const chunk of chunks) decoder.push(chunk)
  decoder.end()
  return { records, stray: Buffer.concat(stray).toString('latin1') }
}

function frame(text: string, type = 0xa55a000f): Buffer {
  const bytes = Buffer.from(text)
  const head = Buffer.alloc(16)
  head.writeUInt32BE(type >>> 0, 0)
  head.writeUInt32BE(bytes.length, 4)
  head.writeBigUInt64BE(1_700_000_000_123_456n, 8)
  return Buffer.concat([head, bytes])
}

function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const cut: Buffer[] = []
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = (sizes[i % sizes.length] ?? 0) + 1
    cut.push(bytes.subarray(at, at + size))
    at += size
  }
  return cut
}
