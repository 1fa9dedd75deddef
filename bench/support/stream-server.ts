// The least that streams: node:http that answers `/<bytes>` in chunks of 64 KB, as its client takes them.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const CHUNK = Buffer.alloc(64 * 1024, 'x')

function* chunks(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= CHUNK.length) yield CHUNK.subarray(0, left)
}

const server = createServer((request, response) =>
  pipeline(Readable.from(chunks(Number(request.url?.slice(1)))), response),
)
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
