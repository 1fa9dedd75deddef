import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GetFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { SignatureV4 } from '@smithy/signature-v4'
import { mintSessionCredentials, sessionAccessKey } from '../../aws/session-credentials.ts'
import { realRandom } from '../../base/random.ts'
import { accessKeyId, refusal, type Sent, secretAccessKey, services, verify } from './testing.ts'

interface SdkRequest {
  method: string
  protocol: string
  hostname: string
  port?: number
  path: string
  query: Record<string, string | string[] | null>
  headers: Record<string, string>
  body?: unknown
}

const credentials = { accessKeyId, secretAccessKey }

/** A client's configuration under which what it signs is kept in `sent`, and nothing leaves. */
function capturing(sent: SdkRequest[], more: { endpoint?: string } = {}) {
  const requestHandler = {
    handle: async (request: SdkRequest): Promise<never> => {
      sent.push(request)
      throw Object.assign(new Error('captured'), { $retryable: false })
    },
  }
  return {
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:4566',
    credentials,
    maxAttempts: 1,
    requestHandler: requestHandler as never,
    ...more,
  }
}

async function signed(
  send: (config: ReturnType<typeof capturing>) => Promise<unknown>,
  more: { endpoint?: string } = {},
): Promise<Sent> {
  const sent: SdkRequest[] = []
  await assert.rejects(send(capturing(sent, more)))
  return toSent(sent[0] as SdkRequest)
}

function toSent({ method, headers, path, query, body, protocol }: SdkRequest): Sent {
  const search = Object.entries(query)
    .flatMap(([name, value]) =>
      [value ?? ''].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
    )
    .join('&')
  const host = headers.host ?? ''
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : ''
  return { method, url: `${protocol}//${host}${path}${search && `?${search}`}`, headers, body: bytes }
}

const KEY = "a b/ü//./../+~!*'()=.txt"

describe('requests as the JavaScript SDK signs them', () => {
  test('Invoke, by name and by ARN', async () => {
    for (const FunctionName of ['f', 'arn:aws:lambda:eu-west-1:123456789012:function:f']) {
      const command = new InvokeCommand({ FunctionName, Qualifier: 'live', Payload: Buffer.from('{}') })
      const sent = await signed((config) => new LambdaClient(config).send(command))
      const caller = await verify(services.lambda, sent)
      assert.equal(caller.principalArn, 'arn:aws:iam::123456789012:root')
    }
  })

  test('Invoke, whose body was then changed, is refused', async () => {
    const command = new InvokeCommand({ FunctionName: 'f', Payload: Buffer.from('{}') })
    const sent = await signed((config) => new LambdaClient(config).send(command))
    const { code } = await refusal(verify(services.lambda, { ...sent, body: '[]' }))
    assert.equal(code, '403 InvalidSignatureException')
  })

  test('JSON and Query', async () => {
    const send = new SendMessageCommand({ QueueUrl: 'http://127.0.0.1:4566/1/q', MessageBody: 'é' })
    await verify(services.sqs, await signed((config) => new SQSClient(config).send(send)))
    const who = new GetCallerIdentityCommand({})
    await verify(services.sts, await signed((config) => new STSClient(config).send(who)))
  })

  test('S3, whose paths are not normalised, with either style of address', async () => {
    for (const forcePathStyle of [true, false]) {
      const client = (config: ReturnType<typeof capturing>) => new S3Client({ ...config, forcePathStyle })
      const more = { endpoint: 'http://s3.localhost:4566' }
      const get = new GetObjectCommand({ Bucket: 'bucket', Key: KEY, VersionId: 'a b' })
      await verify(services.s3, await signed((config) => client(config).send(get), more))
      const list = new ListObjectsV2Command({ Bucket: 'bucket', Prefix: 'a b/+', Delimiter: '/' })
      await verify(services.s3, await signed((config) => client(config).send(list), more))
      const put = new PutObjectCommand({ Bucket: 'bucket', Key: KEY, Body: 'hello' })
      await verify(services.s3, await signed((config) => client(config).send(put), more))
    }
  })

  test('S3, whose body was then changed, is refused by the hash', async () => {
    const put = new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: 'hello' })
    const sent = await signed((config) => new S3Client({ ...config, forcePathStyle: true }).send(put))
    const { code } = await refusal(verify(services.s3, { ...sent, body: 'jello' }))
    assert.equal(code, '400 XAmzContentSHA256Mismatch')
  })
})

