import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'

const { ResponseParser } = createRequire(import.meta.url)('./client.cjs')

interface Response {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Buffer
}

const bodies = fc.array(
  fc.record({ body: fc.string({ unit: 'grapheme', maxLength: 40 }), chunked: fc.boolean() }),
  { minLength: 1, maxLength: 4 },
)

function responseOf({ body, chunked }: { body: string; chunked: boolean }): Buffer {
  const bytes = Buffer.from(body)
  if (!chunked) {
    return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`), bytes])
  }
  const head = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
  const chunk =
    bytes.length === 0 ? [] : [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]
  return Buffer.concat([head, ...chunk, Buffer.from('0\r\n\r\n')])
}

test('however a stream of responses is cut, the same responses come out', () => {
  fc.assert(
    fc.property(bodies, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sent, cuts) => {
      const seen: Response[] = []
      const parser = new ResponseParser((response: Response) => seen.push(response))
      let stream = Buffer.concat(sent.map(responseOf))
      for (let i = 0; stream.length > 0; i++) {
        const size = cuts[i % cuts.length] as number
        parser.take(stream.subarray(0, size))
        stream = stream.subarray(size)
      }
      assert.deepEqual(
        seen.map(({ status, body }) => [status, body.toString()]),
        sent.map(({ body }) => [200, body]),
      )
    }),
    { numRuns: 500 },
  )
})
