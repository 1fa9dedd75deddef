import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { NoSuchBucket, NoSuchKey, S3 } from '@aws-sdk/client-s3'
import { ran, works } from './support/commands.ts'
import { type Platform, platform } from './support/platform.ts'

const MEGABYTES_6 = randomBytes(6 * 1024 ** 2)

async function s3Of(t: TestContext, flags = {}): Promise<{ s3: S3; running: Platform }> {
  const running = await platform(t, flags)
  const s3 = new S3({ ...running.client, forcePathStyle: true })
  t.after(() => s3.destroy())
  await s3.createBucket({ Bucket: 'bucket' })
  return { s3, running }
}

const at = (Key: string) => ({ Bucket: 'bucket', Key })

async function bodyOf(s3: S3, Key: string, more = {}): Promise<string> {
  const { Body } = await s3.getObject({ ...at(Key), ...more })
  return (await Body?.transformToString()) ?? ''
}

async function filesIn(data: string): Promise<number> {
  const entries = await readdir(path.join(data, 's3'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).length
}

function refusedWith(name: string, work: Promise<unknown>): Promise<void> {
  return assert.rejects(work, (error: Error) => {
    assert.equal(error.name, name, error.message)
    return true
  })
}

test('an object comes back as it was put, with what was said of it', async (t) => {
  const { s3 } = await s3Of(t)
  const put = await s3.putObject({
    ...at('a b/é+'),
    Body: MEGABYTES_6,
    ContentType: 'text/x',
    CacheControl: 'no-cache',
    Metadata: { colour: 'green' },
    Tagging: 'a=1&b=2',
  })
  const md5 = createHash('md5').update(MEGABYTES_6).digest('hex')
  assert.equal(put.ETag, `"${md5}"`)
  assert.match(put.ChecksumCRC32 ?? '', /^[\w+/]{6}==$/)
  const got = await s3.getObject(at('a b/é+'))
  assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), MEGABYTES_6)
  assert.equal(got.ContentType, 'text/x')
  assert.equal(got.TagCount, 2)
  const head = await s3.headObject({ ...at('a b/é+'), ChecksumMode: 'ENABLED' })
  assert.equal(head.ContentLength, MEGABYTES_6.length)
  assert.deepEqual(head.Metadata, { colour: 'green' })
  assert.equal(head.CacheControl, 'no-cache')
  assert.equal(head.ChecksumCRC32, put.ChecksumCRC32)
  assert.equal(head.VersionId, undefined)
})

test('an empty object is one', async (t) => {
  const { s3 } = await s3Of(t)
  const { ETag } = await s3.putObject(at('empty'))
  assert.equal(ETag, '"d41d8cd98f00b204e9800998ecf8427e"')
  assert.equal(await bodyOf(s3, 'empty'), '')
})

test('ranges are answered 206, those beyond the end 416', async (t) => {
  const { s3 } = await s3Of(t)
  await s3.putObject({ ...at('k'), Body: '0123456789' })
  const part = await s3.getObject({ ...at('k'), Range: 'bytes=2-4' })
  assert.equal(part.$metadata.httpStatusCode, 206)
  assert.equal(part.ContentRange, 'bytes 2-4/10')
  assert.equal(await part.Body?.transformToString(), '234')
  assert.equal(await bodyOf(s3, 'k', { Range: 'bytes=7-' }), '789')
  assert.equal(await bodyOf(s3, 'k', { Range: 'bytes=-2' }), '89')
  assert.equal(await bodyOf(s3, 'k', { Range: 'bytes=8-99' }), '89')
  await refusedWith('InvalidRange', s3.getObject({ ...at('k'), Range: 'bytes=10-' }))
})

