import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import type { ExpirationStatus, LifecycleRule } from '@aws-sdk/client-s3'
import { BUS, QUEUE, type S3Rig, s3Rig } from '../testing.ts'

const DAY = 24 * 3_600_000

interface Rig extends S3Rig {
  rules(...rules: Partial<LifecycleRule>[]): Promise<unknown>
  days(days: number): Promise<void>
}

async function rig(t: TestContext): Promise<Rig> {
  const s3 = await s3Rig(t)
  return {
    ...s3,
    rules: (...rules) =>
      s3.run('PutBucketLifecycleConfiguration', {
        LifecycleConfiguration: {
          Rules: rules.map((rule) => ({ Status: 'Enabled' as ExpirationStatus, Filter: {}, ...rule })),
        },
      }),
    days: (days) => s3.clock.advance(days * DAY),
  }
}

const versioned = { VersioningConfiguration: { Status: 'Enabled' } } as const
const large = () => ({ Body: Readable.from([Buffer.alloc(200_000)]) })

test('an object expires at the midnight that follows its days, and says so before', async (t) => {
  const { run, put, rules, clock, days, versions, until } = await rig(t)
  await rules({ ID: 'three days', Expiration: { Days: 3 } })
  const expected = 'expiry-date="Mon, 05 Jan 2026 00:00:00 GMT", rule-id="three%20days"'
  assert.equal((await put('a')).Expiration, expected)
  assert.equal((await run('HeadObject', { Key: 'a' })).Expiration, expected)
  const { Body, Expiration } = await run('GetObject', { Key: 'a' })
  assert.equal(Expiration, expected)
  ;(Body as Readable).destroy()
  assert.equal((await run('CopyObject', { Key: 'b', CopySource: 'bucket/a' })).Expiration, expected)
  await days(3.5)
  assert.deepEqual(await versions(), ['a@STANDARD', 'b@STANDARD'])
  await clock.advance(0.1 * DAY)
  await until(async () => (await versions()).length === 0)
})

test('filters choose by prefix, tags and size, alone and together', async (t) => {
  const { put, rules, days, versions, until, run } = await rig(t)
  const Days = 1
  await rules(
    { ID: 'prefix', Filter: { Prefix: 'tmp/' }, Expiration: { Days } },
    { ID: 'tag', Filter: { Tag: { Key: 'keep', Value: 'no' } }, Expiration: { Days } },
    {
      ID: 'and',
      Filter: { And: { Prefix: 'logs/', ObjectSizeGreaterThan: 100_000, Tags: [{ Key: 'a', Value: 'b' }] } },
      Expiration: { Days },
    },
    { ID: 'off', Status: 'Disabled', Expiration: { Days } },
    { ID: 'old', Prefix: 'old/', Filter: undefined, Expiration: { Days } },
  )
  await put('tmp/1')
  await put('tagged', { Tagging: 'keep=no&x=y' })
  await put('logs/large', { ...large(), Tagging: 'a=b' })
  await put('old/1')
  await put('~last', { Tagging: 'keep=no' })
  const kept = [
    await put('logs/small', { Tagging: 'a=b' }),
    await put('logs/untagged', large()),
    await put('other'),
  ]
  assert.ok(kept.every(({ Expiration }) => Expiration === undefined))
  await days(2)
  await until(async () => (await versions()).length === 3)
  const { Contents } = await run('ListObjectsV2', {})
  assert.deepEqual(
    Contents?.map(({ Key }) => Key),
    ['logs/small', 'logs/untagged', 'other'],
  )
})

test('in a versioned bucket what expires is hidden; noncurrent versions and lone markers go later', async (t) => {
  const { run, put, rules, days, versions, until } = await rig(t)
  await run('PutBucketVersioning', versioned)
  await rules({
    Expiration: { Days: 1 },
    NoncurrentVersionExpiration: { NoncurrentDays: 2, NewerNoncurrentVersions: 1 },
  })
  for (let version = 0; version < 3; version++) await put('a')
  await days(2)
  await until(async () => (await versions()).includes('a@delete marker'))
  assert.equal((await versions()).length, 4)
  await days(1)
  // Of three noncurrent versions the newest is kept: the other two became noncurrent on the first day.
  await until(async () => (await versions()).length === 2)
  await rules({
    NoncurrentVersionExpiration: { NoncurrentDays: 2 },
    Expiration: { ExpiredObjectDeleteMarker: true },
  })
  await days(2)
  await until(async () => (await versions()).join() === 'a@delete marker')
  await days(1)
  await until(async () => (await versions()).length === 0)
})

