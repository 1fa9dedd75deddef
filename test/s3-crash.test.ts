import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { S3 } from '@aws-sdk/client-s3'
import { dataFolder, startDaemon } from './support/daemon.ts'
import { CREDENTIALS } from './support/platform.ts'

/** `LAMBDAD_LONG=1 npm test` kills more often. */
const KILLS = process.env.LAMBDAD_LONG ? 50 : 3
const WRITERS = 4

interface Written {
  /** The MD5 of what was acknowledged last. */
  acknowledged: string | undefined
  /** Of what was sent afterwards, which may be there or not. */
  begun: string | undefined
}

test('whatever the moment of kill -9: an acknowledged object is whole, a replaced one is the old or the new', async (t) => {
  const data = await dataFolder(t)
  const objects = new Map<string, Written>()
  for (let kill = 0; kill < KILLS; kill++) {
    const daemon = await startDaemon(t, data)
    const s3 = clientOf(daemon.url)
    await s3.createBucket({ Bucket: 'bucket' })
    await refuseTorn(s3, objects)
    const enough = Promise.withResolvers<void>()
    let puts = 0
    const writers = Array.from({ length: WRITERS }, (_, writer) =>
      write(s3, `k${writer}`, objects, () => ++puts === 20 + 10 * kill && enough.resolve()),
    )
    await enough.promise
    await daemon.kill()
    await Promise.all(writers)
    s3.destroy()
  }
  const daemon = await startDaemon(t, data)
  const s3 = clientOf(daemon.url)
  await refuseTorn(s3, objects)
  assert.equal(objects.size, WRITERS)
  s3.destroy()
  await daemon.stop()
})

function clientOf(endpoint: string): S3 {
  return new S3({
    endpoint,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    forcePathStyle: true,
    maxAttempts: 1,
  })
}

/** Replaces one object again and again, until the daemon is gone. */
async function write(s3: S3, Key: string, objects: Map<string, Written>, put: () => void): Promise<void> {
  const written = objects.get(Key) ?? { acknowledged: undefined, begun: undefined }
  objects.set(Key, written)
  for (;;) {
    const Body = randomBytes(300_000)
    written.begun = md5Of(Body)
    try {
      await s3.putObject({ Bucket: 'bucket', Key, Body })
    } catch {
      return
    }
    written.acknowledged = written.begun
    put()
  }
}

async function refuseTorn(s3: S3, objects: ReadonlyMap<string, Written>): Promise<void> {
  for (const [Key, written] of objects) {
    if (written.acknowledged === undefined) continue
    const { Body, ETag } = await s3.getObject({ Bucket: 'bucket', Key })
    const md5 = md5Of(Buffer.from((await Body?.transformToByteArray()) ?? []))
    assert.equal(ETag, `"${md5}"`)
    assert.ok([written.acknowledged, written.begun].includes(md5), `${Key} is neither the old nor the new`)
    written.acknowledged = md5
  }
}

function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}