test('conditions hold reads and writes to what is there', async (t) => {
  const { s3 } = await s3Of(t)
  const { ETag = '' } = await s3.putObject({ ...at('k'), Body: 'one', IfNoneMatch: '*' })
  await refusedWith('PreconditionFailed', s3.putObject({ ...at('k'), Body: 'two', IfNoneMatch: '*' }))
  await refusedWith('PreconditionFailed', s3.putObject({ ...at('k'), Body: 'two', IfMatch: '"other"' }))
  await refusedWith('NoSuchKey', s3.putObject({ ...at('none'), Body: 'two', IfMatch: ETag }))
  await refusedWith('PreconditionFailed', s3.getObject({ ...at('k'), IfMatch: '"other"' }))
  const unchanged = await s3.getObject({ ...at('k'), IfNoneMatch: ETag }).catch((error) => error)
  assert.equal(unchanged.$metadata.httpStatusCode, 304)
  await s3.putObject({ ...at('k'), Body: 'two', IfMatch: ETag })
  assert.equal(await bodyOf(s3, 'k'), 'two')
})

test('a body that is not what its checksum says is refused, and what was there stays', async (t) => {
  const { s3, running } = await s3Of(t)
  await s3.putObject({ ...at('k'), Body: 'one' })
  await refusedWith(
    'BadDigest',
    s3.putObject({ ...at('k'), Body: 'two', ChecksumSHA256: `${'A'.repeat(43)}=` }),
  )
  await refusedWith('BadDigest', s3.putObject({ ...at('k'), Body: 'two', ContentMD5: `${'A'.repeat(22)}==` }))
  await refusedWith('InvalidDigest', s3.putObject({ ...at('k'), Body: 'two', ContentMD5: 'x' }))
  assert.equal(await bodyOf(s3, 'k'), 'one')
  assert.equal(await filesIn(running.data), 1)
})

for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
  test(`a trailing ${ChecksumAlgorithm} is verified, kept and shown`, async (t) => {
    const { s3 } = await s3Of(t)
    const put = await s3
      .putObject({ ...at('k'), Body: Readable.from(['streamed']), ContentLength: 8, ChecksumAlgorithm })
      .catch((error: Error) => error)
    if (put instanceof Error) {
      // The SDK computes this one only with a package that is not installed.
      assert.match(put.message, /CRC64NVME/i)
      t.skip('the client cannot compute it')
      return
    }
    const head = await s3.headObject({ ...at('k'), ChecksumMode: 'ENABLED' })
    assert.ok(head[`Checksum${ChecksumAlgorithm}`])
    assert.equal(await bodyOf(s3, 'k'), 'streamed')
  })
}

test('what is replaced or deleted leaves no file', async (t) => {
  const { s3, running } = await s3Of(t)
  for (const Body of ['1', '2', '3']) await s3.putObject({ ...at('k'), Body })
  assert.equal(await filesIn(running.data), 1)
  await s3.deleteObject(at('k'))
  await s3.deleteObject(at('k'))
  assert.equal(await filesIn(running.data), 0)
  await refusedWith('NoSuchKey', s3.getObject(at('k')))
})

test('who reads an object that is replaced gets the old one whole', async (t) => {
  const { s3 } = await s3Of(t)
  await s3.putObject({ ...at('k'), Body: MEGABYTES_6 })
  const { Body } = await s3.getObject(at('k'))
  await s3.putObject({ ...at('k'), Body: 'new' })
  const read = await buffer(Body as Readable)
  assert.ok(read.equals(MEGABYTES_6))
  assert.equal(await bodyOf(s3, 'k'), 'new')
})