test('a date that has passed counts at once, and expiry is told to queues and to EventBridge', async (t) => {
  const { run, put, rules, versions, until, sent } = await rig(t)
  await run('PutBucketNotificationConfiguration', {
    SkipDestinationValidation: true,
    NotificationConfiguration: {
      QueueConfigurations: [{ QueueArn: QUEUE, Events: ['s3:LifecycleExpiration:*'] }],
      EventBridgeConfiguration: {},
    },
  })
  await put('gone')
  await rules({ Expiration: { Date: new Date('2025-12-01T00:00:00Z') } })
  await until(async () => (await versions()).length === 0)
  await until(() => sent.some(({ to }) => to === QUEUE) && sent.filter(({ to }) => to === BUS).length === 2)
  const [message] = sent.flatMap((one) => (one.service === 'sqs' ? [one.what.body] : []))
  const [record] = JSON.parse(message ?? '{}').Records
  assert.equal(record.eventName, 'LifecycleExpiration:Delete')
  assert.equal(record.userIdentity.principalId, 's3.amazonaws.com')
  assert.equal(record.s3.object.key, 'gone')
  const deleted = sent.flatMap((one) => (one.service === 'events' ? [one.what] : [])).at(-1)
  assert.equal(deleted?.detailType, 'Object Deleted')
  const detail = JSON.parse(deleted?.detail ?? '{}')
  assert.equal(detail.reason, 'Lifecycle Expiration')
  assert.equal(detail['deletion-type'], 'Permanently Deleted')
  assert.equal(detail.requester, 's3.amazonaws.com')
})

test('uploads that nobody completes are aborted, and say when', async (t) => {
  const { run, rules, days, until } = await rig(t)
  await rules({
    ID: 'abort',
    Filter: { Prefix: 'big' },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
  })
  const upload = await run('CreateMultipartUpload', { Key: 'big' })
  assert.equal(upload.AbortDate?.toISOString(), '2026-01-03T00:00:00.000Z')
  assert.equal(upload.AbortRuleId, 'abort')
  await run('CreateMultipartUpload', { Key: 'other' })
  await days(2)
  await until(async () => (await run('ListMultipartUploads', {})).Uploads?.length === 1)
  await assert.rejects(run('ListParts', { Key: 'big', UploadId: upload.UploadId }), { name: 'NoSuchUpload' })
})

test('transitions change the storage class of what is large enough', async (t) => {
  const { run, put, rules, days, versions, until } = await rig(t)
  await run('PutBucketVersioning', versioned)
  await rules({
    Transitions: [
      { Days: 60, StorageClass: 'GLACIER_IR' },
      { Days: 30, StorageClass: 'STANDARD_IA' },
    ],
    NoncurrentVersionTransitions: [{ NoncurrentDays: 30, StorageClass: 'ONEZONE_IA' }],
  })
  await put('a', large())
  await put('a', large())
  await put('small')
  await days(31)
  await until(async () => (await versions()).join() === 'a@ONEZONE_IA,a@STANDARD_IA,small@STANDARD')
  assert.equal((await run('HeadObject', { Key: 'a' })).StorageClass, 'STANDARD_IA')
  await days(30)
  await until(async () => (await versions()).join() === 'a@GLACIER_IR,a@ONEZONE_IA,small@STANDARD')
})

test('what falls due while nothing runs is done at the next start, in buckets of several pages', async (t) => {
  const { run, put, rules, asleep, versions, until, faults } = await rig(t)
  await run('PutBucketVersioning', versioned)
  await rules({ Filter: { Prefix: 'k' }, Expiration: { Days: 1 } })
  await Promise.all(Array.from({ length: 600 }, (_, i) => run('DeleteObject', { Key: `k${i}` })))
  await put('other')
  await asleep(10 * DAY)
  await until(async () => (await versions()).length === 1)
  assert.deepEqual(faults, [])
})

