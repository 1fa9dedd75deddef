import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { S3 } from '@aws-sdk/client-s3'
import { dataFolder, startDaemon } from './support/daemon.ts'
import { CREDENTIALS } from './support/platform.ts'

/** `LAMBDAD_LONG=1 npm test` puts the largest object that one request may. */
const BYTES = process.env.LAMBDAD_LONG ? 5 * 1024 ** 3 : 300 * 1024 ** 2
const PIECE = Buffer.alloc(1024 ** 2, 'lambdad')
/** What a daemon may need over what it needs for a small object: buffers of sockets and streams. */
const MORE_BYTES_MAX = 64 * 1024 ** 2

test('an object of any size is put and got in constant memory', {
  skip: existsSync('/proc/self/status') ? false : 'no /proc to read the memory from',
  timeout: 15 * 60_000,
}, async (t) => {
  const daemon = await startDaemon(t, await dataFolder(t))
  const s3 = new S3({
    endpoint: daemon.url,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    forcePathStyle: true,
    maxAttempts: 1,
  })
  const { pid } = daemon.child
  const round = async (bytes: number) => {
    const Body = Readable.from(pieces(bytes), { objectMode: false })
    await s3.putObject({ Bucket: 'bucket', Key: 'k', Body, ContentLength: bytes })
    const put = await peakOf(pid)
    const { Body: stream } = await s3.getObject({ Bucket: 'bucket', Key: 'k' })
    let read = 0
    for await (const chunk of stream as Readable) read += chunk.length
    assert.equal(read, bytes)
    return { put, got: await peakOf(pid) }
  }
  await s3.createBucket({ Bucket: 'bucket' })
  const small = await round(8 * 1024 ** 2)
  const large = await round(BYTES)
  t.diagnostic(
    `${mb(BYTES)}: at most ${mb(large.put)} at PUT, ${mb(large.got)} at GET; for 8 MB ${mb(small.got)}`,
  )
  assert.ok(large.got < small.got + MORE_BYTES_MAX, `${mb(large.got)} instead of ${mb(small.got)}`)
  s3.destroy()
  await daemon.stop()
})

function* pieces(bytes: number): Iterable<Buffer> {
  for (let left = bytes; left > 0; left -= PIECE.length) yield PIECE.subarray(0, left)
}

/** The most memory that the process ever had. */
async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MB`
}