test('listings page through keys and common prefixes in the order of their bytes', async (t) => {
  const { s3 } = await s3Of(t)
  const keys = ['a', 'b/1', 'b/2', 'b/c/3', 'b0', 'd/4', 'é', '🚀']
  for (const key of [...keys].reverse()) await s3.putObject({ ...at(key), Body: key })
  const seen: string[] = []
  let token: string | undefined
  do {
    const page = await s3.listObjectsV2({
      Bucket: 'bucket',
      Delimiter: '/',
      MaxKeys: 2,
      ...(token && { ContinuationToken: token }),
    })
    assert.ok((page.KeyCount ?? 0) <= 2)
    for (const { Key = '' } of page.Contents ?? []) seen.push(Key)
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) seen.push(Prefix)
    token = page.NextContinuationToken
  } while (token)
  assert.deepEqual(seen.sort(), ['a', 'b/', 'b0', 'd/', 'é', '🚀'].sort())
  const under = await s3.listObjectsV2({ Bucket: 'bucket', Prefix: 'b/', StartAfter: 'b/1' })
  assert.deepEqual(
    under.Contents?.map(({ Key }) => Key),
    ['b/2', 'b/c/3'],
  )
  const first = await s3.listObjects({ Bucket: 'bucket', MaxKeys: 1, Delimiter: '/', Marker: 'a' })
  assert.equal(first.NextMarker, 'b/')
  const encoded = await s3.listObjectsV2({ Bucket: 'bucket', Prefix: 'é', EncodingType: 'url' })
  assert.equal(encoded.Contents?.[0]?.Key, '%C3%A9')
  await refusedWith('InvalidArgument', s3.listObjectsV2({ Bucket: 'bucket', ContinuationToken: 'x' }))
})

test('versions stay until they are deleted by their ids; a delete marker hides them', async (t) => {
  const { s3, running } = await s3Of(t)
  await s3.putObject({ ...at('k'), Body: 'before' })
  await s3.putBucketVersioning({ Bucket: 'bucket', VersioningConfiguration: { Status: 'Enabled' } })
  const one = await s3.putObject({ ...at('k'), Body: 'one' })
  const marker = await s3.deleteObject(at('k'))
  assert.equal(marker.DeleteMarker, true)
  await refusedWith('NoSuchKey', s3.getObject(at('k')))
  assert.equal(await bodyOf(s3, 'k', { VersionId: one.VersionId }), 'one')
  assert.equal(await bodyOf(s3, 'k', { VersionId: 'null' }), 'before')
  await refusedWith('MethodNotAllowed', s3.getObject({ ...at('k'), VersionId: marker.VersionId }))
  const all = await s3.listObjectVersions({ Bucket: 'bucket' })
  assert.deepEqual(
    all.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
    [
      [one.VersionId, false],
      ['null', false],
    ],
  )
  assert.deepEqual(
    all.DeleteMarkers?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
    [[marker.VersionId, true]],
  )
  const page = await s3.listObjectVersions({ Bucket: 'bucket', MaxKeys: 1 })
  const next = await s3.listObjectVersions({
    Bucket: 'bucket',
    KeyMarker: page.NextKeyMarker,
    VersionIdMarker: page.NextVersionIdMarker,
  })
  assert.equal(next.Versions?.length, 2)
  await refusedWith('BucketNotEmpty', s3.deleteBucket({ Bucket: 'bucket' }))
  await s3.deleteObject({ ...at('k'), VersionId: marker.VersionId })
  assert.equal(await bodyOf(s3, 'k'), 'one')
  const { Deleted } = await s3.deleteObjects({
    Bucket: 'bucket',
    Delete: {
      Objects: [at('k'), at('k')].map(({ Key }, i) => ({ Key, VersionId: i ? 'null' : one.VersionId })),
    },
  })
  assert.equal(Deleted?.length, 2)
  assert.equal(await filesIn(running.data), 0)
  await s3.deleteBucket({ Bucket: 'bucket' })
})

