import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib'
import { type Archive, broken } from './archive.ts'
import { ZipError } from './error.ts'
import type { Planned } from './plan.ts'

/** Up to this size an entry is inflated at once, on this thread: the stream's set-up would cost more. */
const SMALL_BYTES = 128 * 1024
const CHUNK_BYTES = 128 * 1024

export function isSmall(planned: Planned): boolean {
  return planned.bytes <= SMALL_BYTES && planned.entry.compressedSize <= 2 * SMALL_BYTES
}

/** All data of a small entry, its size and checksum checked. Valid until the archive is read again. */
export function readSmall(archive: Archive, planned: Planned): Buffer {
  const { entry } = planned
  try {
    const raw = archive.bytes(planned.dataStart, entry.compressedSize)
    // One byte more than declared: what goes on past its declared size is caught there, and inflates no further.
    const data =
      entry.compressionMethod === 0 ? raw : inflateRawSync(raw, { maxOutputLength: planned.bytes + 1 })
    checkData(planned, data.length, crc32(data))
    return data
  } catch (error) {
    throw broken(error, planned.path)
  }
}

/** The same for an entry of any size, handed on piece by piece, inflated off this thread. */
export async function readLarge(
  archive: Archive,
  planned: Planned,
  sink: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  const check = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    let bytes = 0
    let sum = 0
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > planned.bytes) break
      sum = crc32(chunk, sum)
      await sink(chunk)
    }
    checkData(planned, bytes, sum)
  }
  const raw = Readable.from(rawChunks(archive, planned), { objectMode: false })
  try {
    if (planned.entry.compressionMethod === 0) await pipeline(raw, check)
    else await pipeline(raw, createInflateRaw({ chunkSize: CHUNK_BYTES }), check)
  } catch (error) {
    throw broken(error, planned.path)
  }
}

function* rawChunks(archive: Archive, { dataStart, entry }: Planned): Generator<Buffer> {
  const end = dataStart + entry.compressedSize
  for (let at = dataStart; at < end; at += CHUNK_BYTES) {
    yield archive.bytes(at, Math.min(CHUNK_BYTES, end - at))
  }
}

function checkData(planned: Planned, bytes: number, sum: number): void {
  if (bytes !== planned.bytes) {
    const text = `${planned.path} does not have the ${planned.bytes} bytes that the archive tells`
    throw new ZipError('broken', text, { entry: planned.path })
  }
  if (sum >>> 0 !== planned.entry.crc32) {
    throw new ZipError('broken', `the checksum of ${planned.path} does not fit`, { entry: planned.path })
  }
}
