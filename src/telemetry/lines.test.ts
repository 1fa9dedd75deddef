import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutMessage, LineSplitter } from './lines.ts'

function split(text: string | Uint8Array, chunk: number, max?: number): string[] {
  const bytes = Buffer.from(text as string)
  const splitter = new LineSplitter(max)
  const messages: string[] = []
  for (let at = 0; at < bytes.length; at += chunk)
    messages.push(...splitter.push(bytes.subarray(at, at + chunk)))
  return [...messages, ...splitter.flush()]
}

test('each line is a message with its newline; carriage returns and empty lines stay', () => {
  assert.deepEqual(split('a\r\n\nb\n', 100), ['a\r\n', '\n', 'b\n'])
})

test('the cuts between chunks cannot be seen in the messages', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 7 }), (text, chunk) => {
      assert.deepEqual(split(text, chunk), split(text, 1e6))
      assert.equal(split(text, chunk).join(''), text.toWellFormed())
    }),
  )
})

test('no message is longer than the limit, none is empty, and together they are the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'é', '日', '🙀', '\n'), maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      (text, chunk) => {
        const messages = split(text, chunk, 10)
        assert.equal(messages.join(''), text)
        for (const message of messages) {
          assert.ok(Buffer.byteLength(message) <= 10 && message !== '')
          assert.equal(message.isWellFormed(), true)
        }
      },
    ),
  )
})

test('binary output becomes messages within the limit', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 1, max: 30 }), (bytes, chunk) => {
      for (const message of split(bytes, chunk, 12)) assert.ok(Buffer.byteLength(message) <= 12)
    }),
  )
})

test('what is held back does not depend on the buffer that it came in', () => {
  const splitter = new LineSplitter()
  const bytes = Buffer.from('first')
  splitter.push(bytes)
  bytes.fill(0)
  assert.deepEqual(splitter.push(Buffer.from(' line\n')), ['first line\n'])
  assert.equal(splitter.isHolding, false)
})

test('a line of a million single bytes takes no time that grows with its square', () => {
  const splitter = new LineSplitter()
  const byte = Buffer.from('x')
  const startedAt = performance.now()
  for (let n = 0; n < 1_000_000; n++) splitter.push(byte)
  const [line] = splitter.push(Buffer.from('\n'))
  assert.equal(line?.length, 1_000_001)
  assert.ok(performance.now() - startedAt < 3000)
})

test('a text is cut at characters', () => {
  assert.deepEqual(cutMessage('日本', 4), ['日', '本'])
  assert.deepEqual(cutMessage('', 4), [])
})