test('a copy takes over or replaces what is said of the object', async (t) => {
  const { s3 } = await s3Of(t)
  await s3.putObject({ ...at('a b'), Body: 'text', Metadata: { x: '1' }, Tagging: 't=1' })
  await s3.copyObject({ ...at('copy'), CopySource: 'bucket/a%20b' })
  const copy = await s3.headObject(at('copy'))
  assert.deepEqual(copy.Metadata, { x: '1' })
  assert.deepEqual((await s3.getObjectTagging(at('copy'))).TagSet, [{ Key: 't', Value: '1' }])
  await refusedWith('InvalidRequest', s3.copyObject({ ...at('copy'), CopySource: 'bucket/copy' }))
  await s3.copyObject({
    ...at('copy'),
    CopySource: '/bucket/copy',
    MetadataDirective: 'REPLACE',
    Metadata: { y: '2' },
  })
  assert.deepEqual((await s3.headObject(at('copy'))).Metadata, { y: '2' })
  assert.equal(await bodyOf(s3, 'copy'), 'text')
  await refusedWith('NoSuchKey', s3.copyObject({ ...at('copy'), CopySource: 'bucket/none' }))
  await refusedWith(
    'PreconditionFailed',
    s3.copyObject({ ...at('copy'), CopySource: 'bucket/a%20b', CopySourceIfMatch: '"no"' }),
  )
})

test('an upload in parts becomes one object, whose parts can be read by number', async (t) => {
  const { s3, running } = await s3Of(t)
  const { UploadId } = await s3.createMultipartUpload({ ...at('big'), ChecksumAlgorithm: 'CRC32' })
  const upload = (PartNumber: number, Body: Buffer) =>
    s3.uploadPart({ ...at('big'), UploadId, PartNumber, Body })
  await upload(1, MEGABYTES_6.subarray(0, 10))
  const one = await upload(1, MEGABYTES_6)
  const two = await upload(7, Buffer.from('the end'))
  const parts = [
    { PartNumber: 1, ETag: one.ETag, ChecksumCRC32: one.ChecksumCRC32 },
    { PartNumber: 7, ETag: two.ETag, ChecksumCRC32: two.ChecksumCRC32 },
  ]
  assert.equal((await s3.listParts({ ...at('big'), UploadId })).Parts?.length, 2)
  assert.equal((await s3.listMultipartUploads({ Bucket: 'bucket' })).Uploads?.[0]?.UploadId, UploadId)
  const complete = (Parts: object[]) =>
    s3.completeMultipartUpload({ ...at('big'), UploadId, MultipartUpload: { Parts } })
  await refusedWith('InvalidPartOrder', complete([...parts].reverse()))
  await refusedWith('InvalidPart', complete([{ PartNumber: 2, ETag: one.ETag }]))
  const done = await complete(parts)
  const md5s = [one, two].map(({ ETag = '' }) => Buffer.from(ETag.slice(1, -1), 'hex'))
  assert.equal(done.ETag, `"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-2"`)
  assert.match(done.ChecksumCRC32 ?? '', /-2$/)
  const whole = await s3.getObject(at('big'))
  const bytes = Buffer.from((await whole.Body?.transformToByteArray()) ?? [])
  assert.ok(bytes.equals(Buffer.concat([MEGABYTES_6, Buffer.from('the end')])))
  const part = await s3.getObject({ ...at('big'), PartNumber: 2 })
  assert.equal(await part.Body?.transformToString(), 'the end')
  assert.equal(part.PartsCount, 2)
  const across = `bytes=${MEGABYTES_6.length - 1}-${MEGABYTES_6.length + 2}`
  assert.equal((await bodyOf(s3, 'big', { Range: across })).slice(-3), 'the')
  await refusedWith('NoSuchUpload', complete(parts))
  assert.equal(await filesIn(running.data), 2)
})

test('parts that are too small are refused; an upload that is aborted leaves nothing', async (t) => {
  const { s3, running } = await s3Of(t)
  const { UploadId } = await s3.createMultipartUpload(at('big'))
  await s3.putObject({ ...at('source'), Body: '0123456789' })
  const copied = await s3.uploadPartCopy({
    ...at('big'),
    UploadId,
    PartNumber: 1,
    CopySource: 'bucket/source',
    CopySourceRange: 'bytes=2-5',
  })
  const small = await s3.uploadPart({ ...at('big'), UploadId, PartNumber: 2, Body: 'x' })
  const Parts = [
    { PartNumber: 1, ETag: copied.CopyPartResult?.ETag },
    { PartNumber: 2, ETag: small.ETag },
  ]
  await refusedWith(
    'EntityTooSmall',
    s3.completeMultipartUpload({ ...at('big'), UploadId, MultipartUpload: { Parts } }),
  )
  await s3.abortMultipartUpload({ ...at('big'), UploadId })
  await refusedWith('NoSuchUpload', s3.uploadPart({ ...at('big'), UploadId, PartNumber: 1, Body: 'x' }))
  assert.equal(await filesIn(running.data), 1)
})

