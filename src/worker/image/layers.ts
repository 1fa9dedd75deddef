import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'

const GZIP = Buffer.from([0x1f, 0x8b])
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

/** A layer's tar archive. How it is compressed its own first bytes say: registries mislabel some. */
export async function openLayer(file: string): Promise<AsyncIterable<Uint8Array>> {
  const head = await firstBytes(file, ZSTD.length)
  const bytes = createReadStream(file, { highWaterMark: 256 * 1024 })
  if (head.subarray(0, GZIP.length).equals(GZIP)) return pipeline(bytes, createGunzip(), () => {})
  if (head.equals(ZSTD)) return pipeline(bytes, createZstdDecompress(), () => {})
  return bytes
}

async function firstBytes(file: string, length: number): Promise<Buffer> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
