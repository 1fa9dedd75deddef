import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type BucketVersioningStatus, S3 } from '@aws-sdk/client-s3'
import { platform } from './support/platform.ts'

const Bucket = 'bucket'

async function s3Of(t: TestContext, versioning?: BucketVersioningStatus) {
  const running = await platform(t)
  const s3 = new S3({ ...running.client, forcePathStyle: true })
  t.after(() => s3.destroy())
  await s3.createBucket({ Bucket })
  if (versioning !== undefined) {
    await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: versioning } })
  }
  return { s3, running }
}

/** The error's code, and the members that S3 adds to it. */
async function refused(work: Promise<unknown>, Code: string, members: object = {}): Promise<void> {
  await assert.rejects(work, (error: object) => {
    const {
      name,
      message,
      Code: _,
      RequestId,
      HostId,
      $fault,
      $metadata,
      ...more
    } = error as Record<string, unknown>
    assert.equal(name, Code, String(message))
    assert.partialDeepStrictEqual(more, members)
    return true
  })
}

test('errors say what they are about', async (t) => {
  const { s3 } = await s3Of(t)
  const at = { Bucket, Key: 'k' }
  await s3.putObject({ ...at, Body: '0123456789' })
  await refused(s3.headBucket({ Bucket: 'none' }), 'NotFound')
  await refused(s3.listObjectsV2({ Bucket: 'none' }), 'NoSuchBucket', { BucketName: 'none' })
  await refused(s3.getObject({ Bucket, Key: 'x' }), 'NoSuchKey', { Key: 'x' })
  await refused(s3.getBucketCors({ Bucket }), 'NoSuchCORSConfiguration', { BucketName: Bucket })
  await refused(s3.deleteBucket({ Bucket }), 'BucketNotEmpty', { BucketName: Bucket })
  const beyond = { RangeRequested: 'bytes=100-', ActualObjectSize: '10' }
  await refused(s3.getObject({ ...at, Range: 'bytes=100-' }), 'InvalidRange', beyond)
  await refused(s3.putObject({ ...at, StorageClass: 'COLD' as 'GLACIER' }), 'InvalidStorageClass')
  await refused(
    s3.createBucket({ Bucket: 'other', ObjectOwnership: 'x' as 'ObjectWriter' }),
    'InvalidArgument',
    {
      ArgumentName: 'x-amz-object-ownership',
    },
  )
})

test('ids that no version has are told from ids that none can have', async (t) => {
  const { s3 } = await s3Of(t)
  const at = { Bucket, Key: 'k' }
  await s3.putObject({ ...at, Body: 'x' })
  const none = 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD'
  const invalid = { ArgumentName: 'versionId', ArgumentValue: none }
  await refused(s3.getObject({ ...at, VersionId: none }), 'InvalidArgument', invalid)
  await refused(s3.deleteObject({ ...at, VersionId: none }), 'InvalidArgument', invalid)
  assert.equal((await s3.headObject({ ...at, VersionId: 'null' })).VersionId, undefined)
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } })
  await refused(s3.getObject({ ...at, VersionId: none }), 'NoSuchVersion', { Key: 'k', VersionId: none })
  await refused(s3.deleteObject({ ...at, VersionId: 'bad' }), 'InvalidArgument')
  const { Errors } = await s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: 'k', VersionId: none }] } })
  assert.equal(Errors?.[0]?.Code, 'NoSuchVersion')
})

test('a delete marker is none to read, and none to tag', async (t) => {
  const { s3, running } = await s3Of(t, 'Enabled')
  const at = { Bucket, Key: 'k' }
  await s3.putObject({ ...at, Body: 'x' })
  const { VersionId } = await s3.deleteObject(at)
  const marker = (Method: string) => ({ Method, ResourceType: 'DeleteMarker' })
  await refused(s3.getObject({ ...at, VersionId }), 'MethodNotAllowed', marker('GET'))
  await refused(s3.getObject(at), 'NoSuchKey')
  const hidden = await fetch(`${running.endpoint}/bucket/k`)
  assert.equal(hidden.status, 404)
  assert.equal(hidden.headers.get('x-amz-delete-marker'), 'true')
  assert.equal(hidden.headers.get('x-amz-version-id'), VersionId)
  const named = await fetch(`${running.endpoint}/bucket/k?versionId=${VersionId}`, { method: 'HEAD' })
  assert.equal(named.status, 405)
  assert.equal(named.headers.get('allow'), 'DELETE')
  await refused(s3.getObjectTagging(at), 'MethodNotAllowed', marker('GET'))
  await refused(s3.putObjectTagging({ ...at, Tagging: { TagSet: [] } }), 'MethodNotAllowed', marker('PUT'))
  await refused(s3.deleteObjectTagging({ ...at, VersionId }), 'MethodNotAllowed', marker('DELETE'))
  await assert.rejects(s3.deleteBucket({ Bucket }), /You must delete all versions in the bucket/)
})

