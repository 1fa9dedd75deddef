import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import type { BodyVerifier } from '../authenticator.ts'
import { AwsChunkedDecoder, decodedHeaders, isAwsChunked } from './aws-chunked.ts'

/** Decodes a body that arrives `size` bytes at a time. */
async function decode(text: string, size: number, expectedLength?: number) {
  const trailers: Record<string, string> = {}
  const seen: string[] = []
  const verifier: BodyVerifier = {
    update: (bytes) => seen.push(Buffer.from(bytes).toString()),
    endChunk: (signature) => seen.push(`chunk ${signature}`),
    endTrailers: (lines, signature) => seen.push(`trailers ${lines.trimEnd()} ${signature}`),
    end: () => seen.push('end'),
  }
  const decoder = new AwsChunkedDecoder({ trailers, verifier, expectedLength })
  const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
  const source = Readable.from(pieces.map((piece) => Buffer.from(piece)))
  source.pipe(decoder)
  return { body: (await buffer(decoder)).toString(), trailers, seen }
}

const SIGNED =
  '5;chunk-signature=aa\r\nhello\r\n1;chunk-signature=bb\r\n!\r\n0;chunk-signature=cc\r\n' +
  'x-amz-checksum-crc32:AAAAAA==\r\nx-amz-trailer-signature:dd\r\n\r\n'

test('chunks and trailers are decoded, however the bytes are cut on the way', async () => {
  for (let size = 1; size <= SIGNED.length; size++) {
    const { body, trailers } = await decode(SIGNED, size, 6)
    assert.equal(body, 'hello!')
    assert.deepEqual(trailers, { 'x-amz-checksum-crc32': 'AAAAAA==' })
  }
})

test('a verifier is told of each chunk, of the closing one, of the trailers and of the end', async () => {
  const { seen } = await decode(SIGNED, SIGNED.length)
  assert.deepEqual(seen, [
    'hello',
    'chunk aa',
    '!',
    'chunk bb',
    'chunk cc',
    'trailers x-amz-checksum-crc32:AAAAAA== dd',
    'end',
  ])
})

test('unsigned chunks, an empty body and a missing last line are decoded', async () => {
  assert.equal((await decode('5\r\nhello\r\n0\r\n\r\n', 100)).body, 'hello')
  assert.equal((await decode('0\r\n\r\n', 100)).body, '')
  assert.equal((await decode('5\r\nhello\r\n0\r\n', 3)).body, 'hello')
})

test('a body that is cut, too long, of another length or no chunks at all is refused', async () => {
  for (const [text, expectedLength] of [
    ['5\r\nhel', undefined],
    ['5\r\nhello\r\n', undefined],
    ['', undefined],
    ['5\r\nhello\r\n0\r\n\r\n', 6],
    ['5\r\nhelloo\r\n0\r\n\r\n', undefined],
    ['5\r\nhello\r\n0\r\n\r\nmore', undefined],
    ['x\r\nhello\r\n', undefined],
    ['-5\r\nhello\r\n', undefined],
    ['fffffffff\r\nhello\r\n', undefined],
    [`${'a'.repeat(5000)}`, undefined],
    ['0\r\nno trailer\r\n\r\n', undefined],
    [`0\r\n${'a:b\r\n'.repeat(100)}\r\n`, undefined],
  ] as const) {
    await assert.rejects(decode(text, 7, expectedLength), { code: /^(IncompleteBody|InvalidChunk)$/ }, text)
  }
})

test('an operation sees the headers of the decoded body', () => {
  assert.deepEqual(decodedHeaders({ 'content-encoding': 'aws-chunked, gzip', a: 'b' }), {
    'content-encoding': 'gzip',
    a: 'b',
  })
  assert.deepEqual(decodedHeaders({ 'content-encoding': 'aws-chunked' }), {})
  assert.equal(isAwsChunked({ 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' }), true)
  assert.equal(isAwsChunked({ 'content-encoding': 'not-aws-chunked' }), false)
})