test('buckets answer what tools ask, and refuse what cannot be set', async (t) => {
  const { s3 } = await s3Of(t)
  const Bucket = 'bucket'
  await refusedWith('NoSuchBucketPolicy', s3.getBucketPolicy({ Bucket }))
  await refusedWith('NoSuchTagSet', s3.getBucketTagging({ Bucket }))
  await refusedWith('NoSuchLifecycleConfiguration', s3.getBucketLifecycleConfiguration({ Bucket }))
  await refusedWith('NoSuchCORSConfiguration', s3.getBucketCors({ Bucket }))
  await refusedWith('ReplicationConfigurationNotFoundError', s3.getBucketReplication({ Bucket }))
  await refusedWith('NoSuchWebsiteConfiguration', s3.getBucketWebsite({ Bucket }))
  await refusedWith('ObjectLockConfigurationNotFoundError', s3.getObjectLockConfiguration({ Bucket }))
  assert.equal((await s3.getBucketLocation({ Bucket })).LocationConstraint, undefined)
  assert.equal((await s3.getBucketRequestPayment({ Bucket })).Payer, 'BucketOwner')
  const { ServerSideEncryptionConfiguration: encryption } = await s3.getBucketEncryption({ Bucket })
  assert.equal(encryption?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm, 'AES256')
  await s3.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } })
  assert.deepEqual((await s3.getBucketTagging({ Bucket })).TagSet, [{ Key: 'a', Value: '1' }])
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [] })
  await s3.putBucketPolicy({ Bucket, Policy })
  assert.equal((await s3.getBucketPolicy({ Bucket })).Policy, Policy)
  await refusedWith('MalformedPolicy', s3.putBucketPolicy({ Bucket, Policy: 'x' }))
  await refusedWith('AccessControlListNotSupported', s3.putObject({ ...at('k'), ACL: 'public-read' }))
  await refusedWith('NotImplemented', s3.putObject({ ...at('k'), StorageClass: 'GLACIER' }))
  await refusedWith('NotImplemented', s3.putObject({ ...at('k'), ServerSideEncryption: 'aws:kms' }))
  await assert.rejects(
    s3.putBucketWebsite({ Bucket, WebsiteConfiguration: { IndexDocument: { Suffix: 'i' } } }),
    /lambdad does not support s3:PutBucketWebsite yet/,
  )
})

test('buckets have names of their own, and an owner', async (t) => {
  const { s3, running } = await s3Of(t)
  for (const Bucket of ['UPPER', 'a', '1.2.3.4', 'xn--a', 'a..b']) {
    await refusedWith('InvalidBucketName', s3.createBucket({ Bucket }))
  }
  const other = new S3({
    ...running.client,
    forcePathStyle: true,
    credentials: { accessKeyId: '222222222222', secretAccessKey: 'x' },
  })
  t.after(() => other.destroy())
  await refusedWith('BucketAlreadyExists', other.createBucket({ Bucket: 'bucket' }))
  await refusedWith('AccessDenied', other.putObject({ ...at('k'), Body: 'x' }))
  assert.deepEqual((await other.listBuckets()).Buckets, [])
  assert.deepEqual(
    (await s3.listBuckets()).Buckets?.map(({ Name }) => Name),
    ['bucket'],
  )
  await assert.rejects(s3.putObject({ Bucket: 'none', Key: 'k', Body: 'x' }), NoSuchBucket)
  await assert.rejects(s3.getObject(at('none')), NoSuchKey)
  const regional = new S3({ ...running.client, region: 'eu-west-1', forcePathStyle: true })
  t.after(() => regional.destroy())
  const elsewhere = {
    Bucket: 'there',
    CreateBucketConfiguration: { LocationConstraint: 'ap-south-1' as const },
  }
  await refusedWith('IllegalLocationConstraintException', regional.createBucket(elsewhere))
  await regional.createBucket({ Bucket: 'there' })
  assert.equal((await s3.getBucketLocation({ Bucket: 'there' })).LocationConstraint, 'eu-west-1')
})

