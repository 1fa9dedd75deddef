import assert from 'node:assert/strict'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { type CORSRule, S3 } from '@aws-sdk/client-s3'
import { platform } from './support/platform.ts'

const PAGE = 'https://page.example:4200'
const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** A bucket with an object `k`, and a way to ask as a browser does: fetch does not let the Host and Origin be set. */
async function rig(t: TestContext, rules?: readonly CORSRule[]) {
  const running = await platform(t)
  const s3 = new S3({ ...running.client, forcePathStyle: true })
  t.after(() => s3.destroy())
  await s3.createBucket({ Bucket: 'bucket' })
  await s3.putObject({ Bucket: 'bucket', Key: 'k', Body: 'text' })
  const allow = (CORSRules: readonly CORSRule[]) =>
    s3.putBucketCors({ Bucket: 'bucket', CORSConfiguration: { CORSRules: [...CORSRules] } })
  if (rules !== undefined) await allow(rules)
  const { hostname, port } = new URL(running.endpoint)
  const ask = (method: string, path: string, headers: Record<string, string>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      request({ host: hostname, port, method, path, headers }, (answer) => {
        const { statusCode: status = 0 } = answer
        text(answer).then((body) => resolve({ status, headers: answer.headers, body }), reject)
      })
        .on('error', reject)
        .end()
    })
  return { s3, ask, allow }
}

const preflight = (method: string, more = {}) => ({
  origin: PAGE,
  'access-control-request-method': method,
  ...more,
})