test('conditions of writes are those that S3 has', async (t) => {
  const { s3 } = await s3Of(t)
  const at = { Bucket, Key: 'k' }
  const { ETag } = await s3.putObject({ ...at, Body: 'one' })
  const put = (conditions: object) => s3.putObject({ ...at, Body: 'two', ...conditions })
  await refused(put({ IfNoneMatch: ETag }), 'NotImplemented', { Header: 'If-None-Match' })
  await refused(put({ IfMatch: '*' }), 'NotImplemented', { Header: 'If-Match' })
  await refused(put({ IfMatch: ETag, IfNoneMatch: '*' }), 'NotImplemented', {
    Header: 'If-Match,If-None-Match',
  })
  await refused(put({ IfMatch: '"no"' }), 'PreconditionFailed', { Condition: 'If-Match' })

  const { UploadId } = await s3.createMultipartUpload(at)
  const part = await s3.uploadPart({ ...at, UploadId, PartNumber: 1, Body: 'part' })
  const complete = (conditions: object) =>
    s3.completeMultipartUpload({
      ...at,
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag: part.ETag }] },
      ...conditions,
    })
  await s3.putObject({ ...at, Body: 'one' })
  const conflict = { Condition: 'If-Match', Key: 'k' }
  await refused(complete({ IfMatch: ETag }), 'ConditionalRequestConflict', conflict)
  await refused(complete({ IfNoneMatch: '*' }), 'PreconditionFailed')
  await complete({})
})

test('tags are checked in their words, and shown by their keys', async (t) => {
  const { s3 } = await s3Of(t)
  const at = { Bucket, Key: 'k' }
  await s3.putObject({ ...at, Body: 'x', Tagging: 'tag2=b&tag1=a&tag' })
  const { TagSet } = await s3.getObjectTagging(at)
  assert.deepEqual(
    TagSet?.map(({ Key, Value }) => `${Key}=${Value}`),
    ['tag=', 'tag1=a', 'tag2=b'],
  )
  const header = { ArgumentName: 'x-amz-tagging' }
  await refused(s3.putObject({ ...at, Tagging: 'a=1&a=2' }), 'InvalidArgument', header)
  await refused(s3.putObject({ ...at, Tagging: 'a=1,b=2' }), 'InvalidArgument', header)
  const tag = (Key: string, Value = 'v') => ({ Tagging: { TagSet: [{ Key, Value }] } })
  await refused(s3.putBucketTagging({ Bucket, ...tag('a,b') }), 'InvalidTag', { TagKey: 'a,b' })
  await refused(s3.putBucketTagging({ Bucket, ...tag('a', 'b,c') }), 'InvalidTag', { TagValue: 'b,c' })
  await assert.rejects(s3.putBucketTagging({ Bucket, ...tag('aws:a') }), /System tags cannot be added/)
  await assert.rejects(s3.putObjectTagging({ ...at, ...tag('aws:a') }), /cannot be prefixed with aws:/)
})