test('the bucket may stand in the Host', async (t) => {
  const { s3, running } = await s3Of(t)
  await s3.putObject({ ...at('x/y'), Body: 'virtual' })
  const { port } = new URL(running.endpoint)
  const { request } = await import('node:http')
  for (const host of [`bucket.s3.localhost.localstack.cloud:${port}`, 'bucket.localhost']) {
    const text = await new Promise<string>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/x/y', headers: { host } }, (answer) =>
        buffer(answer).then((bytes) => resolve(bytes.toString()), reject),
      )
        .on('error', reject)
        .end()
    })
    assert.equal(text, 'virtual', host)
  }
})

test('code of a function comes from a bucket', async (t) => {
  const { s3, running } = await s3Of(t)
  const { zipOf } = await import('./support/zip.ts')
  const Body = await zipOf({ 'index.mjs': 'export const handler = () => "from S3"' })
  await s3.putObject({ ...at('code.zip'), Body })
  const name = await running.createFunction({}, { Code: { S3Bucket: 'bucket', S3Key: 'code.zip' } })
  assert.equal((await running.invoke(name)).payload, 'from S3')
})

test('where keys are checked, a presigned URL gets its one object for its time', {
  skip: works('aws', '--version') ? false : 'no aws CLI',
}, async (t) => {
  const { s3, running } = await s3Of(t, { auth: 'strict' })
  await s3.putObject({ ...at('a b'), Body: 'for whoever has the URL' })
  const { accessKeyId, secretAccessKey } = running.client.credentials
  // Left to itself, the CLI signs these URLs by version 2.
  const config = path.join(running.data, 'aws-config')
  await writeFile(config, '[default]\ns3 =\n  signature_version = s3v4\n')
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_CONFIG_FILE: config,
    AWS_DEFAULT_REGION: 'us-east-1',
  }
  const signed = await ran('aws', ['--endpoint-url', running.endpoint, 's3', 'presign', 's3://bucket/a b'], {
    env,
  })
  const url = signed.stdout.trim()
  assert.equal(await (await fetch(url)).text(), 'for whoever has the URL')
  assert.equal((await fetch(url.replace('a%20b', 'c'))).status, 403)
})

test('the aws CLI copies large files and synchronises folders', {
  skip: works('aws', '--version') ? false : 'no aws CLI',
}, async (t) => {
  const { s3, running } = await s3Of(t)
  const folder = await mkdtemp(path.join(tmpdir(), 'lambdad-s3-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const large = Buffer.concat([MEGABYTES_6, MEGABYTES_6])
  await writeFile(path.join(folder, 'large'), large)
  await writeFile(path.join(folder, 'small'), 'small')
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'us-east-1',
  }
  const sync = async (...args: string[]) => {
    const { code, stdout, stderr } = await ran('aws', ['--endpoint-url', running.endpoint, 's3', ...args], {
      env,
    })
    assert.equal(code, 0, stdout + stderr)
    return stdout
  }
  await sync('sync', folder, 's3://bucket/folder')
  assert.match((await s3.headObject(at('folder/large'))).ETag ?? '', /-2"$/)
  assert.match(await sync('ls', 's3://bucket/folder/'), /small/)
  const back = path.join(folder, 'back')
  await sync('cp', '--recursive', 's3://bucket/folder', back)
  assert.ok((await readFile(path.join(back, 'large'))).equals(large))
  await sync('rm', '--recursive', 's3://bucket/')
  assert.equal(await filesIn(running.data), 0)
})
