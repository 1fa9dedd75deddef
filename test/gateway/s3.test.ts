import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { NoSuchKey, NotFound, S3 } from '@aws-sdk/client-s3'
import { AwsError } from '../../src/aws/error.ts'
import { gateway } from './gateway.ts'

const bytes = randomBytes(300_000)

test('an object is streamed in and out, whatever its key', async (t) => {
  const objects = new Map<string, Buffer>()
  const { client } = await gateway(t, {
    s3: {
      PutObject: async (input) => {
        assert.ok(input.Body instanceof Readable)
        objects.set(input.Key, await buffer(input.Body))
        return { ETag: '"e"' }
      },
      GetObject: (input) => ({
        Body: Readable.from([objects.get(input.Key)]),
        ContentLength: objects.get(input.Key)?.length,
        Metadata: { a: '1' },
      }),
    },
  })
  const s3 = new S3({ ...client, forcePathStyle: true })
  for (const Key of ['a b/é+', 'x//y/../z', '%2F']) {
    await s3.putObject({ Bucket: 'bucket', Key, Body: bytes })
    const answer = await s3.getObject({ Bucket: 'bucket', Key })
    assert.deepEqual(Buffer.from((await answer.Body?.transformToByteArray()) ?? []), bytes)
    assert.deepEqual(answer.Metadata, { a: '1' })
  }
  s3.destroy()
})

test('an aws-chunked body is decoded, and its trailing checksum shown', async (t) => {
  const { client } = await gateway(t, {
    s3: {
      PutObject: async (input, call) => {
        assert.deepEqual(call.trailers, {})
        assert.deepEqual(await buffer(input.Body), bytes)
        assert.match(call.trailers['x-amz-checksum-crc32'] ?? '', /^[\w+/=]{8}$/)
        assert.equal(input.ContentEncoding, 'gzip')
        return {}
      },
    },
  })
  const s3 = new S3({ ...client, forcePathStyle: true })
  const Body = Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)])
  await s3.putObject({
    Bucket: 'bucket',
    Key: 'k',
    Body,
    ContentLength: bytes.length,
    ContentEncoding: 'gzip',
  })
  s3.destroy()
})

test('errors come as XML, and without a body to HEAD', async (t) => {
  const { client, endpoint } = await gateway(t, {
    s3: {
      GetObject: () => {
        throw new AwsError('NoSuchKey', 'The specified key does not exist.')
      },
      HeadObject: () => {
        throw new AwsError('NotFound', 'Not Found', { status: 404 })
      },
    },
  })
  const s3 = new S3({ ...client, forcePathStyle: true })
  await assert.rejects(s3.getObject({ Bucket: 'bucket', Key: 'k' }), NoSuchKey)
  await assert.rejects(s3.headObject({ Bucket: 'bucket', Key: 'k' }), NotFound)
  const raw = await fetch(`${endpoint}/bucket/k`)
  assert.equal(raw.status, 404)
  assert.match(raw.headers.get('x-amz-request-id') ?? '', /^[\da-f-]{36}$/)
  assert.match(await raw.text(), /^<\?xml.*\n<Error><Code>NoSuchKey<\/Code><Message>/)
})

test('operations that share a method and path are told apart by query and headers', async (t) => {
  const seen: string[] = []
  const note =
    (name: string, output = {}) =>
    () => {
      seen.push(name)
      return output
    }
  const { client } = await gateway(t, {
    s3: {
      CopyObject: note('CopyObject', { CopyObjectResult: { ETag: '"e"' } }),
      UploadPart: note('UploadPart'),
      PutObjectTagging: note('PutObjectTagging'),
      ListParts: note('ListParts'),
      AbortMultipartUpload: note('AbortMultipartUpload'),
      DeleteObject: note('DeleteObject'),
      ListObjectsV2: note('ListObjectsV2'),
      GetBucketLocation: () => ({ LocationConstraint: 'eu-west-1' }),
    },
  })
  const s3 = new S3({ ...client, forcePathStyle: true })
  const at = { Bucket: 'bucket', Key: 'k' }
  await s3.copyObject({ ...at, CopySource: 'a/b' })
  await s3.uploadPart({ ...at, UploadId: 'u', PartNumber: 1, Body: 'part' })
  await s3.putObjectTagging({ ...at, Tagging: { TagSet: [] } })
  await s3.listParts({ ...at, UploadId: 'u' })
  await s3.abortMultipartUpload({ ...at, UploadId: 'u' })
  await s3.deleteObject(at)
  await s3.listObjectsV2({ Bucket: 'bucket' })
  assert.equal((await s3.getBucketLocation({ Bucket: 'bucket' })).LocationConstraint, 'eu-west-1')
  assert.deepEqual(seen, [
    'CopyObject',
    'UploadPart',
    'PutObjectTagging',
    'ListParts',
    'AbortMultipartUpload',
    'DeleteObject',
    'ListObjectsV2',
  ])
  s3.destroy()
})

test('XML that is none is MalformedXML', async (t) => {
  const { endpoint } = await gateway(t, { s3: { PutBucketTagging: () => undefined } })
  for (const body of [
    '<Tagging><',
    'hello',
    '<!DOCTYPE a [<!ENTITY b "c">]><Tagging>&b;</Tagging>',
    '\x00\xff',
  ]) {
    const answer = await fetch(`${endpoint}/bucket?tagging`, { method: 'PUT', body })
    assert.equal(answer.status, 400, body)
    assert.match(await answer.text(), /<Code>(MalformedXML|InvalidArgument)<\/Code>/)
  }
})