test('a page may send what the rules allow: its preflight is told so, and its answers can be read', async (t) => {
  const { ask } = await rig(t, [
    {
      AllowedOrigins: [PAGE],
      AllowedMethods: ['GET', 'PUT'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['etag', 'x-amz-id-2'],
      MaxAgeSeconds: 3000,
    },
  ])
  const allowed = {
    'access-control-allow-origin': PAGE,
    'access-control-allow-methods': 'GET, PUT',
    'access-control-expose-headers': 'etag, x-amz-id-2',
    'access-control-max-age': '3000',
    'access-control-allow-credentials': 'true',
    vary: VARY,
  }
  const asked = { 'access-control-request-headers': 'X-Amz-Date,  content-type' }
  for (const [path, host] of [
    ['/bucket/k', '127.0.0.1'],
    ['/k', 'bucket.s3.localhost.localstack.cloud'],
    ['/bucket?list-type=2', '127.0.0.1'],
  ] as const) {
    const { status, headers, body } = await ask('OPTIONS', path, preflight('PUT', { ...asked, host }))
    assert.equal(status, 200, path)
    assert.equal(body, '')
    assert.partialDeepStrictEqual(headers, {
      ...allowed,
      'access-control-allow-headers': 'x-amz-date, content-type',
    })
  }
  const got = await ask('GET', '/bucket/k', { origin: PAGE })
  assert.equal(got.body, 'text')
  assert.partialDeepStrictEqual(got.headers, allowed)
  const missing = await ask('GET', '/bucket/none', { origin: PAGE })
  assert.equal(missing.status, 404)
  assert.partialDeepStrictEqual(missing.headers, allowed)
})

test('what no rule allows is refused in a preflight, and otherwise answered without the headers', async (t) => {
  const { ask, allow } = await rig(t)
  const refused = async (headers: Record<string, string>, status: number, ...words: string[]) => {
    for (const path of ['/bucket/k', '/bucket']) {
      const answer = await ask('OPTIONS', path, headers)
      assert.equal(answer.status, status, answer.body)
      for (const word of words) assert.ok(answer.body.includes(word), answer.body)
      assert.equal(answer.headers['access-control-allow-origin'], undefined)
    }
  }
  await refused({}, 400, '<Code>BadRequest</Code>', 'Insufficient information. Origin request header needed.')
  await refused({ origin: PAGE }, 403, 'CORS is not enabled for this bucket.', '<Method>OPTIONS</Method>')
  await refused(preflight('PUT'), 403, 'AccessForbidden', '<ResourceType>BUCKET</ResourceType>')
  await allow([{ AllowedOrigins: [PAGE], AllowedMethods: ['GET'], AllowedHeaders: ['x-amz-*'] }])
  await refused({ origin: PAGE }, 400, 'Invalid Access-Control-Request-Method: null')
  await refused(preflight('PUT'), 403, 'This CORS request is not allowed.', '<Method>PUT</Method>')
  await refused(preflight('GET', { origin: 'http://page.example:4200' }), 403, 'AccessForbidden')
  await refused(preflight('GET', { 'access-control-request-headers': 'range' }), 403, 'AccessForbidden')
  const none = await ask('OPTIONS', '/nobucket/k', preflight('GET'))
  assert.equal(none.status, 403)
  assert.match(none.body, /CORSResponse: Bucket not found/)
  const other = await ask('GET', '/bucket/k', { origin: 'https://other.example' })
  assert.equal(other.status, 200)
  assert.equal(other.headers['access-control-allow-origin'], undefined)
  // S3 goes by what a preflight would have asked where an actual request says it.
  const strange = await ask('GET', '/bucket/k', preflight('PUT'))
  assert.equal(strange.headers['access-control-allow-origin'], undefined)
})

test('an asterisk stands for any origin, or for a part of one; the first rule that fits counts', async (t) => {
  const { ask } = await rig(t, [
    { AllowedOrigins: ['https://*.example'], AllowedMethods: ['GET'], MaxAgeSeconds: 1 },
    { AllowedOrigins: ['*'], AllowedMethods: ['GET', 'DELETE'] },
  ])
  const of = async (origin: string, method = 'GET') =>
    (await ask('OPTIONS', '/bucket/k', { origin, 'access-control-request-method': method })).headers
  const part = await of('https://a.example')
  assert.equal(part['access-control-allow-origin'], 'https://a.example')
  assert.equal(part['access-control-allow-credentials'], 'true')
  assert.equal(part['access-control-max-age'], '1')
  for (const other of [await of('https://a.other'), await of('https://a.example', 'DELETE')]) {
    assert.equal(other['access-control-allow-origin'], '*')
    assert.equal(other['access-control-allow-credentials'], undefined)
    assert.equal(other['access-control-max-age'], undefined)
  }
})

test('rules are kept as they are put, refused where they make no sense, and deleted', async (t) => {
  const { s3, allow } = await rig(t)
  const Bucket = 'bucket'
  await assert.rejects(s3.getBucketCors({ Bucket }), { name: 'NoSuchCORSConfiguration' })
  const rule = { ID: 'one', AllowedOrigins: [''], AllowedMethods: ['GET'], AllowedHeaders: ['X-Any'] }
  await allow([rule])
  assert.deepEqual((await s3.getBucketCors({ Bucket })).CORSRules, [rule])
  const refused: [string, Partial<CORSRule>, RegExp][] = [
    ['InvalidRequest', { AllowedMethods: ['PATCH'] }, /Unsupported method is PATCH/],
    [
      'InvalidRequest',
      { AllowedOrigins: ['*.*'] },
      /AllowedOrigin "\*\.\*" can not have more than one wildcard/,
    ],
    ['InvalidRequest', { AllowedHeaders: ['**'] }, /AllowedHeader/],
    ['InvalidRequest', { ExposeHeaders: ['x-*'] }, /ExposeHeader "x-\*" contains wildcard/],
    ['MalformedXML', { AllowedOrigins: [] }, /./],
  ]
  for (const [name, wrong, message] of refused) {
    await assert.rejects(allow([{ ...rule, ...wrong }]), { name, message })
  }
  await assert.rejects(allow([]), { name: 'MalformedXML' })
  await assert.rejects(allow(Array(101).fill(rule)), { name: 'InvalidRequest' })
  await s3.deleteBucketCors({ Bucket })
  await assert.rejects(s3.getBucketCors({ Bucket }), { name: 'NoSuchCORSConfiguration' })
})
