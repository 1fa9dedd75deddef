import { AwsError } from '../../aws/error.ts'
import type { Call } from '../../aws/operation.ts'
import type { PostedAnswer, PostedForm, WebHeaders } from '../../aws/web-access.ts'
import type { S3Deps } from './deps.ts'
import { entityTooLarge, malformedXml } from './errors.ts'
import { findBucket } from './find.ts'
import { factsOf } from './headers.ts'
import { shownExpiration } from './lifecycle/due.ts'
import { type ObjectFacts, quoted } from './object.ts'
import { type Placed, placeNew } from './place.ts'
import { checkPolicy, type LengthRange } from './post-policy.ts'
import { receive, wholeContent } from './receive.ts'
import { refuseBadKey, refuseUnsupported } from './refusals.ts'
import { readTagSet } from './tags.ts'
import { PUT_BYTES_MAX } from './upload.ts'

/** What stands in a form's key for the name of its file. */
const FILE_NAME = /\$\{filename\}/g

/** Amazon S3 API Reference, POST Object: a form of a web page becomes an object. */
export async function postObject(deps: S3Deps, form: PostedForm, call: Call): Promise<PostedAnswer> {
  const { bucket, fileName } = form
  await findBucket(deps.store, { Bucket: bucket }, call)
  const { key: template } = form.fields
  if (template === undefined || template === '') throw noKey()
  const key = template.replaceAll(FILE_NAME, () => fileName.replace(/^.*[/\\]/s, ''))
  const fields: WebHeaders = { ...form.fields, key }
  const { policy } = fields
  const range =
    policy === undefined ? undefined : checkPolicy(policy, { ...fields, bucket }, deps.clock.now())
  refuseBadKey(key)
  const input = inputOf(fields)
  refuseUnsupported(input)
  const facts: ObjectFacts = { ...factsOf(input), tags: readTagging(fields.tagging) }

  const max = Math.min(range?.max ?? PUT_BYTES_MAX, PUT_BYTES_MAX)
  const written = await receive(deps, { ...input, Body: form.file }, { bytesMax: max, trailers: {} }).catch(
    (error) => {
      throw range !== undefined && isTooLarge(error) ? tooLarge(range) : error
    },
  )
  const { file } = written
  if (range !== undefined && file.bytes < range.min) {
    await deps.files.remove([file])
    throw tooSmall(range, file.bytes)
  }
  const placed = await placeNew(deps, {
    bucket,
    key,
    content: wholeContent(written),
    facts,
    event: 'ObjectCreated:Post',
    cause: call,
  })
  return answerOf(fields, placed, `${call.endpoint}/${bucket}/${encodeURIComponent(key)}`)
}

const CHECKSUM_FIELD = /^x-amz-checksum-(crc32|crc32c|crc64nvme|sha1|sha256)$/

/** The form's fields in the names of PutObject. */
function inputOf(fields: WebHeaders) {
  const entries = Object.entries(fields)
  const metadata = entries.filter(([name]) => name.startsWith('x-amz-meta-'))
  const checksums = entries.filter(([name]) => CHECKSUM_FIELD.test(name))
  return {
    ACL: fields.acl,
    ContentType: fields['content-type'],
    ContentEncoding: fields['content-encoding'],
    ContentDisposition: fields['content-disposition'],
    ContentLanguage: fields['content-language'],
    CacheControl: fields['cache-control'],
    Expires: fields.expires,
    StorageClass: fields['x-amz-storage-class'],
    ServerSideEncryption: fields['x-amz-server-side-encryption'],
    SSECustomerAlgorithm: fields['x-amz-server-side-encryption-customer-algorithm'],
    WebsiteRedirectLocation: fields['x-amz-website-redirect-location'],
    ChecksumAlgorithm: fields['x-amz-checksum-algorithm'],
    ContentMD5: fields['content-md5'],
    Metadata: Object.fromEntries(metadata.map(([name, value]) => [name.slice('x-amz-meta-'.length), value])),
    ...Object.fromEntries(
      checksums.map(([name, value]) => [
        `Checksum${name.slice('x-amz-checksum-'.length).toUpperCase()}`,
        value,
      ]),
    ),
  }
}

const TAGGING = /^\s*(?:<\?xml[^>]*\?>\s*)?<Tagging(?:\s[^>]*)?>\s*<TagSet>(.*)<\/TagSet>\s*<\/Tagging>\s*$/s
const TAG = /\s*<Tag>\s*<Key>([^<]*)<\/Key>\s*<Value>([^<]*)<\/Value>\s*<\/Tag>\s*/gy

/** The field `tagging` is a `<Tagging>` in XML. What XML would escape, tags may not hold. @throws MalformedXML */
function readTagging(xml: string | undefined) {
  if (xml === undefined) return {}
  const set = TAGGING.exec(xml)?.[1]
  if (set === undefined) throw malformedXml()
  const tags = [...set.matchAll(TAG)]
  if (tags.map(([tag]) => tag).join('').length !== set.length) throw malformedXml()
  return readTagSet(
    tags.map(([, Key = '', Value = '']) => ({ Key, Value })),
    'Object',
  )
}

function answerOf(fields: WebHeaders, { bucket, version }: Placed, location: string): PostedAnswer {
  const etag = quoted(version.etag)
  const { Expiration: expiration } = shownExpiration(bucket, version)
  const headers: Record<string, string> = {
    etag,
    location,
    'x-amz-server-side-encryption': 'AES256',
    ...(expiration !== undefined && { 'x-amz-expiration': expiration }),
    ...(bucket.versioning === 'Enabled' && { 'x-amz-version-id': version.versionId }),
    ...Object.fromEntries(
      Object.entries(version.checksums).map(([name, value]) => [
        `x-amz-checksum-${name.toLowerCase()}`,
        value,
      ]),
    ),
  }
  const { success_action_status: status } = fields
  const redirect = fields.success_action_redirect ?? fields.redirect
  const { name } = bucket
  const { key } = version
  if (redirect !== undefined && URL.canParse(redirect)) {
    const url = new URL(redirect)
    for (const [field, value] of Object.entries({ bucket: name, key, etag }))
      url.searchParams.append(field, value)
    return { status: 303, headers: { ...headers, location: url.href } }
  }
  if (status !== '201') return { status: status === '200' ? 200 : 204, headers }
  const members = { Location: location, Bucket: name, Key: key, ETag: etag }
  return { status: 201, headers, body: { element: 'PostResponse', members } }
}

function noKey(): AwsError {
  const message =
    "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."
  return new AwsError('InvalidArgument', message, {
    status: 400,
    members: { ArgumentName: 'key', ArgumentValue: '' },
  })
}

function isTooLarge(error: unknown): boolean {
  return error instanceof AwsError && error.code === 'EntityTooLarge'
}

/** How much was proposed is not known: the rest of it was not read. */
function tooLarge({ max }: LengthRange): AwsError {
  const { code, message, status = 400 } = entityTooLarge()
  return new AwsError(code, message, { status, members: { MaxSizeAllowed: String(max) } })
}

function tooSmall({ min }: LengthRange, bytes: number): AwsError {
  return new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
    status: 400,
    members: { ProposedSize: String(bytes), MinSizeAllowed: String(min) },
  })
}