describe('the credentials of a role’s session', () => {
  const master = Buffer.alloc(32, 1)
  const keys = {
    find: async (id: string, token: string | undefined) =>
      token === undefined ? undefined : sessionAccessKey(master, id, token),
  }
  const expiresAt = 4_000_000_000_000
  const claims = {
    accountId: '210987654321',
    roleArn: 'arn:aws:iam::210987654321:role/worker',
    sessionName: 'f',
    expiresAt,
  }
  const session = mintSessionCredentials(master, claims, realRandom)

  async function invoke(minted = session) {
    const command = new GetFunctionCommand({ FunctionName: 'f' })
    return signed((config) => new LambdaClient({ ...config, credentials: minted }).send(command))
  }

  test('are believed on any node that has the master key', async () => {
    const caller = await verify(services.lambda, await invoke(), { keys })
    assert.equal(caller.accountId, '210987654321')
    assert.equal(caller.principalArn, 'arn:aws:sts::210987654321:assumed-role/worker/f')
    assert.equal(caller.accessKeyId, session.accessKeyId)
  })

  test('are not believed once they have expired', async () => {
    const old = mintSessionCredentials(master, { ...claims, expiresAt: 1 }, realRandom)
    const { code, message } = await refusal(verify(services.lambda, await invoke(old), { keys }))
    assert.equal(code, '403 ExpiredTokenException')
    assert.equal(message, 'The security token included in the request is expired')
  })

  test('are not believed without their token, or with another’s', async () => {
    const other = mintSessionCredentials(master, claims, realRandom)
    const { sessionToken: _, ...bare } = session
    for (const minted of [bare, { ...session, sessionToken: other.sessionToken }]) {
      const { code } = await refusal(verify(services.lambda, await invoke(minted as never), { keys }))
      assert.equal(code, '403 UnrecognizedClientException')
    }
  })
})

describe('URLs as the JavaScript SDK presigns them', () => {
  async function presigned(service: string, path: string, query = {}, expiresIn = 60): Promise<Sent> {
    const { sha256 } = new LambdaClient({ region: 'eu-west-1' }).config
    const s3 = service === 's3'
    const signer = new SignatureV4({
      service,
      region: 'eu-west-1',
      credentials,
      sha256,
      uriEscapePath: !s3,
      applyChecksum: !s3,
    })
    const headers: Record<string, string> = { host: '127.0.0.1:4566' }
    if (s3) headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
    const request = { method: 'GET', protocol: 'http:', hostname: '127.0.0.1', path, query, headers }
    return toSent((await signer.presign(request, { expiresIn })) as never)
  }

  test('are believed while they last, for S3 and for others', async () => {
    await verify(services.s3, await presigned('s3', '/bucket/a%20b'))
    await verify(
      services.sts,
      await presigned('sts', '/', { Action: 'GetCallerIdentity', Version: '2011-06-15' }),
    )
    await verify(services.lambda, await presigned('lambda', '/2015-03-31/functions/a%3Ab', {}, 604_800))
  })

  test('are refused when they have expired', async () => {
    const later = Date.now() + 120_000
    const s3 = await refusal(verify(services.s3, await presigned('s3', '/bucket/k'), { now: later }))
    assert.equal(`${s3.code}: ${s3.message}`, '403 AccessDenied: Request has expired')
    const sts = await refusal(verify(services.sts, await presigned('sts', '/'), { now: later }))
    assert.equal(sts.code, '400 RequestExpired')
  })
})
