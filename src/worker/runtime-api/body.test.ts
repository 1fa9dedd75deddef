import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type BodyReader, ChunkedBody, FixedBody } from './body.ts'

const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 })

test('a body of known length is the same however it is cut, and takes nothing of what follows', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), cuts, (content, sizes) => {
      const { body, left } = readAll(
        new FixedBody(content.length, 1000),
        Buffer.concat([content, Buffer.from('GET')]),
        sizes,
      )
      assert.deepEqual(body?.bytes, Buffer.from(content))
      assert.equal(left, 'GET')
    }),
  )
})

test('a chunked body is the same however it is cut, and takes nothing of what follows', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 6 }),
      cuts,
      (chunks, sizes) => {
        const encoded = chunks.flatMap((chunk) => [
          Buffer.from(`${chunk.length.toString(16)}\r\n`),
          chunk,
          Buffer.from('\r\n'),
        ])
        const bytes = Buffer.concat([...encoded, Buffer.from('0\r\nX: y\r\n\r\nGET')])
        const { body, left } = readAll(new ChunkedBody(1000), bytes, sizes)
        assert.deepEqual(body?.bytes, Buffer.concat(chunks))
        assert.equal(body?.trailers.get('x'), 'y')
        assert.equal(left, 'GET')
      },
    ),
  )
})

test('too many bytes are counted and not kept', () => {
  assert.deepEqual(readAll(new FixedBody(20, 10), Buffer.alloc(20), [7]).body?.tooLarge, true)
  const chunked = Buffer.from(`6\r\naaaaaa\r\n6\r\naaaaaa\r\n0\r\n\r\n`)
  const { body } = readAll(new ChunkedBody(10), chunked, [7])
  assert.equal(body?.tooLarge, true)
  assert.equal(body?.bytes.length, 0)
})

function readAll(reader: BodyReader, bytes: Buffer, sizes: readonly number[]) {
  let pending = Buffer.alloc(0)
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number
    pending = Buffer.concat([pending, bytes.subarray(at, at + size)])
    at += size
    if (reader.complete === undefined) pending = pending.subarray(reader.read(pending))
  }
  return { body: reader.complete, left: pending.toString() }
}