test('rules are shown as they were put, and removed', async (t) => {
  const { run, rules, put } = await rig(t)
  const kept: LifecycleRule[] = [
    {
      ID: 'a',
      Status: 'Enabled',
      Filter: { And: { Prefix: 'p', Tags: [{ Key: 'k', Value: 'v' }] } },
      Expiration: { Date: new Date('2030-01-01T00:00:00Z') },
      Transitions: [{ Date: new Date('2029-01-01T00:00:00Z'), StorageClass: 'GLACIER_IR' }],
    },
    { ID: 'b', Status: 'Disabled', Prefix: 'q', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
  ]
  await run('PutBucketLifecycleConfiguration', { LifecycleConfiguration: { Rules: kept } })
  const shown = await run('GetBucketLifecycleConfiguration', {})
  assert.deepEqual(shown, { Rules: kept, TransitionDefaultMinimumObjectSize: 'all_storage_classes_128K' })
  await rules({ Expiration: { Days: 1 } })
  const [named] = (await run('GetBucketLifecycleConfiguration', {})).Rules ?? []
  assert.match(named?.ID ?? '', /^[\w-]{20,}$/)
  await run('DeleteBucketLifecycle', {})
  await assert.rejects(run('GetBucketLifecycleConfiguration', {}), { name: 'NoSuchLifecycleConfiguration' })
  assert.equal((await put('a')).Expiration, undefined)
})

test('rules that make no sense are refused, in the words of S3', async (t) => {
  const { rules } = await rig(t)
  const Expiration = { Days: 1 }
  const refused: [string, Partial<LifecycleRule>, RegExp?][] = [
    ['InvalidRequest', {}, /At least one action needs to be specified in a rule/],
    [
      'InvalidArgument',
      { Expiration: { Days: 0 } },
      /'Days' for Expiration action must be a positive integer/,
    ],
    [
      'InvalidArgument',
      { Expiration: { Date: new Date('2030-01-01T10:00:00Z') } },
      /must be at midnight GMT/,
    ],
    ['MalformedXML', { Expiration: { Days: 1, ExpiredObjectDeleteMarker: true } }],
    ['MalformedXML', { Filter: undefined, Expiration }],
    ['MalformedXML', { Prefix: 'a', Expiration }],
    ['MalformedXML', { Filter: { Prefix: 'a', ObjectSizeLessThan: 1 }, Expiration }],
    ['MalformedXML', { Filter: { And: { Prefix: 'a' } }, Expiration }],
    ['MalformedXML', { NoncurrentVersionExpiration: { NewerNoncurrentVersions: 1 } }],
    ['InvalidArgument', { NoncurrentVersionExpiration: { NoncurrentDays: 0 } }],
    ['InvalidArgument', { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 0 } }],
    [
      'InvalidArgument',
      { Transitions: [{ Days: 29, StorageClass: 'STANDARD_IA' }] },
      /equal to 30 for storageClass/,
    ],
    [
      'InvalidArgument',
      { Transitions: [{ Days: 30, StorageClass: 'STANDARD_IA' }], Expiration: { Days: 30 } },
    ],
    ['NotImplemented', { Transitions: [{ Days: 30, StorageClass: 'GLACIER' }] }, /storage class GLACIER/],
    ['InvalidArgument', { ID: 'x'.repeat(256), Expiration }, /ID length should not exceed/],
    [
      'InvalidRequest',
      { Filter: { Tag: { Key: 'a', Value: 'b' } }, Expiration: { ExpiredObjectDeleteMarker: true } },
      /cannot be specified with Tags/,
    ],
    [
      'InvalidRequest',
      {
        Filter: { Tag: { Key: 'a', Value: 'b' } },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
      /cannot be specified with Tags/,
    ],
  ]
  for (const [name, rule, message = /./] of refused) {
    await assert.rejects(rules(rule), { name, message }, JSON.stringify(rule))
  }
  await assert.rejects(rules({ ID: 'a', Expiration }, { ID: 'a', Expiration }), /RuleId must be unique/)
  await assert.rejects(rules(), { name: 'MalformedXML' })
})
