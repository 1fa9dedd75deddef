import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { describe, type TestContext, test } from 'node:test'
import type { VirtualClock } from '../base/clock.ts'
import type { BlobStore, ByteRange } from './blobs.ts'

export type OpenBlobs = (t: TestContext) => Promise<{ blobs: BlobStore; clock: VirtualClock }>

/** What every blob store does. */
export function describeBlobStore(name: string, open: OpenBlobs): void {
  describe(`blob store on ${name}`, () => {
    test('what was put is found under its SHA-256, byte by byte', async (t) => {
      const { blobs } = await open(t)
      const bytes = Buffer.from('some bytes')
      const put = await blobs.put(bytes)
      assert.deepEqual(put, { sha256: sha256Of(bytes), size: 10 })
      assert.deepEqual(await readAll(blobs, put.sha256), bytes)
      assert.equal(await blobs.has(put.sha256), true)
    })

    test('an empty blob is a blob', async (t) => {
      const { blobs } = await open(t)
      const { sha256 } = await blobs.put(Buffer.alloc(0))
      assert.deepEqual(await readAll(blobs, sha256), Buffer.alloc(0))
    })

    test('a stream is kept as it comes, chunk by chunk', async (t) => {
      const { blobs } = await open(t)
      const chunks = Array.from({ length: 40 }, (_, index) => Buffer.alloc(50_000, index))
      const { sha256, size } = await blobs.put(from(chunks))
      assert.equal(size, 2_000_000)
      assert.equal(sha256, sha256Of(Buffer.concat(chunks)))
      assert.deepEqual(await readAll(blobs, sha256), Buffer.concat(chunks))
    })

    test('a range is read alone, its last byte included, and ends with the blob', async (t) => {
      const { blobs } = await open(t)
      const { sha256 } = await blobs.put(Buffer.from('0123456789'))
      const read = async (range: ByteRange) => (await readAll(blobs, sha256, range)).toString()
      assert.equal(await read({ start: 2, end: 4 }), '234')
      assert.equal(await read({ start: 7 }), '789')
      assert.equal(await read({ start: 8, end: 100 }), '89')
      assert.equal(await read({ start: 10 }), '')
      assert.equal((await blobs.open(sha256, { start: 2, end: 4 }))?.stream.destroy() && 10, 10)
    })

    test('a range that begins behind the end, or ends before its beginning, is refused', async (t) => {
      const { blobs } = await open(t)
      const { sha256 } = await blobs.put(Buffer.from('0123456789'))
      for (const range of [{ start: 11 }, { start: -1 }, { start: 5, end: 4 }]) {
        await assert.rejects(blobs.open(sha256, range), RangeError)
      }
    })

    test('the size of a range’s blob is the whole blob’s', async (t) => {
      const { blobs } = await open(t)
      const { sha256 } = await blobs.put(Buffer.from('0123456789'))
      const opened = await blobs.open(sha256, { start: 3, end: 3 })
      opened?.stream.destroy()
      assert.equal(opened?.size, 10)
    })

    test('a blob that is too large is refused and leaves nothing', async (t) => {
      const { blobs } = await open(t)
      const bytes = Buffer.alloc(11)
      await assert.rejects(blobs.put(bytes, { maxBytes: 10 }), { code: 'BlobTooLarge' })
      await assert.rejects(blobs.put(from([bytes.subarray(0, 6), bytes.subarray(0, 5)]), { maxBytes: 10 }), {
        code: 'BlobTooLarge',
      })
      assert.deepEqual(await listed(blobs), [])
      assert.equal((await blobs.put(bytes, { maxBytes: 11 })).size, 11)
    })

    test('a source that fails leaves nothing', async (t) => {
      const { blobs } = await open(t)
      const failing = (async function* () {
        yield Buffer.from('half')
        throw new Error('the client went away')
      })()
      await assert.rejects(blobs.put(failing), /the client went away/)
      assert.deepEqual(await listed(blobs), [])
    })

    test('the same bytes put many times at once are one blob', async (t) => {
      const { blobs } = await open(t)
      const puts = await Promise.all(Array.from({ length: 20 }, () => blobs.put(Buffer.from('same'))))
      assert.equal(new Set(puts.map(({ sha256 }) => sha256)).size, 1)
      assert.equal((await listed(blobs)).length, 1)
    })

    test('what is not there is not found, whatever it is called', async (t) => {
      const { blobs } = await open(t)
      const { sha256 } = await blobs.put(Buffer.from('x'))
      const names = [
        sha256Of(Buffer.from('y')),
        '',
        '..',
        `../../${sha256}`,
        sha256.toUpperCase(),
        `${sha256}\n`,
      ]
      for (const name of names) {
        assert.equal(await blobs.open(name), undefined)
        assert.equal(await blobs.path(name), undefined)
        assert.equal(await blobs.has(name), false)
        assert.equal(await blobs.delete(name), false)
      }
    })

    test('a deleted blob is gone, and can be put again', async (t) => {
      const { blobs } = await open(t)
      const { sha256 } = await blobs.put(Buffer.from('x'))
      assert.equal(await blobs.delete(sha256), true)
      assert.equal(await blobs.has(sha256), false)
      assert.equal(await blobs.delete(sha256), false)
      await blobs.put(Buffer.from('x'))
      assert.equal(await blobs.has(sha256), true)
    })

    test('what was opened is read to its end, though the blob is deleted meanwhile', async (t) => {
      const { blobs } = await open(t)
      const bytes = Buffer.alloc(1_000_000, 7)
      const { sha256 } = await blobs.put(bytes)
      const opened = await blobs.open(sha256)
      await blobs.delete(sha256)
      assert.deepEqual(opened && (await buffer(opened.stream)), bytes)
    })

    test('the list has every blob with its size and when it was put last', async (t) => {
      const { blobs, clock } = await open(t)
      const old = await blobs.put(Buffer.from('old'))
      const again = await blobs.put(Buffer.from('again'))
      const then = clock.now()
      await clock.advance(60_000)
      await blobs.put(Buffer.from('again'))
      const expected = [
        { ...old, putAt: then },
        { ...again, putAt: then + 60_000 },
      ]
      assert.deepEqual(await listed(blobs), expected.sort(bySha256))
    })
  })
}

export async function readAll(blobs: BlobStore, sha256: string, range?: ByteRange): Promise<Buffer> {
  const opened = await blobs.open(sha256, range)
  assert.ok(opened, `there is no blob ${sha256}`)
  return buffer(opened.stream)
}

export async function listed(blobs: BlobStore) {
  const all = []
  for await (const blob of blobs.list()) all.push(blob)
  return all.sort(bySha256)
}

const bySha256 = (a: { sha256: string }, b: { sha256: string }) => (a.sha256 < b.sha256 ? -1 : 1)

async function* from(chunks: readonly Buffer[]): AsyncIterable<Buffer> {
  yield* chunks
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