test('what is set on a bucket is shown, and gone when it is deleted', async (t) => {
  const { s3 } = await s3Of(t)
  await refused(
    s3.putBucketVersioning({ Bucket, VersioningConfiguration: {} }),
    'IllegalVersioningConfigurationException',
  )
  await refused(
    s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'enabled' as 'Enabled' } }),
    'MalformedXML',
  )
  await s3.putBucketOwnershipControls({
    Bucket,
    OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] },
  })
  const { OwnershipControls } = await s3.getBucketOwnershipControls({ Bucket })
  assert.deepEqual(OwnershipControls?.Rules, [{ ObjectOwnership: 'ObjectWriter' }])
  await s3.putBucketAcl({ Bucket, ACL: 'private' })
  await refused(s3.putBucketAcl({ Bucket, ACL: 'public-read' }), 'NotImplemented')
  await s3.deleteBucketOwnershipControls({ Bucket })
  await refused(s3.getBucketOwnershipControls({ Bucket }), 'OwnershipControlsNotFoundError')
  await s3.deletePublicAccessBlock({ Bucket })
  await refused(s3.getPublicAccessBlock({ Bucket }), 'NoSuchPublicAccessBlockConfiguration')
  await s3.putBucketAccelerateConfiguration({ Bucket, AccelerateConfiguration: { Status: 'Suspended' } })
  assert.equal((await s3.getBucketAccelerateConfiguration({ Bucket })).Status, 'Suspended')
  const encryption = (more: object, BucketKeyEnabled: boolean) =>
    s3.putBucketEncryption({
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [
          { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256', ...more }, BucketKeyEnabled },
        ],
      },
    })
  await refused(encryption({ KMSMasterKeyID: 'k' }, true), 'InvalidArgument')
  await encryption({}, true)
  const { ServerSideEncryptionConfiguration: kept } = await s3.getBucketEncryption({ Bucket })
  assert.equal(kept?.Rules?.[0]?.BucketKeyEnabled, true)
  await s3.deleteBucketEncryption({ Bucket })
  await refused(
    s3.putBucketRequestPayment({ Bucket, RequestPaymentConfiguration: { Payer: 'Requester' } }),
    'NotImplemented',
  )
  await refused(s3.getBucketPolicyStatus({ Bucket }), 'NoSuchBucketPolicy')
  const statement = (Principal: unknown) => ({
    Effect: 'Allow',
    Principal,
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::bucket/*',
  })
  for (const [Principal, isPublic] of [
    [{ AWS: '*' }, true],
    [{ AWS: 'arn:aws:iam::000000000000:root' }, false],
  ] as const) {
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statement(Principal) })
    const put = await s3.putBucketPolicy({ Bucket, Policy })
    assert.equal(put.$metadata.httpStatusCode, 204)
    assert.equal((await s3.getBucketPolicyStatus({ Bucket })).PolicyStatus?.IsPublic, isPublic)
  }
})

test('listings name owners as their versions do, and a copy is told by its encoded source', async (t) => {
  const { s3 } = await s3Of(t)
  await s3.putObject({ Bucket, Key: 'dir/a', Body: 'x', StorageClass: 'STANDARD_IA' })
  await s3.copyObject({ Bucket, Key: 'copy', CopySource: 'bucket%2Fdir%2Fa' })
  const owner = { ID: '000000000000' }
  assert.deepEqual((await s3.listObjects({ Bucket })).Contents?.[0]?.Owner, owner)
  assert.equal((await s3.listObjectsV2({ Bucket })).Contents?.[0]?.Owner, undefined)
  const page = await s3.listObjectsV2({ Bucket, FetchOwner: true, StartAfter: 'b', MaxKeys: 1 })
  assert.deepEqual(page.Contents?.[0]?.Owner, owner)
  assert.equal(page.StartAfter, 'b')
  const { Versions } = await s3.listObjectVersions({ Bucket, Prefix: 'dir/' })
  assert.equal(Versions?.[0]?.StorageClass, 'STANDARD_IA')
  const markers = { ArgumentName: 'version-id-marker' }
  await refused(s3.listObjectVersions({ Bucket, VersionIdMarker: 'x' }), 'InvalidArgument', markers)
})

test('checksums that are none are told from wrong ones', async (t) => {
  const { s3 } = await s3Of(t)
  const at = { Bucket, Key: 'k', Body: 'x' }
  await assert.rejects(s3.putObject({ ...at, ChecksumSHA256: 'short' }), {
    name: 'InvalidRequest',
    message: 'Value for x-amz-checksum-sha256 header is invalid.',
  })
  await refused(s3.putObject({ ...at, ChecksumSHA256: `${'A'.repeat(43)}=` }), 'BadDigest')
  await refused(s3.putObject({ ...at, ContentMD5: 'MTIz' }), 'InvalidDigest', { 'Content-MD5': 'MTIz' })
})

test('what curl sends is an object, though it calls it a form; numbers must be some', async (t) => {
  const { s3, running } = await s3Of(t)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const put = await fetch(`${running.endpoint}/bucket/k`, { method: 'PUT', body: 'a=b', headers })
  assert.equal(put.status, 200)
  const { Body } = await s3.getObject({ Bucket, Key: 'k' })
  assert.equal(await Body?.transformToString(), 'a=b')
  for (const name of ['max-keys', 'list-type=2&max-keys', 'uploads&max-uploads']) {
    const listed = await fetch(`${running.endpoint}/bucket?${name}=blah`)
    assert.equal(listed.status, 400)
    assert.match(
      await listed.text(),
      /InvalidArgument.*not an integer or within integer range.*<ArgumentValue>blah</,
    )
  }
})

test('a date that is still to come is no condition', async (t) => {
  const { s3 } = await s3Of(t)
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' })
  const since = (ms: number) =>
    s3.headObject({ Bucket, Key: 'k', IfModifiedSince: new Date(Date.now() + ms) })
  await since(24 * 3_600_000)
  await since(-24 * 3_600_000)
})

test('what has not changed is answered with what a cache goes by', async (t) => {
  const { s3, running } = await s3Of(t)
  const { ETag = '' } = await s3.putObject({ Bucket, Key: 'k', Body: 'x' })
  const answer = await fetch(`${running.endpoint}/bucket/k`, { headers: { 'if-none-match': ETag } })
  assert.equal(answer.status, 304)
  assert.equal(answer.headers.get('etag'), ETag)
  assert.ok(answer.headers.get('last-modified'))
  assert.equal(await answer.text(), '')
})

test('uploads say where their lists go on, and what is wrong with their parts', async (t) => {
  const { s3 } = await s3Of(t)
  const at = { Bucket, Key: 'k' }
  const { UploadId } = await s3.createMultipartUpload({ ...at, ChecksumAlgorithm: 'SHA256' })
  const none = await s3.listParts({ ...at, UploadId })
  assert.equal(none.NextPartNumberMarker, '0')
  const uploads = await s3.listMultipartUploads({ Bucket })
  assert.deepEqual([uploads.NextKeyMarker, uploads.NextUploadIdMarker], ['k', UploadId])
  const part = await s3.uploadPart({ ...at, UploadId, PartNumber: 1, Body: 'x', ChecksumAlgorithm: 'SHA256' })
  const one = { PartNumber: 1, ETag: part.ETag, ChecksumSHA256: part.ChecksumSHA256 }
  const complete = (...Parts: object[]) =>
    s3.completeMultipartUpload({ ...at, UploadId, MultipartUpload: { Parts } })
  await refused(complete(one, one), 'InvalidPartOrder', { UploadId })
  await refused(s3.uploadPart({ ...at, UploadId, PartNumber: 10_001, Body: 'x' }), 'InvalidArgument', {
    ArgumentName: 'partNumber',
    ArgumentValue: '10001',
  })
  await complete(one)
  await refused(s3.listParts({ ...at, UploadId }), 'NoSuchUpload', { UploadId })
  const beyond = { PartNumberRequested: '2', ActualPartCount: '1' }
  await refused(s3.getObject({ ...at, PartNumber: 2 }), 'InvalidPartNumber', beyond)
  const { ObjectParts } = await s3.getObjectAttributes({ ...at, ObjectAttributes: ['ObjectParts'] })
  assert.equal(ObjectParts?.TotalPartsCount, 1)
  assert.deepEqual(ObjectParts?.Parts, [{ PartNumber: 1, Size: 1, ChecksumSHA256: part.ChecksumSHA256 }])
})

test('object lock is refused as by buckets that have none', async (t) => {
  const { s3 } = await s3Of(t)
  const at = { Bucket, Key: 'k' }
  await s3.putObject({ ...at, Body: 'x' })
  const missing = /Bucket is missing Object Lock Configuration/
  await assert.rejects(s3.getObjectRetention(at), missing)
  await assert.rejects(s3.putObjectLegalHold({ ...at, LegalHold: { Status: 'ON' } }), missing)
  await assert.rejects(s3.putObject({ ...at, Body: 'x', ObjectLockLegalHoldStatus: 'ON' }), missing)
  await refused(s3.deleteObject({ ...at, BypassGovernanceRetention: true }), 'InvalidArgument', {
    ArgumentName: 'x-amz-bypass-governance-retention',
  })
  await refused(s3.getObjectRetention({ Bucket, Key: 'none' }), 'NoSuchKey')
  await s3.deleteBucketWebsite({ Bucket })
  await s3.deleteBucketReplication({ Bucket })
})
