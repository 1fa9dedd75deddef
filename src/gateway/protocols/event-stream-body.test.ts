import assert from 'node:assert/strict'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { EventStreamBody } from './event-stream-body.ts'

function bodyOf(events: AsyncIterable<Record<string, unknown>>, first?: string) {
  return new EventStreamBody({
    first: first === undefined ? undefined : Buffer.from(first),
    events,
    encode: (event) => Buffer.from(JSON.stringify(event)),
    encodeError: (error) => Buffer.from(`[${(error as Error).message}]`),
  })
}

test('the first frame, each event and the error that ends them follow each other', async () => {
  async function* events() {
    yield { a: 1 }
    yield { b: 2 }
    throw new Error('over')
  }
  assert.equal(await text(bodyOf(events(), 'first')), 'first{"a":1}{"b":2}[over]')
})

test('an event that cannot be written ends the stream, and its source is told', async () => {
  let returned = false
  async function* events() {
    try {
      yield { big: 1n }
      yield { never: 1 }
    } finally {
      returned = true
    }
  }
  assert.match(await text(bodyOf(events())), /^\[.*BigInt.*\]$/)
  assert.equal(returned, true)
})

test('a source that waits for its next event hears at once that nobody listens any more', async () => {
  const returned = Promise.withResolvers<void>()
  const body = bodyOf({
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: async () => {
        returned.resolve()
        return { done: true, value: undefined }
      },
    }),
  })
  body.resume()
  await new Promise(setImmediate)
  body.destroy()
  await returned.promise
})

test('a source that fails while it is told does not matter', async () => {
  const body = bodyOf({
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: () => {
        throw new Error('no')
      },
    }),
  })
  body.destroy()
  await once(body, 'close')
})

test('no more is asked of a source than its reader takes', async () => {
  let made = 0
  async function* events() {
    for (;;) yield { event: made++ }
  }
  const body = bodyOf(events())
  body.once('readable', () => body.read())
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.ok(made <= 3, `${made} events were made`)
  body.destroy()
})
