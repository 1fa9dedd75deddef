import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { S3 } from '@aws-sdk/client-s3'
import { SQS } from '@aws-sdk/client-sqs'
import { ran, works } from './support/commands.ts'
import { CREDENTIALS, platform } from './support/platform.ts'

interface Rig {
  readonly s3: S3
  readonly running: Awaited<ReturnType<typeof platform>>
  /** Sends the fields in their order, the file last. */
  post(fields: Readonly<Record<string, string>>, file?: string): Promise<Response>
}

async function rig(t: TestContext, flags = {}): Promise<Rig> {
  const running = await platform(t, flags)
  const s3 = new S3({ ...running.client, forcePathStyle: true })
  t.after(() => s3.destroy())
  await s3.createBucket({ Bucket: 'bucket' })
  const post = (fields: Readonly<Record<string, string>>, file = 'the file') => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    form.append('file', new Blob([file], { type: 'text/html' }), 'C:\\my docs\\a b.txt')
    return fetch(`${running.endpoint}/bucket`, { method: 'POST', body: form, redirect: 'manual' })
  }
  return { s3, running, post }
}

/** A form as a server makes it for a page, by "Authenticating Requests in Browser-Based Uploads Using POST". */
function signed(
  conditions: readonly unknown[],
  {
    key = 'k',
    more = {},
    expiresIn = 600,
    ...credentials
  }: { key?: string; more?: object; expiresIn?: number } & Partial<typeof CREDENTIALS> = {},
): Record<string, string> {
  const { accessKeyId, secretAccessKey } = { ...CREDENTIALS, ...credentials }
  const expiration = new Date(Date.now() + expiresIn * 1000).toISOString()
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const date = stamp.slice(0, 8)
  const proof = {
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${accessKeyId}/${date}/us-east-1/s3/aws4_request`,
    'x-amz-date': stamp,
  }
  const all = [
    { bucket: 'bucket' },
    ...conditions,
    ...Object.entries(proof).map(([name, is]) => ({ [name]: is })),
  ]
  const policy = Buffer.from(JSON.stringify({ expiration, conditions: all })).toString('base64')
  const hmac = (by: string | Buffer, text: string) => createHmac('sha256', by).update(text).digest()
  const signingKey = [date, 'us-east-1', 's3', 'aws4_request'].reduce<Buffer>(
    hmac,
    Buffer.from(`AWS4${secretAccessKey}`),
  )
  return { key, ...more, ...proof, policy, 'x-amz-signature': hmac(signingKey, policy).toString('hex') }
}

async function refused(answer: Response, status: number, ...words: string[]): Promise<void> {
  const body = await answer.text()
  assert.equal(answer.status, status, body)
  for (const word of words) assert.ok(body.includes(word), body)
}

test('a form becomes an object, with what its fields say of it', async (t) => {
  const { s3, running, post } = await rig(t)
  const sqs = new SQS(running.client)
  t.after(() => sqs.destroy())
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'q' })
  const Policy = JSON.stringify({
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 's3.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: '*',
      },
    ],
  })
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } })
  await s3.putBucketNotificationConfiguration({
    Bucket: 'bucket',
    SkipDestinationValidation: true,
    NotificationConfiguration: {
      QueueConfigurations: [
        { QueueArn: 'arn:aws:sqs:us-east-1:000000000000:q', Events: ['s3:ObjectCreated:Post'] },
      ],
    },
  })
  const answer = await post({
    // biome-ignore lint/suspicious/noTemplateCurlyInString: S3 puts the file's name there
    key: 'in/${filename}',
    'Content-Type': 'text/plain',
    'x-amz-meta-colour': 'green',
    tagging: '<Tagging><TagSet><Tag><Key>a</Key><Value>1 + 2</Value></Tag></TagSet></Tagging>',
    success_action_status: '201',
  })
  assert.equal(answer.status, 201)
  const body = await answer.text()
  assert.match(
    body,
    /<PostResponse><Location>[^<]*<\/Location><Bucket>bucket<\/Bucket><Key>in\/a b.txt<\/Key><ETag>/,
  )
  const got = await s3.getObject({ Bucket: 'bucket', Key: 'in/a b.txt' })
  assert.equal(await got.Body?.transformToString(), 'the file')
  assert.equal(got.ContentType, 'text/plain')
  assert.deepEqual(got.Metadata, { colour: 'green' })
  assert.equal(answer.headers.get('etag'), got.ETag)
  const { TagSet } = await s3.getObjectTagging({ Bucket: 'bucket', Key: 'in/a b.txt' })
  assert.deepEqual(TagSet, [{ Key: 'a', Value: '1 + 2' }])
  const { Messages } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10 })
  assert.match(Messages?.[0]?.Body ?? '', /"eventName":"ObjectCreated:Post"/)
})

test('a form is answered 204, as it asks, or by a redirect that names the object', async (t) => {
  const { post } = await rig(t)
  assert.equal((await post({ key: 'k' })).status, 204)
  assert.equal((await post({ key: 'k', success_action_status: '200' })).status, 200)
  assert.equal((await post({ key: 'k', success_action_status: '418' })).status, 204)
  const sent = await post({ key: 'k', success_action_redirect: 'http://page.example/done?x=1' })
  assert.equal(sent.status, 303)
  const { searchParams, pathname } = new URL(sent.headers.get('location') ?? '')
  assert.equal(pathname, '/done')
  assert.deepEqual(Object.fromEntries(searchParams), {
    x: '1',
    bucket: 'bucket',
    key: 'k',
    etag: sent.headers.get('etag'),
  })
})

test('a form is held to its policy', async (t) => {
  const { s3, post } = await rig(t)
  const under = ['starts-with', '$key', 'in/']
  const range = ['content-length-range', 2, 10]
  const denied = (answer: Response, why: string) =>
    refused(answer, 403, '<Code>AccessDenied</Code>', `Invalid according to Policy: ${why}`)
  assert.equal((await post(signed([under, range], { key: 'in/a' }))).status, 204)
  await denied(
    await post(signed([under], { key: 'out/a' })),
    'Policy Condition failed: [&#34;starts-with&#34;',
  )
  await denied(await post(signed([{ key: 'k' }], { key: 'x' })), 'Policy Condition failed: [&#34;eq&#34;')
  await denied(await post(signed([{ key: 'k' }, { acl: 'private' }])), 'Policy Condition failed')
  await denied(
    await post(signed([under], { key: 'in/a', more: { 'x-amz-meta-a': '1' } })),
    'Extra input fields: x-amz-meta-a',
  )
  await denied(await post(signed([{ key: 'k' }], { expiresIn: -1 })), 'Policy expired.')
  const sized = () => signed([{ key: 'k' }, range])
  await refused(await post(sized(), 'x'), 400, 'EntityTooSmall', '<MinSizeAllowed>2</MinSizeAllowed>')
  await refused(
    await post(sized(), 'x'.repeat(11)),
    400,
    'EntityTooLarge',
    '<MaxSizeAllowed>10</MaxSizeAllowed>',
  )
  const images = signed([{ key: 'k' }, ['starts-with', '$Content-Type', 'image/']], {
    more: { 'Content-Type': 'image/png' },
  })
  assert.equal((await post(images)).status, 204)
  const policyOf = (document: unknown) => Buffer.from(JSON.stringify(document)).toString('base64')
  const unnamed = policyOf({ expiration: '2099-01-01T00:00:00Z', conditions: [{ key: 'k' }] })
  await denied(await post({ key: 'k', policy: unnamed }), 'Extra input fields: bucket')
  for (const policy of [
    '{',
    policyOf({}),
    policyOf({ expiration: 'soon', conditions: [] }),
    policyOf({ expiration: '2099-01-01T00:00:00Z' }),
  ]) {
    await refused(await post({ key: 'k', policy }), 400, 'InvalidPolicyDocument')
  }
  const { Contents } = await s3.listObjectsV2({ Bucket: 'bucket' })
  assert.deepEqual(
    Contents?.map(({ Key }) => Key),
    ['in/a', 'k'],
  )
})

test('what is no proper form is refused, and leaves nothing', async (t) => {
  const { s3, running, post } = await rig(t)
  await refused(await post({ a: 'b' }), 400, 'InvalidArgument', 'named &#39;key&#39;')
  await refused(await post({ key: 'k', pad: 'x'.repeat(21_000) }), 400, 'MaxPostPreDataLengthExceededError')
  await refused(await post({ key: 'k', tagging: 'a=1' }), 400, 'MalformedXML')
  await refused(await post({ key: 'k', 'x-amz-storage-class': 'GLACIER' }), 501, 'NotImplemented')
  await refused(await post({ key: 'k', acl: 'public-read' }), 400, 'AccessControlListNotSupported')
  await refused(await post({ key: 'k', 'x-amz-checksum-crc32': 'AAAAAA==' }), 400, 'BadDigest')
  const raw = (body: string) =>
    fetch(`${running.endpoint}/bucket`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body,
    })
  const field = '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n'
  await refused(await raw(`${field}--b--\r\n`), 400, 'POST requires exactly one file upload per request.')
  for (const body of [
    '',
    'text',
    field,
    '--b\r\n\r\nx\r\n--b--',
    `${field}--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nhalf`,
  ]) {
    await refused(await raw(body), 400, 'MalformedPOSTRequest')
  }
  const none = await fetch(`${running.endpoint}/nobucket`, { method: 'POST', body: new FormData() })
  await refused(none, 400, 'POST requires exactly one file')
  assert.equal((await s3.listObjectsV2({ Bucket: 'bucket' })).KeyCount, 0)
})

test('a large file is streamed, whatever its bytes and however they are cut', async (t) => {
  const { s3, running } = await rig(t)
  const file = Buffer.concat(
    Array.from({ length: 3000 }, (_, i) => Buffer.from(`\r\n--b${i}\r\n--\r\n-`.repeat(40))),
  )
  const head =
    '--bb\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--bb\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
  const whole = Buffer.concat([Buffer.from(head), file, Buffer.from('\r\n--bb--\r\n')])
  const pieces = Array.from({ length: Math.ceil(whole.length / 997) }, (_, i) =>
    whole.subarray(i * 997, (i + 1) * 997),
  )
  const answer = await fetch(`${running.endpoint}/bucket`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary="bb"' },
    body: Readable.from(pieces),
    duplex: 'half',
  } as RequestInit)
  assert.equal(answer.status, 204)
  const got = await s3.getObject({ Bucket: 'bucket', Key: 'k' })
  assert.ok(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(file))
})

test('where keys are checked, a form needs the signature of its policy', async (t) => {
  const { running, post } = await rig(t, { auth: 'strict' })
  const { credentials } = running.client
  const good = signed([{ key: 'k' }], credentials)
  assert.equal((await post(good)).status, 204)
  await refused(await post({ key: 'k' }), 403, '<Code>AccessDenied</Code>')
  const forged = Buffer.from(JSON.stringify({ expiration: '2099-01-01T00:00:00Z', conditions: [] })).toString(
    'base64',
  )
  await refused(await post({ ...good, policy: forged }), 403, 'SignatureDoesNotMatch')
  await refused(
    await post(signed([{ key: 'k' }], { ...credentials, accessKeyId: 'AKIANONE' })),
    403,
    'InvalidAccessKeyId',
  )
  const { policy = '', ...unproven } = good
  await refused(await post(unproven), 400, 'named &#39;policy&#39;')
  await refused(await post({ key: 'k', policy }), 403, '<Code>AccessDenied</Code>')
  const { 'x-amz-signature': _, ...unsigned } = good
  await refused(await post(unsigned), 400, 'named &#39;X-Amz-Signature&#39;')
  await refused(
    await post({ key: 'k', policy, awsaccesskeyid: 'x', signature: 'y' }),
    400,
    'Please use AWS4-HMAC-SHA256',
  )
})

const BOTO3 = `
import boto3, json, sys
from botocore.config import Config
url, key, secret, version = sys.argv[1:]
client = boto3.client('s3', endpoint_url=url, region_name='us-east-1', aws_access_key_id=key,
                      aws_secret_access_key=secret, config=Config(signature_version=version))
print(json.dumps(client.generate_presigned_post('bucket', 'in/\${filename}', Fields={'acl': 'private'},
    Conditions=[{'acl': 'private'}, ['content-length-range', 1, 100]])))
`

test('forms that boto3 makes are taken', {
  skip: works('python3', '-c', 'import boto3') ? false : 'no boto3',
}, async (t) => {
  for (const [auth, version] of [
    ['strict', 's3v4'],
    ['open', 's3'],
  ] as const) {
    const { running, post, s3 } = await rig(t, { auth })
    const { accessKeyId, secretAccessKey } = running.client.credentials
    const made = await ran('python3', ['-c', BOTO3, running.endpoint, accessKeyId, secretAccessKey, version])
    assert.equal(made.code, 0, made.stderr)
    const { url, fields } = JSON.parse(made.stdout)
    assert.equal(url, `${running.endpoint}/bucket`)
    const answer = await post(fields)
    assert.equal(answer.status, 204, await answer.text())
    assert.equal((await s3.headObject({ Bucket: 'bucket', Key: 'in/a b.txt' })).ContentLength, 8)
  }
})
