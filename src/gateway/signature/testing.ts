import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { AccessKey, AccessKeys } from '../../aws/access-key.ts'
import type { AwsError } from '../../aws/error.ts'
import type { ProtocolName, ServiceDefinition } from '../../aws/service.ts'
import { VirtualClock } from '../../base/clock.ts'
import type { Authenticated, SignedRequest } from '../authenticator.ts'
import { AwsChunkedDecoder, isAwsChunked } from '../body/aws-chunked.ts'
import { parseAmzDate } from './amz-date.ts'
import { createStrictAuthenticator } from './strict-authenticator.ts'

/** The key of AWS's published examples for S3. */
export const accessKeyId = 'AKIAIOSFODNN7EXAMPLE'
export const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
export const accountId = '123456789012'

/** A request as a client would send it; `url` may leave out the host. */
export interface Sent {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

function service(id: string, protocol: ProtocolName, signingName = id): ServiceDefinition {
  const protocols = [protocol]
  return {
    id,
    iamPrefix: id,
    loadClient: async () => ({}),
    namespace: id,
    protocols,
    signingNames: [signingName],
  }
}

export const services = {
  lambda: service('lambda', 'restJson1'),
  sqs: service('sqs', 'awsJson1_0'),
  iam: service('iam', 'awsQuery'),
  sts: service('sts', 'awsQuery'),
  s3: service('s3', 'restXml'),
  /** Of AWS's published test suite. */
  service: service('service', 'awsJson1_1'),
}

/** What the gateway would make of it. */
export function received(definition: ServiceDefinition, sent: Sent): SignedRequest {
  const [, host, target = '/'] = /^(?:https?:\/\/([^/?]+))?(.*)$/s.exec(sent.url) as unknown as string[]
  const question = target.indexOf('?')
  const path = (question < 0 ? target : target.slice(0, question)) || '/'
  const headers: Record<string, string> = host === undefined ? {} : { host }
  for (const [name, value] of Object.entries(sent.headers)) headers[name.toLowerCase()] = value
  return {
    method: sent.method,
    path,
    search: question < 0 ? '' : target.slice(question + 1),
    headers,
    service: definition,
    protocol: definition.protocols[0] as ProtocolName,
    bodySha256: async () =>
      createHash('sha256')
        .update(sent.body ?? '')
        .digest('hex'),
  }
}

export interface Verification {
  /** `20130524T000000Z`; the time when it was signed where absent. */
  readonly now?: string | number
  readonly key?: Partial<AccessKey>
  readonly keys?: AccessKeys
}

/** Verifies a request and then its body, as the gateway does. Answers the caller and the decoded body. */
export async function verify(
  definition: ServiceDefinition,
  sent: Sent,
  { now, key, keys }: Verification = {},
): Promise<Authenticated & { decoded: Buffer }> {
  const request = received(definition, sent)
  const clock = new VirtualClock(
    typeof now === 'number' ? now : (parseAmzDate(now ?? signingTime(request)) ?? Number.NaN),
  )
  const known: AccessKey = {
    secretAccessKey,
    accountId,
    principalArn: `arn:aws:iam::${accountId}:root`,
    ...key,
  }
  const find = async (id: string) => (id === accessKeyId ? known : undefined)
  const authenticator = createStrictAuthenticator({ keys: keys ?? { find }, clock })
  const caller = await authenticator.authenticate(request)
  return { ...caller, decoded: await readBody(request, sent, caller) }
}

async function readBody(request: SignedRequest, sent: Sent, caller: Authenticated): Promise<Buffer> {
  const body = Buffer.from(sent.body ?? '')
  if (!isAwsChunked(request.headers)) {
    caller.body?.update(body)
    caller.body?.end()
    return body
  }
  const expectedLength = Number(request.headers['x-amz-decoded-content-length'])
  const decoder = new AwsChunkedDecoder({ trailers: {}, verifier: caller.body, expectedLength })
  return buffer(Readable.from([body]).compose(decoder))
}

function signingTime({ headers, search }: SignedRequest): string {
  return headers['x-amz-date'] ?? new URLSearchParams(search).get('X-Amz-Date') ?? ''
}

/** The error that a refused request gets: `403 InvalidSignatureException`, and its text. */
export async function refusal(
  work: Promise<unknown>,
): Promise<{ code: string; message: string; error: AwsError }> {
  try {
    await work
  } catch (thrown) {
    const error = thrown as AwsError
    return { code: `${error.status} ${error.code}`, message: error.message, error }
  }
  throw new Error('it was not refused')
}
